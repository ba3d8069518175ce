"""Our OSC addresses as a tree that OSCQuery shows: what they take, and what was last told at each. Pure.

A node has one value for each of its types, in the tree also where none can be read or none was told yet: clients take
a node without for a container, and python-oscquery takes no tree with an ACCESS that has no VALUE.
Source: the OSCQuery Proposal (Vidvox), attributes and their JSON.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cuefocus.wire.dialects.addresses import CUE, in_address
from cuefocus.wire.dialects.native_news import OUT, ROOT
from cuefocus.wire.osc import OscMessage

ATTRIBUTES: Final = ("FULL_PATH", "CONTENTS", "TYPE", "ACCESS", "VALUE", "RANGE", "DESCRIPTION")
OTHER_ATTRIBUTES: Final = ("TAGS", "EXTENDED_TYPE", "UNIT", "CRITICAL", "CLIPMODE", "OVERLOADS")
"""Attributes that the proposal knows, and none of our nodes has."""
_READ: Final = 1
_WRITE: Final = 2
_NONE: Final = 0
_SWITCH: Final = ({"MIN": 0, "MAX": 1},)
_AT_REST: Final[Mapping[str, object]] = {"i": 0, "f": 0.0, "s": ""}
_NIL: Final = (None,)
_MOST_NODES: Final = 200_000
"""What is told of cues adds nodes; a show has not so many."""


@dataclass(frozen=True, slots=True)
class Word:
    """What an address takes.

    Args:
        types: OSC type tags.
        says: what it does, for a person.
        ranges: of each argument, as the proposal writes them.
        rests: what is listed as the value of an address that is only written to; by the types where it is not given.
    """

    types: str
    says: str
    ranges: tuple[Mapping[str, object], ...] = ()
    rests: tuple[object, ...] = ()

    @property
    def at_rest(self) -> tuple[object, ...]:
        """What says nothing: a button let go, no text."""
        return self.rests or tuple(_AT_REST[tag] for tag in self.types)


def _press(says: str) -> Word:
    return Word("i", f"{says}: 1; a button let go (0) does nothing", _SWITCH)


WORDS: Final[Mapping[str, Word]] = {
    f"{ROOT}/go": _press("GO: fire the cue on standby"),
    f"{ROOT}/cue/{CUE}/fire": _press("fire this cue"),
    f"{ROOT}/cue/{CUE}/start": _press("fire this cue"),
    f"{ROOT}/cue/{CUE}/standby": _press("put this cue on standby"),
    f"{ROOT}/cue/{CUE}/load": _press("put this cue on standby, and say whether it can land"),
    f"{ROOT}/standby": Word("s", "put a cue on standby: its number"),
    f"{ROOT}/load": Word("s", "load a cue: its number"),
    f"{ROOT}/next": _press("standby: the next cue"),
    f"{ROOT}/back": _press("standby: the cue before"),
    f"{ROOT}/top": _press("standby: the first cue"),
    f"{ROOT}/hold": _press("HOLD: decelerate and hold, all axes"),
    f"{ROOT}/panic": _press("PANIC: stop all axes, and disarm"),
    f"{ROOT}/resume": _press("take HOLD back"),
    f"{ROOT}/release": _press("RELEASE: motors let go of their rings"),
    f"{ROOT}/hand": Word("s", "a person drives an axis: its name, e.g. A.focus"),
    f"{ROOT}/arm": Word("i", "arm: 1, disarm: 0", _SWITCH),
    f"{ROOT}/disarm": _press("disarm"),
    f"{ROOT}/engage": Word("i", "all axes follow: 1, none: 0", _SWITCH),
    f"{ROOT}/disengage": _press("no axis follows"),
    f"{ROOT}/take/start": Word("s", "begin a take: its slate"),
    f"{ROOT}/take/end": _press("end the take"),
    f"{ROOT}/slate": Word("s", "the take's slate"),
    f"{ROOT}/mark": Word("s", "mark this pass", ({"VALS": ["good", "ng", "none"]},), ("none",)),
    f"{ROOT}/setup": Word("ss", "a camera, and what it is set to: stop=2.8 focal_mm=75"),
    f"{ROOT}/source": Word("ss", "a timecode source, and what of it: confirm takes off what it differs by"),
    f"{ROOT}/offset_ms": Word("f", "everything lands so much later, ms"),
    f"{ROOT}/status": _press("be told the state"),
    f"{ROOT}/ping": _press("be answered"),
    f"{ROOT}/connect": Word("s", "a passcode"),
    f"{ROOT}/subscribe": Word("i", "be told of everything: 1, or no longer: 0", _SWITCH),
    f"{ROOT}/unsubscribe": _press("be told no longer"),
}
"""All that is heard, by its address; a test holds it against the dialect."""
TOLD: Final[Mapping[str, Word]] = {
    f"{OUT}/state": Word("s", "the chase: locked, no_signal, …"),
    f"{OUT}/timecode": Word("s", "the frame on air"),
    f"{OUT}/standby": Word("s", "the cue that GO fires"),
    f"{OUT}/armed": Word("i", "1 or 0", _SWITCH),
    f"{OUT}/engaged": Word("", "the axes that follow, a text each"),
    f"{OUT}/next": Word("sf", "the timed cue that lands next, and seconds until it does"),
    f"{OUT}/alarm": Word("s", "the last alarm"),
    f"{OUT}/event/cue/{CUE}/fire": Word("if", "it departs: take, planned second"),
    f"{OUT}/event/cue/{CUE}/landed": Word("iff", "it has landed: take, planned second, error in ms"),
}
"""What is told; more nodes come as they are told of."""
_TAGS: Final = ((bool, "T"), (int, "i"), (float, "f"), (str, "s"))


@dataclass(slots=True)
class Node:
    """A node.

    Args:
        path: the whole address; `/` for the root.
        access: as the proposal counts.
        word: what it takes or tells; None for a container.
        value: what was last told there, empty for nothing to name; None for nothing yet.
    """

    path: str
    access: int = _NONE
    word: Word | None = None
    value: tuple[object, ...] | None = None
    contents: dict[str, "Node"] = field(default_factory=dict)

    def attribute(self, name: str) -> object | None:
        """One attribute as JSON has it; None for one that this node has not."""
        match name:
            case "FULL_PATH":
                return self.path
            case "CONTENTS":
                return {key: each.as_json() for key, each in self.contents.items()} or None
            case "ACCESS":
                return self.access
            case "DESCRIPTION" if self.word is not None:
                return self.word.says
            case "TYPE" if self.word is not None:
                return (self.word.types if self.value is None else _types(self.value)) or _types(_NIL)
            case "RANGE" if self.word is not None and self.word.ranges:
                return list(self.word.ranges)
            case "VALUE" if self.word is not None and self.value is None:
                return list(self.word.at_rest) if self.access == _WRITE else [None] * max(1, len(self.word.types))
            case "VALUE" if self.word is not None:
                return list(self.value or _NIL)
        return None

    def asked_value(self) -> dict[str, object] | None:
        """The value by itself: empty where none has been told yet; None where none can be read."""
        if self.word is None or not self.access & _READ:
            return None
        return {} if self.value is None else {"VALUE": self.attribute("VALUE")}

    def as_json(self) -> dict[str, object]:
        """All its attributes."""
        return {name: said for name in ATTRIBUTES if (said := self.attribute(name)) is not None}


class OscTree:
    """All addresses of a show.

    Args:
        cues: their numbers.
        heard: whether OSC is heard at all; otherwise there is nothing to write to.
    """

    def __init__(self, cues: Iterable[str], *, heard: bool) -> None:
        self.root = Node("/")
        self._count = 1
        names = tuple(dict.fromkeys(map(in_address, cues)))
        for words, access in ((WORDS if heard else {}, _WRITE), (TOLD, _READ)):
            for written, word in words.items():
                for address in (written.replace(CUE, name) for name in names) if CUE in written else (written,):
                    self._add(address, access, word)

    def find(self, path: str) -> Node | None:
        """The node at an address; a slash behind it does not matter."""
        node = self.root
        for name in path.strip("/").split("/") if path.strip("/") else ():
            found = node.contents.get(name)
            if found is None:
                return None
            node = found
        return node

    def tell(self, message: OscMessage) -> bool:
        """Note what is told at an address; whether its node is new."""
        node = self.find(message.address)
        new = node is None and self._count < _MOST_NODES
        if new:
            node = self._add(message.address, _READ, Word("", "told when it happens"))
        if node is not None:
            node.value = message.arguments
        return new

    def _add(self, address: str, access: int, word: Word) -> Node:
        node = self.root
        path = ""
        for name in address.strip("/").split("/"):
            path = f"{path}/{name}"
            if name not in node.contents:
                node.contents[name] = Node(path)
                self._count += 1
            node = node.contents[name]
        node.access, node.word = access, word
        return node


def _types(values: Iterable[object]) -> str:
    tags = (next((tag for kind, tag in _TAGS if isinstance(each, kind)), "N") for each in values)
    return "".join(tags)
