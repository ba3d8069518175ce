"""The journal's lines: a header with everything a take was made from, then one line per `Session.step`. Pure.

A step is a JSON array `[now_ns, event, …]`, an event an array that starts with a letter for its type. Numbers are
written so that they come back as the same bits. A line `["gap", lines]` stands where the disk took no more.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import (
    Command,
    Feedback,
    InboxEvent,
    Latched,
    MotorTrouble,
    Sent,
    SourceEvent,
    Stalled,
    Trigger,
)
from cuefocus.errors import JournalError
from cuefocus.timebase.frames import Timecode
from cuefocus.wire.events import Glitch, Reading

SCHEMA = "cuefocus-journal/1"
#: What every journal begins with.
OPENING = b'{"schema":"cuefocus-journal/'
_GAP = "gap"

_write_json: Callable[[object], str] = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class JournalFile:
    """A file the take was made from. `role`: show, rig, lens, words, beats, …; `name` as the operator gave it."""

    role: str
    name: str
    content: bytes

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class JournalHeader:
    """What replay needs before the first step.

    Args:
        version: version of the code that wrote it.
        run: id of the run, the same in its ledger lines.
        options: what the command line decided (arm, takes, fires, …); JSON values.
    """

    version: str
    run: str
    files: tuple[JournalFile, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def file(self, role: str, name: str | None = None) -> JournalFile | None:
        """The first file of a role (and name)."""
        matching = (file for file in self.files if file.role == role and name in (None, file.name))
        return next(matching, None)


@dataclass(frozen=True, slots=True)
class Step:
    """The input of one `Session.step`."""

    now_ns: int
    inbox: tuple[InboxEvent, ...]


def encode_header(header: JournalHeader) -> bytes:
    """The journal's first line."""
    files = [
        {
            "role": file.role,
            "name": file.name,
            "sha256": file.sha256,
            "base64": base64.b64encode(file.content).decode("ascii"),
        }
        for file in header.files
    ]
    keys = {"schema": SCHEMA, "version": header.version, "run": header.run, "options": dict(header.options)}
    return _write_json({**keys, "files": files}).encode("ascii") + b"\n"


def encode_step(now_ns: int, inbox: Sequence[InboxEvent]) -> bytes:
    """One line for one step."""
    line: list[object] = [now_ns]
    for event in inbox:
        line.append(_ENCODERS[type(event)](event))
    return _write_json(line).encode("ascii") + b"\n"


def encode_gap(lines: int) -> bytes:
    """The line that admits that `lines` lines before it were lost."""
    return _write_json([_GAP, lines]).encode("ascii") + b"\n"


def decode_header(line: bytes, *, version: str | None) -> JournalHeader:
    """The header of a journal.

    Args:
        line: its first line.
        version: the version this code has; None accepts a journal of any version.

    Raises: JournalError if this is no journal, not of this schema, of another version, or a file in it is damaged.
    """
    try:
        keys = json.loads(line)
    except ValueError:
        keys = None
    schema = keys.get("schema") if isinstance(keys, dict) else None
    if not isinstance(schema, str) or not schema.startswith("cuefocus-journal/"):
        raise JournalError(
            "this is not a CueFocus journal", hint="journals are written by `cuefocus run` and `rehearse`"
        )
    if schema != SCHEMA:
        raise JournalError(
            f"the journal is of schema {schema}, this program reads {SCHEMA}", hint="use its own version"
        )
    try:
        files = tuple(_file(entry) for entry in keys["files"])
        header = JournalHeader(str(keys["version"]), str(keys["run"]), files, dict(keys["options"]))
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise JournalError(f"the journal's header is damaged ({error})", hint="the take cannot be replayed") from error
    if version is not None and header.version != version:
        raise JournalError(
            f"the journal was written by CueFocus {header.version}, this is {version}",
            hint=f"replay it with {header.version}: another version may decide otherwise",
        )
    return header


def _file(entry: Mapping[str, Any]) -> JournalFile:
    try:
        content = base64.b64decode(entry["base64"], validate=True)
    except binascii.Error as error:
        raise ValueError(f"{entry['name']}: {error}") from error
    file = JournalFile(entry["role"], entry["name"], content)
    if file.sha256 != entry["sha256"]:
        raise ValueError(f"{file.name}: its digest does not match")
    return file


