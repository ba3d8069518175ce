"""YAML 1.2 with places: every scalar stays text, and every piece of the file knows its line and column.

Built on libyaml's events; nothing is resolved, so `12.10`, `on` and `10:00:00:00` mean what they say. Aliases, tags,
duplicate keys and second documents are refused: a show file is data that a person reads.
"""

import re
from collections.abc import Callable
from typing import Any

from yaml import MarkedYAMLError, YAMLError
from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from yaml.reader import ReaderError

from cuefocus.files.complaint import Complaint
from cuefocus.files.located import Located, Places
from cuefocus.files.yaml_events import yaml_events

MAX_BYTES = 8 * 1024 * 1024
TOO_LONG = (f"the file has more than {MAX_BYTES} bytes", "split it")
"""Problem and hint; how many more is not known, as no more is read."""
MAX_DEPTH = 32
_TAB_INDENT = re.compile(r"^ *\t[ \t]*(?=[^\s#])", re.MULTILINE)
_BOMS = {b"\xef\xbb\xbf": "UTF-8 with a byte order mark", b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}


def parse_yaml(data: bytes, file: str) -> Located:
    """The tree of a file, and everything wrong with its YAML; `data` of the result is None if nothing can be read."""
    complaints = list[Complaint]()

    def complain(line: int, column: int, problem: str, hint: str = "") -> None:
        complaints.append(Complaint(file, line, column, "", "error", problem, hint))

    if not _is_readable(data, complain):
        return Located(file, None, None, complaints)
    builder = _Builder(yaml_events(data), complain)
    try:
        tree, places = builder.document()
    except (YAMLError, _Halt) as error:
        if isinstance(error, YAMLError):
            complain(*_yaml_problem(error, data))
        return Located(file, None, None, complaints)
    return Located(file, tree, places, complaints)


def _is_readable(data: bytes, complain: Callable[..., None]) -> bool:
    """Whether the bytes are text a parser may see; says why not."""
    if len(data) > MAX_BYTES:
        complain(0, 0, *TOO_LONG)
        return False
    for bom, encoding in _BOMS.items():
        if data.startswith(bom):
            complain(1, 1, f"the file is {encoding}", "save it as UTF-8 without a byte order mark")
            return False
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        line = before.count("\n") + 1
        column = len(before) - (before.rfind("\n") + 1) + 1
        complain(line, column, f"byte 0x{data[error.start]:02x} is not UTF-8", "save the file as UTF-8")
        return False
    tabs = list(_TAB_INDENT.finditer(text))
    for match in tabs:
        line = text.count("\n", 0, match.start()) + 1
        column = match[0].index("\t") + 1
        complain(line, column, "the line is indented with a tab", "indent with spaces")
    return not tabs


def _yaml_problem(error: YAMLError, data: bytes) -> tuple[int, int, str, str]:
    """Line, column, problem and hint of what libyaml refuses."""
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        problem = " ".join(part for part in (error.context, error.problem) if part) or "not YAML"
        return line, column, problem, _hint_for(problem)
    if isinstance(error, ReaderError):
        before = data[: max(0, error.position)].decode("utf-8", errors="replace")
        line = before.count("\n") + 1
        return line, len(before) - (before.rfind("\n") + 1) + 1, "a control character stands here", "take it out"
    return 0, 0, "not YAML", ""


def _hint_for(problem: str) -> str:
    """The likeliest cure for a sentence of libyaml."""
    for part, cure in (
        ("mapping values are not allowed", "put text that holds ': ' in quotes, and check the indentation"),
        ("could not find expected ':'", "write key: value, and close what quotes or brackets are open"),
        ("did not find expected key", "check the indentation of this line and the one before"),
        ("did not find expected '-'", "list items start in one column"),
        ("cannot start any token", "put text that starts with this character in quotes"),
        ("did not find expected ',' or", "close the bracket, or put a comma between the items"),
        (
            "did not find expected node content",
            "close the bracket that is open, and write what stands in it as text or numbers",
        ),
        ("unexpected end of stream", "close the quote that is open"),
        ("unknown escape character", "in double quotes write \\\\ for a backslash"),
    ):
        if part in problem:
            return cure
    return ""


