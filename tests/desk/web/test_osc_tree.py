"""Our OSC addresses as OSCQuery shows them."""

import json

import pytest
from pythonoscquery.shared.osc_path_node import OSCPathNode

from cuefocus.desk.web.osc_tree import WORDS, OscTree
from cuefocus.wire.dialects.addresses import CUE
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.dialects.native import Native
from cuefocus.wire.dialects.native_news import native_news
from cuefocus.wire.osc import OscMessage

SOME = {
    "/cuefocus/go": ("i", [0]),
    "/cuefocus/setup": ("ss", ["", ""]),
    "/cuefocus/offset_ms": ("f", [0.0]),
    "/cuefocus/mark": ("s", ["none"]),
    "/cuefocus/out/state": ("s", [None]),
    "/cuefocus/out/next": ("sf", [None, None]),
    "/cuefocus/out/engaged": ("N", [None]),
}
SENT = {"i": 1, "f": 1.5, "s": "2"}


def test_every_word_is_listed_and_no_other() -> None:
    assert set(WORDS) == set(Native.addresses)


@pytest.mark.parametrize("address", WORDS)
def test_what_a_node_asks_for_is_understood(address: str) -> None:
    view = ShowView(cues={"2": CueView("2", camera="B", axis="B.focus")})
    arguments = tuple(SENT[tag] for tag in WORDS[address].types)
    heard = Native().hear(OscMessage(address.replace(CUE, "2"), arguments), view)
    assert heard is not None
    assert not heard.ignored
    assert heard.said or heard.answers or heard.passcode is not None


def test_a_tree_has_cues_as_addresses_may_spell_them() -> None:
    tree = OscTree(["1", "Q/3 é"], heard=True)
    node = tree.find("/cuefocus/cue/Q_3__/fire")
    assert node is not None
    assert node.as_json() == {
        "FULL_PATH": "/cuefocus/cue/Q_3__/fire",
        "TYPE": "i",
        "ACCESS": 2,
        "VALUE": [0],
        "RANGE": [{"MIN": 0, "MAX": 1}],
        "DESCRIPTION": "fire this cue: 1; a button let go (0) does nothing",
    }
    assert tree.find("/cuefocus/cue/9/fire") is None
    assert tree.find("cuefocus/cue/") is tree.find("/cuefocus/cue")
    assert tree.find("/") is tree.root


def test_where_no_osc_is_heard_there_is_nothing_to_write_to() -> None:
    tree = OscTree(["1"], heard=False)
    assert tree.find("/cuefocus/go") is None
    assert tree.find("/cuefocus/out/state") is not None


def test_what_is_told_is_a_value_and_makes_nodes() -> None:
    tree, view = OscTree(["1"], heard=True), ShowView()
    event = {"event": "landing", "cue": "1", "verdict": "late", "take": 2, "planned_s": 1.5, "error_ms": None}
    (message,) = native_news(event, view)
    assert tree.tell(message) is True
    assert tree.tell(message) is False
    node = tree.find("/cuefocus/out/event/cue/1/late")
    assert node is not None
    assert (node.attribute("VALUE"), node.attribute("TYPE")) == ([2, 1.5, None], "ifN")
    assert node.attribute("CONTENTS") is None


def test_every_node_has_a_value_for_each_of_its_types_told_or_not() -> None:
    tree = OscTree(["1"], heard=True)
    for path, listed in SOME.items():
        node = tree.find(path)
        assert node is not None
        assert (node.as_json()["TYPE"], node.as_json()["VALUE"]) == listed
    engaged = tree.find("/cuefocus/out/engaged")
    assert engaged is not None
    assert engaged.asked_value() == {}
    tree.tell(OscMessage("/cuefocus/out/engaged", ("B.focus", "C.focus")))
    assert (engaged.attribute("TYPE"), engaged.asked_value()) == ("ss", {"VALUE": ["B.focus", "C.focus"]})
    tree.tell(OscMessage("/cuefocus/out/engaged", ()))
    assert (engaged.attribute("TYPE"), engaged.asked_value()) == ("N", {"VALUE": [None]}), "nobody follows"
    offset = tree.find("/cuefocus/offset_ms")
    assert offset is not None
    assert offset.asked_value() is None, "it is only written to"


def values(root: OSCPathNode, path: str) -> list[object]:
    """The values that python-oscquery has for an address."""
    found = root.find_subnode(path)
    assert found is not None
    assert found.type == [type(value) for value in found.value]
    return list(found.value)


def test_python_oscquery_takes_the_tree_as_it_is_at_any_moment() -> None:
    """It derives types from values, and refuses a tree with a method that has none."""
    tree = OscTree(["1", "Q/3 é", "a*b"], heard=True)
    for messages in (), native_news({"event": "state", "armed": True, "engaged": [], "next": None}, ShowView()):
        for message in messages:
            tree.tell(message)
        root = OSCPathNode.from_json(json.loads(json.dumps(tree.root.as_json())))
        paths = [node.full_path for node in root]
        assert len(paths) == len(set(paths)) > len(WORDS)
        for path in paths:
            assert tree.find(path) is not None
        assert (values(root, "/cuefocus/offset_ms"), values(root, "/cuefocus/mark")) == ([0.0], ["none"])
    assert (values(root, "/cuefocus/out/armed"), values(root, "/cuefocus/out/engaged")) == ([1], [None])