class JournalDecoder:
    """Takes a journal's bytes in pieces of any size and hands back its steps.

    Attributes:
        header: None until its line is complete.
        lost_lines: how many lines the writer says it lost; a replay across a gap is not exact.
    """

    def __init__(self, *, version: str | None) -> None:
        self.header: JournalHeader | None = None
        self.lost_lines = 0
        self._version, self._rest, self._line = version, b"", 0

    @property
    def torn_bytes(self) -> int:
        """Bytes after the last whole line: at the end of the file, a step whose commands never went out."""
        return len(self._rest)

    def feed(self, data: bytes) -> list[Step]:
        """The steps that became complete with `data`.

        Raises: JournalError naming the line that makes no sense.
        """
        *lines, self._rest = (self._rest + data).split(b"\n") if b"\n" in data else (self._rest + data,)
        steps = []
        for line in lines:
            self._line += 1
            if self.header is None:
                self.header = decode_header(line, version=self._version)
                continue
            step = self._step(line)
            if step is not None:
                steps.append(step)
        return steps

    def _step(self, line: bytes) -> Step | None:
        try:
            now_ns, *events = json.loads(line)
            if now_ns == _GAP:
                self.lost_lines += int(events[0])
                return None
            return Step(_whole(now_ns), tuple([_DECODERS[event[0]](event) for event in events]))
        except (ValueError, TypeError, KeyError, IndexError) as error:
            raise JournalError(
                "this line is no step", where=f"line {self._line}", hint="the journal is damaged from here on"
            ) from error


def decode_journal(data: bytes, *, version: str | None) -> tuple[JournalHeader, list[Step], JournalDecoder]:
    """A whole journal: its header, its steps, and the decoder that knows of torn ends and gaps.

    Raises: JournalError; also for a file that ends within its header.
    """
    decoder = JournalDecoder(version=version)
    steps = decoder.feed(data)
    if decoder.header is None:
        decode_header(data, version=version)
        raise JournalError("the journal ends within its header", hint="the take cannot be replayed")
    return decoder.header, steps, decoder


def _whole(value: object) -> int:
    if type(value) is not int:
        raise TypeError(f"{value!r} is not a whole number")
    return value


def _encode_reading(event: Any) -> tuple[object, ...]:
    label = event.label
    return (
        "R",
        event.source,
        label.hours,
        label.minutes,
        label.seconds,
        label.frames,
        event.drop,
        event.stamp_ns,
        event.frame_ns,
        event.direction,
        event.noise_ns,
    )


def _decode_reading(line: Sequence[Any]) -> Reading:
    _, source, hours, minutes, seconds, frames, drop, stamp_ns, frame_ns, direction, noise_ns = line
    return Reading(source, Timecode(hours, minutes, seconds, frames), drop, stamp_ns, frame_ns, direction, noise_ns)


def _encode_sent(event: Any) -> tuple[object, ...]:
    return ("S", event.axis, event.stamp_ns, event.ring, event.counts, event.landing, event.clamped)


def _encode_command(event: Any) -> tuple[object, ...]:
    about = (event.target, event.value, event.source, event.id, event.due_ns, event.packet, event.route)
    return ("C", event.verb, event.stamp_ns, *about)


def _encode_trigger(event: Any) -> tuple[object, ...]:
    travel = () if event.travel_ns is None else (event.travel_ns,)
    return ("T", event.kind, event.key, event.stamp_ns, event.source, event.due_ns, *travel)


_ENCODERS: dict[type, Callable[[Any], tuple[object, ...]]] = {
    Reading: _encode_reading,
    Glitch: lambda event: ("G", event.source, event.reason, event.stamp_ns),
    Sent: _encode_sent,
    Feedback: lambda event: ("F", event.axis, event.stamp_ns, event.counts),
    MotorTrouble: lambda event: ("M", event.axis, event.stamp_ns, event.kind, event.reason),
    Latched: lambda event: ("L", event.axis, event.stamp_ns, int(event.latch), *([int(event.said)] * bool(event.said))),
    Command: _encode_command,
    Stalled: lambda event: ("Z", event.axis, event.stamp_ns, event.since_ns),
    Trigger: _encode_trigger,
    SourceEvent: lambda event: ("E", event.source, event.stamp_ns, event.kind, event.reason),
}

_DECODERS: dict[str, Callable[[Sequence[Any]], InboxEvent]] = {
    "R": _decode_reading,
    "G": lambda line: Glitch(*line[1:]),
    "S": lambda line: Sent(*line[1:]),
    "F": lambda line: Feedback(*line[1:]),
    "M": lambda line: MotorTrouble(*line[1:]),
    "L": lambda line: Latched(line[1], line[2], *map(Latch, line[3:])),
    "C": lambda line: Command(*line[1:]),
    "Z": lambda line: Stalled(*line[1:]),
    "T": lambda line: Trigger(*line[1:]),
    "E": lambda line: SourceEvent(*line[1:]),
}


def encode_steps(steps: Iterable[Step]) -> bytes:
    """Lines for many steps."""
    return b"".join(encode_step(step.now_ns, step.inbox) for step in steps)