class _Halt(Exception):
    """What follows cannot be read sensibly; the complaint has been made."""


class _Builder:
    """Turns events into a tree and its places."""

    def __init__(self, next_event: Callable[[], Any], complain: Callable[..., None]) -> None:
        self._next = next_event
        self._complain = complain
        self._depth = 0

    def document(self) -> tuple[Any, Places]:
        """The one document of the stream."""
        self._next()  # the start of the stream
        event = self._next()
        if not isinstance(event, DocumentStartEvent):
            self._complain(0, 0, "the file is empty", "start with its schema, e.g. schema: cuefocus-show/1")
            raise _Halt
        if event.version is not None and tuple(event.version) != (1, 2):
            self._refuse(event, f"YAML {'.'.join(map(str, event.version))} is not read", "leave the %YAML line out")
        tree, places = self._node(self._next())
        event = self._next()
        if not isinstance(event, DocumentEndEvent):
            raise _Halt
        event = self._next()
        if not isinstance(event, StreamEndEvent):
            self._refuse(event, "a second document starts here", "one file holds one document; take out the '---'")
        return tree, places

    def _refuse(self, event: Any, problem: str, hint: str) -> None:
        self._complain(event.start_mark.line + 1, event.start_mark.column + 1, problem, hint)

    def _node(self, event: Any) -> tuple[Any, Places]:
        kind = event.__class__
        if isinstance(event, NodeEvent) and (
            event.anchor is not None or (kind is not AliasEvent and getattr(event, "tag", None) is not None)
        ):
            self._refuse_sigils(event)
        if kind is ScalarEvent:
            return event.value, event.start_mark
        if kind is MappingStartEvent:
            return self._mapping(event)
        if kind is SequenceStartEvent:
            return self._sequence(event)
        return "", event.start_mark  # an alias: refused above, and nothing stands in for it

    def _refuse_sigils(self, event: Any) -> None:
        if isinstance(event, AliasEvent):
            self._refuse(event, f"alias *{event.anchor} is not read", "write the value out; defaults: saves repetition")
            return
        if event.anchor is not None:
            self._refuse(event, f"anchor &{event.anchor} is not read", "take it out")
        if getattr(event, "tag", None) is not None:
            self._refuse(event, f"tag {event.tag} is not read", "take it out; values are read as text")

    def _enter(self, event: Any) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._refuse(event, f"more than {MAX_DEPTH} levels deep", "no file of ours needs that; flatten it")
            raise _Halt

    def _mapping(self, event: Any) -> tuple[dict[str, Any], Places]:
        self._enter(event)
        tree: dict[str, Any] = {}
        places: dict[str, Places] = {}
        next_event, node = self._next, self._node
        while (key := next_event()).__class__ is not MappingEndEvent:
            if key.__class__ is not ScalarEvent:
                self._refuse(key, "a key must be plain text", "put the key in quotes, and * & [ { in values too")
                raise _Halt
            if key.anchor is not None or key.tag is not None:
                self._refuse_sigils(key)
            name = key.value
            if name in tree:
                first = places[name][0]
                self._refuse(
                    key, f"key {name!r} is here twice", f"it stands on line {first.line + 1} already; keep one"
                )
                node(next_event())
                continue
            tree[name], below = node(next_event())
            places[name] = (key.start_mark, below)
        self._depth -= 1
        return tree, (event.start_mark, places)

    def _sequence(self, event: Any) -> tuple[list[Any], Places]:
        self._enter(event)
        tree, places = list[Any](), list[Places]()
        next_event, node = self._next, self._node
        while (item := next_event()).__class__ is not SequenceEndEvent:
            value, place = node(item)
            tree.append(value)
            places.append(place)
        self._depth -= 1
        return tree, (event.start_mark, places)
