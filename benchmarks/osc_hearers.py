"""What `osc.py` shoots at: ours, the floor, and other programs, each behind the same two lines."""

import contextlib
import importlib.util
import re
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import CLOCK_REALTIME, clock_gettime_ns, monotonic_ns
from typing import Final, Protocol

from osc_peers import NODE_OSC, PURE_DATA
from osc_qlcplus import Faders, qlcplus
from osc_stage import (
    ANSWERS,
    CAMERAS,
    HOST,
    PORT,
    Stage,
    fired,
    first_moved,
    frames_of,
    performing,
    records_of,
    said,
    volley,
)
from timing_rig import HERE, PRIORITY, compiled, running

from cuefocus.wire.osc_time import tag_of_wall_ns

AHEAD_NS: Final = 500_000_000
_ANSWER: Final = struct.Struct(">i")
_FLOAT: Final = struct.Struct(">f")
_DUMPED: Final = re.compile(rb"/bench i (\d+)")
Heard = list[tuple[int, int | None]]


@dataclass(frozen=True, slots=True)
class Shot:
    """One message.

    Args:
        at_ns: when it is sent, after the start.
        ahead_ns: it is in a bundle that is due so long after that; None: a plain message.
    """

    at_ns: int
    ahead_ns: int | None = None

    def packet(self, message: bytes, start_ns: int) -> bytes:
        """Its bytes, sent at its time after `start_ns`."""
        if self.ahead_ns is None:
            return message
        due_wall_ns = start_ns + self.at_ns + self.ahead_ns + clock_gettime_ns(CLOCK_REALTIME) - monotonic_ns()
        return b"#bundle\0" + tag_of_wall_ns(due_wall_ns).to_bytes(8, "big") + struct.pack(">i", len(message)) + message


class Hearer(Protocol):
    """Something that is shot at.

    Attributes:
        lost: how many of the last shots it never heard; the others that were not seen came while the axis still moved.
    """

    lost: int

    def hears(self, shots: Sequence[Shot], *, tail_ms: int = 400) -> tuple[int, Heard]:
        """The start (host ns), and for each shot when it was sent and when what came of it was seen."""


class Answering:
    """A program that answers by UDP.

    Args:
        log: a file for what is seen.
    """

    def __init__(self, log: Path) -> None:
        self._log, self.lost = log, 0

    def hears(self, shots: Sequence[Shot], *, tail_ms: int = 400) -> tuple[int, Heard]:
        """As Hearer."""
        start_ns = monotonic_ns() + AHEAD_NS
        packets = [(shot.at_ns, shot.packet(self._message(number), start_ns)) for number, shot in enumerate(shots)]
        volley(self._log, packets, start_ns=start_ns, tail_ms=tail_ms)
        sent, answered = list[int](), dict[int, int]()
        for stamp_ns, kind, data in records_of(self._log):
            if kind == 0:
                self._sent(len(sent))
                sent.append(stamp_ns)
            elif (number := self._number(data)) is not None:
                answered.setdefault(number, stamp_ns)
        heard = [(stamp_ns, answered.get(number)) for number, stamp_ns in enumerate(sent)]
        self.lost = sum(end is None for _, end in heard)
        return start_ns, heard

    def _message(self, number: int) -> bytes:
        """What a shot says."""
        return said("/bench", number)

    def _sent(self, number: int) -> None:
        """A shot is on its way, as the log has it."""

    def _number(self, answer: bytes) -> int | None:
        """The shot that an answer is to; None for what answers none."""
        return int(_FLOAT.unpack(answer[-4:])[0] if b",f" in answer else _ANSWER.unpack(answer[-4:])[0])


class Passing(Answering):
    """QLC+, which passes a fader's move on."""

    def __init__(self, log: Path) -> None:
        super().__init__(log)
        self._faders = Faders()

    def _message(self, number: int) -> bytes:
        return self._faders.message(number)

    def _sent(self, number: int) -> None:
        self._faders.sent(number)

    def _number(self, answer: bytes) -> int | None:
        return self._faders.number(answer)


