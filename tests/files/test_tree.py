"""YAML with places: what is refused, where, and that nothing else ever happens."""

import gc
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.files.collector import collector_paused
from cuefocus.files.tree import MAX_BYTES, MAX_DEPTH, parse_yaml


def problems(text: str | bytes) -> list[str]:
    data = text.encode() if isinstance(text, str) else text
    return [str(complaint) for complaint in parse_yaml(data, "x.yaml").complaints]


def test_every_scalar_stays_text() -> None:
    located = parse_yaml(b"on: yes\ncue: 12.10\nat: 10:00:00:00\nn: 010\ne: 1e3\nempty:\nq: 'it'\n", "x.yaml")
    assert located.complaints == []
    assert located.data == {
        "on": "yes", "cue": "12.10", "at": "10:00:00:00", "n": "010", "e": "1e3", "empty": "", "q": "it",
    }  # fmt: skip


def test_places_are_those_of_an_editor() -> None:
    located = parse_yaml(b"cues:\n  - cue: a\n    to: ben\n  - {cue: b, to: ana}\n", "x.yaml")
    assert located.place(("cues", 0, "to")) == (3, 9)
    assert located.place(("cues", 0, "to"), of_key=True) == (3, 5)
    assert located.place(("cues", 1, "to")) == (4, 18)
    assert located.place(("cues", 1)) == (4, 5)
    assert located.place(("cues", 1, "pull")) == (4, 5), "what is missing is missing from its holder"
    assert located.place(("nowhere", 7)) == (1, 1)


def test_columns_count_characters_not_bytes() -> None:
    located = parse_yaml("name: {é: ∞, to: bn}\n".encode(), "x.yaml")
    assert located.place(("name", "to")) == (1, 18)


def test_list_items_are_called_by_their_id() -> None:
    located = parse_yaml(b"cues:\n  - cue: 12a\n    to: x\n  - to: y\n", "x.yaml")
    assert located.where(("cues", 0, "to")) == "cues.12a.to"
    assert located.where(("cues", 1, "to")) == "cues.1.to"
    assert located.where(("cues", 0, "on", 0, "osc")) == "cues.12a.on.0.osc"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "x.yaml: the file is empty; start with its schema, e.g. schema: cuefocus-show/1"),
        ("# only a comment\n", "x.yaml: the file is empty; start with its schema, e.g. schema: cuefocus-show/1"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3:1: key 'a' is here twice; it stands on line 1 already; keep one"),
        ("a: &x 1\n", "x.yaml:1:4: anchor &x is not read; take it out"),
        ("a: *x\n", "x.yaml:1:4: alias *x is not read; write the value out; defaults: saves repetition"),
        ("a: !!int 1\n", "x.yaml:1:4: tag tag:yaml.org,2002:int is not read; take it out; values are read as text"),
        (
            "a: 1\n---\nb: 2\n",
            "x.yaml:2:1: a second document starts here; one file holds one document; take out the '---'",
        ),
        ("a:\n\tb: 1\n", "x.yaml:2:1: the line is indented with a tab; indent with spaces"),
        ("a:\n  b: 1\n  \tc: 2\n", "x.yaml:3:3: the line is indented with a tab; indent with spaces"),
        ("%YAML 1.1\n---\na: 1\n", "x.yaml:1:1: YAML 1.1 is not read; leave the %YAML line out"),
        ("? [a, b]\n: 1\n", "x.yaml:1:3: a key must be plain text; put the key in quotes, and * & [ { in values too"),
        (
            b"\xef\xbb\xbfa: 1\n",
            "x.yaml:1:1: the file is UTF-8 with a byte order mark; save it as UTF-8 without a byte order mark",
        ),
        ("a: 1\n".encode("utf-16"), "x.yaml:1:1: the file is UTF-16; save it as UTF-8 without a byte order mark"),
        (b"a: 1\nb: caf\xe9\n", "x.yaml:2:7: byte 0xe9 is not UTF-8; save the file as UTF-8"),
        ("a: 1\nb: c\x07d\n", "x.yaml:2:5: a control character stands here; take it out"),
        (
            "a: b: c\n",
            "x.yaml:1:5: mapping values are not allowed in this context; "
            "put text that holds ': ' in quotes, and check the indentation",
        ),
    ],
)  # fmt: skip
def test_a_sentence_with_place_and_cure(text: str | bytes, complaint: str) -> None:
    assert problems(text) == [complaint]


@pytest.mark.parametrize("text", ['a: "open\n', "a: [1, 2\n", "a: {b: 1\n", "a:\n  - 1\n b: 2\n", "a: @b\n", "a: '\n"])
def test_broken_yaml_has_a_place_and_a_hint(text: str) -> None:
    located = parse_yaml(text.encode(), "x.yaml")
    assert located.data is None
    (complaint,) = located.complaints
    assert complaint.line >= 1
    assert complaint.column >= 1
    assert complaint.hint


def test_all_complaints_at_once() -> None:
    found = problems("a: &x 1\nb: *x\nb: 2\nc: !t 3\n")
    assert [line.split(":")[1] for line in found] == ["1", "2", "3", "4"]


def test_too_long_and_too_deep() -> None:
    assert "the file has more than 8388608 bytes; split it" in problems(b"a" * (MAX_BYTES + 1))[0]
    assert "more than 32 levels" in problems("a: " + "[" * (MAX_DEPTH + 5))[0]
    assert problems("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)) == []


def test_a_billion_laughs_is_one_laugh() -> None:
    lines = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    located = parse_yaml("\n".join(lines).encode(), "x.yaml")
    assert located.refused
    assert located.data["a29"] == ["", ""]


def test_the_collector_is_put_back() -> None:
    with pytest.raises(ZeroDivisionError), collector_paused():
        raise ZeroDivisionError
    assert gc.isenabled()


@given(
    st.one_of(st.binary(max_size=300), st.text(alphabet="ab:-[]{},\"'#&*!|>?%@`\t\n 1\u0085\u2028\ufeff", max_size=80))
)
def test_anything_is_read_or_complained_about(data: bytes | str) -> None:
    located = parse_yaml(data.encode(errors="replace") if isinstance(data, str) else data, "x.yaml")
    assert located.complaints or located.data is not None


KEYS = st.text("xyz", min_size=1)
TREES = st.recursive(
    st.text(alphabet="abc 0:.'-", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


@given(TREES)
def test_every_piece_has_a_place(tree: object) -> None:
    located = parse_yaml(json.dumps({"top": tree}, indent=1).encode(), "x.yaml")
    assert located.data == {"top": tree}
    assert located.place(("top",)) == (2, 9)