class Dumping(Answering):
    """liblo's `oscdump`, whose lines are read at the far end of a pty."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "oscdump-sent.bin")
        self._folder, self._count = folder, 0

    def hears(self, shots: Sequence[Shot], *, tail_ms: int = 400) -> tuple[int, Heard]:
        """As Hearer; started anew each time, so that its log is whole."""
        lines, link = self._folder / "oscdump.bin", self._folder / "oscdump"
        with running([compiled("stamper"), lines, link], wait_for="ready"), link.open("wb") as out:
            program = subprocess.Popen([*CLASS, "oscdump", "-L", str(PORT)], stdout=out)
            settle()
            start_ns, sent = super().hears(shots, tail_ms=tail_ms)
            program.terminate()
            program.wait(10)
        seen, rest = dict[int, int](), b""
        for stamp_ns, _, data in records_of(lines):
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                if found := _DUMPED.search(line):
                    seen.setdefault(int(found[1]), stamp_ns)
        heard = [(stamp_ns, seen.get(number)) for number, (stamp_ns, _) in enumerate(sent)]
        self.lost = sum(end is None for _, end in heard)
        return start_ns, heard


class Ours:
    """CueFocus; started anew each time, so that the stamper's log is whole."""

    def __init__(self, stage: Stage) -> None:
        self._stage, self.alarms, self.lost = stage, list[str](), 0

    def hears(self, shots: Sequence[Shot], *, tail_ms: int = 400) -> tuple[int, Heard]:
        """As Hearer."""
        stamps, log = self._stage.folder / "stamps.bin", self._stage.folder / "sent.bin"
        axes = [(number % len(CAMERAS), number // len(CAMERAS) % 2 == 0) for number in range(len(shots))]
        with performing(self._stage, stamps, f"artnet:{HOST}") as spoken:
            spoken.engage()
            to_the_near_mark(log)
            start_ns = monotonic_ns() + AHEAD_NS
            packets = [
                (shot.at_ns, shot.packet(said(fired(axis, far), "go"), start_ns))
                for shot, (axis, far) in zip(shots, axes, strict=True)
            ]
            volley(log, packets, start_ns=start_ns, tail_ms=tail_ms)
            events = list(spoken.events)
        self.alarms = [str(event.get("text")) for event in events if event["event"] == "alarm"]
        left = [event for event in events if event["event"] == "departure" and event["host_ns"] >= start_ns]
        self.lost = len(shots) - len(left)
        frames = frames_of(stamps)
        sent = [stamp_ns for stamp_ns, kind, _ in records_of(log) if kind == 0]
        heard: Heard = []
        for number, (stamp_ns, (axis, _)) in enumerate(zip(sent, axes, strict=True)):
            following = number + len(CAMERAS)
            until_ns = sent[following] if following < len(sent) else stamp_ns + 10 * AHEAD_NS
            ahead_ns = shots[number].ahead_ns or 0
            heard.append((stamp_ns, first_moved(frames[axis], stamp_ns, until_ns + ahead_ns)))
        return start_ns, heard


def to_the_near_mark(log: Path) -> None:
    """Twice, as the first move of an axis that is only assumed to stand somewhere is a slow one."""
    for tail_ms in (3000, 1000):
        near = [(axis * 20_000_000, said(fired(axis, False), "go")) for axis in range(len(CAMERAS))]
        volley(log, near, start_ns=monotonic_ns(), tail_ms=tail_ms)


CLASS: Final = ("chrt", "-f", str(PRIORITY))


def settle() -> None:
    """Until a program that says nothing has surely begun to hear."""
    subprocess.run(["sleep", "1.5"], check=True)


@contextlib.contextmanager
def ours(stage: Stage) -> Iterator[Hearer]:
    """CueFocus, whole."""
    hearer = Ours(stage)
    yield hearer
    for text in dict.fromkeys(hearer.alarms):
        print(f"ours: alarm: {text}")


@contextlib.contextmanager
def served(name: str, stage: Stage) -> Iterator[Hearer]:
    """One of the servers of `osc_peers.py`."""
    command = [*CLASS, sys.executable, str(HERE / "osc_peers.py"), name, str(PORT), str(ANSWERS)]
    with running(command, wait_for="ready"):
        yield Answering(stage.folder / "answers.bin")


@contextlib.contextmanager
def dumped(stage: Stage) -> Iterator[Hearer]:
    """Liblo's own program."""
    yield Dumping(stage.folder)


@contextlib.contextmanager
def patched(stage: Stage) -> Iterator[Hearer]:
    """Pure Data, with nothing but its own objects."""
    patch = stage.folder / "echo.pd"
    patch.write_text(PURE_DATA.format(port=PORT, host=HOST, answers=ANSWERS))
    with running([*CLASS, "pd", "-nogui", "-noaudio", "-open", patch]):
        settle()
        yield Answering(stage.folder / "answers.bin")


@contextlib.contextmanager
def noded(stage: Stage) -> Iterator[Hearer]:
    """Node's `osc`."""
    with running([*CLASS, "node", "-e", NODE_OSC.format(port=PORT, host=HOST, answers=ANSWERS)], wait_for="ready"):
        yield Answering(stage.folder / "answers.bin")


@contextlib.contextmanager
def passed(stage: Stage) -> Iterator[Hearer]:
    """QLC+, whose window takes a while to begin with."""
    with qlcplus(stage.folder, CLASS):
        for _ in range(4):
            settle()
        yield Passing(stage.folder / "answers.bin")


HEARERS: Mapping[str, Callable[[Stage], AbstractContextManager[Hearer]]] = {
    "echo": partial(served, "echo"),
    "ours": ours,
    "oscdump": dumped,
    "pyliblo3": partial(served, "pyliblo3"),
    "python-osc blocking": partial(served, "python-osc-blocking"),
    "python-osc asyncio": partial(served, "python-osc-asyncio"),
    "Pure Data": patched,
    "QLC+": passed,
    "node osc": noded,
}


def missing_of(name: str) -> str:
    """What must be installed before a program can be measured; empty when nothing."""
    programs = {
        "oscdump": "oscdump (liblo-tools)",
        "Pure Data": "pd (puredata-core)",
        "QLC+": "qlcplus (qlcplus)",
        "node osc": "node",
    }
    program = programs.get(name)
    if program and shutil.which(program.split()[0]) is None:
        return program
    if name == "pyliblo3" and importlib.util.find_spec("pyliblo3") is None:
        return "pyliblo3 (pip install pyliblo3)"
    if name == "node osc" and subprocess.run(["node", "-e", "require('osc')"], capture_output=True).returncode:
        return "node's package osc (npm install osc, beside the checkout or in NODE_PATH)"
    return ""
