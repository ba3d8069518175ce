"""What `osc.py` fires at: six motors on ptys, a show of cues that desks fire, and the daemon that is spoken to."""

import contextlib
import json
import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder
from timing_rig import HERE, PRIORITY, compiled, running

HOST, PORT, ANSWERS = "127.0.0.1", 18_321, 18_322
CAMERAS = "ABCDEF"
NEAR, FAR = "near", "far"
PULL_MS = 20
PATIENCE_S = 20.0
_ASK_AGAIN_S = 0.1
CUEFOCUS = [sys.executable, "-m", "cuefocus"]
LENS = HERE.parent / "config" / "lenses" / "prime75.yaml"
RECORD = struct.Struct("=qHH")
_SETPOINT = re.compile(rb":01(?:06)01..([0-9A-F]{4})..\r\n")
Frames = list[tuple[int, int]]


def said(address: str, *arguments: object) -> bytes:
    """An OSC message as python-osc writes it."""
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def fired(axis: int, far: bool) -> str:
    """The address that fires an axis' rack to one of its marks, as an Eos desk would say it."""
    return f"/eos/out/event/cue/1/{2 * axis + far}/fire"


@dataclass
class Stage:
    """Rig and show in a folder.

    Args:
        folder: where they are written.
        hz: set-points a second, of each motor.
        song_s: length of the song's sound; 0: there is none.
        extra: how many more triggered cues the last two cameras have, each fired once.
    """

    folder: Path
    hz: int
    song_s: int = 0
    extra: int = 0
    links: list[Path] = field(init=False)

    def __post_init__(self) -> None:
        self.links = [self.folder / f"motor-{camera}" for camera in CAMERAS]
        self.rig, self.show, self.sound = (self.folder / name for name in ("rig.yaml", "show.yaml", "song.wav"))
        self.rig.write_text(self._rig())
        self.show.write_text(self._show())
        if self.song_s:
            made = ["ltc", "generate", "--rate", "25", "--start", "00:59:57:00", "--seconds", str(self.song_s)]
            subprocess.run([*CUEFOCUS, *made, "-o", self.sound], check=True)

    @property
    def timed(self) -> str:
        """The cameras that have timed racks while a song runs; the others are fired by desks."""
        return CAMERAS[:4]

    def lands_ms(self, index: int) -> range:
        """When the racks of one of those land, in the song."""
        return range(2000 + 251 * index, (self.song_s - 6) * 1000, 1003)

    def _rig(self) -> str:
        cameras = "\n".join(
            f"  {camera}: {{lens: prime75#2071, stop: T2.8, sensor: super-35, fps: '25',"
            f" axes: {{focus: {{motor: m{camera}}}}}}}"
            for camera in CAMERAS
        )
        motors = "\n".join(
            f"  m{camera}: {{driver: tilta, port: 'serial:{link}', baud: 4000000, setpoints_hz: {self.hz},"
            " travel: 0..9999, dead_ms: 0, lag_ms: 0, measured: '2026-11-22',"
            " limits: {speed: 20000 %/s, acceleration: 9000000 %/s2, jerk: 9000000000 %/s3}}"
            for camera, link in zip(CAMERAS, self.links, strict=True)
        )
        return (
            f"schema: cuefocus-rig/1\ntitle: six quick motors\nlenses: ['{LENS}']\n"
            "sources:\n  - {id: playback, kind: file, priority: 1}\n  - {id: desk, kind: artnet, priority: 2}\n"
            f"cameras:\n{cameras}\nmotors:\n{motors}\n"
            "safety: {repeat_guard_ms: 0, go_guard_ms: 0}\n"
            f"network:\n  osc: {{listen: '{HOST}:{PORT}'}}\n"
            f"  peers: [{{id: bench, address: {HOST}, rights: operate, trust_timetags: true}}]\n"
        )

    def _show(self) -> str:
        marks = "\n".join(f"  {camera}: {{{NEAR}: 0.95 m, {FAR}: 3 m}}" for camera in CAMERAS)
        quick = f"pull: {PULL_MS} ms, shape: linear, landing: stopped"
        cues = [
            f"  - {{cue: '{2 * axis + far}', camera: {camera}, on: {{osc: {fired(axis, bool(far))}}},"
            f" to: {(NEAR, FAR)[far]}, {quick}}}"
            for axis, camera in enumerate(CAMERAS)
            for far in (0, 1)
        ]
        cues += [
            f"  - {{cue: X{number}, camera: {CAMERAS[4 + number % 2]}, on: {{osc: /extra/{number}}},"
            f" to: {(NEAR, FAR)[number // 2 % 2]}, {quick}}}"
            for number in range(self.extra)
        ]
        acts = ""
        if self.song_s:
            opening = ", ".join(f"{camera}: {NEAR}" for camera in self.timed)
            acts = f"acts:\n  - {{act: song, starts: '01:00:00:00', opening: {{{opening}}}}}\n"
            cues += [
                f"  - {{cue: {camera}{number}, act: song, camera: {camera}, land: {{at: '+{land_ms / 1000:.3f} s'}},"
                f" to: {(FAR, NEAR)[number % 2]}, pull: 600 ms}}"
                for index, camera in enumerate(self.timed)
                for number, land_ms in enumerate(self.lands_ms(index))
            ]
        return (
            "schema: cuefocus-show/1\ntitle: fired by desks\nrate: '25'\n"
            f"marks:\n{marks}\n{acts}cues:\n" + "\n".join(cues) + "\n"
        )


class Spoken:
    """A running daemon.

    Attributes:
        events: what it has printed so far, in order.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.events = process, list[dict[str, Any]]()
        self._grown = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((HOST, 0))

    def _read(self) -> None:
        for line in self.process.stdout or ():
            with self._grown:
                self.events.append(json.loads(line))
                self._grown.notify_all()

    def until(self, kind: str, **wanted: object) -> Mapping[str, Any]:
        """The first event of a kind that has these fields; a field given as a text may contain it."""

        def found() -> dict[str, Any] | None:
            for event in self.events:
                if event["event"] == kind and all(str(value) in str(event.get(key)) for key, value in wanted.items()):
                    return event
            return None

        with self._grown:
            event = self._grown.wait_for(lambda: found() or self.process.poll() is not None, PATIENCE_S) and found()
        if not event:
            raise SystemExit(f"the daemon never said {kind} {wanted}; its last words: {self.events[-3:]}")
        return event

    def asks(self, address: str, *arguments: object) -> list[object]:
        """Say something to it; whether it was done, and a sentence."""
        self._socket.settimeout(PATIENCE_S)
        self._socket.sendto(said(address, *arguments), (HOST, PORT))
        while True:
            message = OscMessage(self._socket.recv(65_535))
            if message.address == "/cuefocus/out/reply" and message.params[0] == address:
                return list(message.params[1:])

    def engage(self) -> None:
        """Arm, and engage every axis as soon as it has said where it stands."""
        if self.asks("/cuefocus/arm", 1)[0] != 1:
            raise SystemExit("it cannot be armed")
        until = time.monotonic() + PATIENCE_S
        for camera in CAMERAS:
            while not (answer := self.asks("/cuefocus/engage", camera, "confirm"))[0]:
                if time.monotonic() > until:
                    raise SystemExit(f"{camera} cannot be engaged: {answer}")
                threading.Event().wait(_ASK_AGAIN_S)  # the same again within 20 ms would be taken for a copy

    def pid(self, module: str) -> int:
        """The process id of one of its processes."""
        for child in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split():
            if module in Path(f"/proc/{child}/cmdline").read_text():
                return int(child)
        raise SystemExit(f"no process {module}")

    def resident_kib(self) -> int:
        """Memory that the conductor has in use."""
        status = Path(f"/proc/{self.pid('conductor_main')}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+)", status)
        return int(found[1]) if found else 0


@contextlib.contextmanager
def performing(stage: Stage, log: Path, source: str, *options: str) -> Iterator[Spoken]:
    """The stamper at the motors' end of the lines, and a daemon that hears desks."""
    runtime = stage.folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    command = [*CUEFOCUS, "run", "--rig", stage.rig, "--show", stage.show, "--source", source, "--json"]
    command += ["--journal", stage.folder / "takes", *options]
    environ = {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}
    with (
        (stage.folder / "daemon.log").open("ab") as errors,
        running([compiled("stamper"), log, *stage.links], wait_for="ready"),
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environ) as process,
    ):
        try:
            spoken = Spoken(process)
            spoken.until("state", desk="heard")
            yield spoken
        finally:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()


def frames_of(log: Path, ports: int = len(CAMERAS)) -> list[Frames]:
    """Set-points by port: (stamp of the last byte, counts)."""
    frames: list[Frames] = [[] for _ in range(ports)]
    rest = [b""] * ports
    for stamp_ns, port, data in records_of(log):
        text = rest[port] + data
        end = 0
        for found in _SETPOINT.finditer(text):
            frames[port].append((stamp_ns, int(found[1], 16)))
            end = found.end()
        rest[port] = text[end:][-64:]
    return frames


def records_of(log: Path) -> Iterator[tuple[int, int, bytes]]:
    """Stamp, port or kind, and bytes, of each record of a stamper's or a volley's log."""
    data, at = log.read_bytes(), 0
    while at < len(data):
        stamp_ns, number, length = RECORD.unpack_from(data, at)
        at += RECORD.size + length
        yield stamp_ns, number, data[at - length : at]


def first_moved(frames: Frames, after_ns: int, until_ns: int) -> int | None:
    """When the first set-point went out that is not the one the axis rested at; None: none did, or it did not rest."""
    index = bisect_right(frames, (after_ns, 1 << 16))
    if index < 2 or frames[index - 1][1] != frames[index - 2][1]:
        return None
    rested = frames[index - 1][1]
    for stamp_ns, counts in frames[index:]:
        if stamp_ns > until_ns:
            break
        if counts != rested:
            return stamp_ns
    return None


def volley(
    log: Path,
    shots: Sequence[tuple[int, bytes]],
    *,
    start_ns: int,
    tail_ms: int = 400,
    priority: int = PRIORITY,
    answers: int = ANSWERS,
) -> None:
    """Send datagrams to the port under test, each so long after `start_ns` (host time); log them and the answers."""
    packets = b"".join(struct.pack("=qH", at_ns, len(data)) + data for at_ns, data in shots)
    numbers = (PORT, answers, start_ns, tail_ms, priority)
    host, *rest = (HOST, *map(str, numbers))
    subprocess.run([compiled("volley"), log, host, *rest], input=packets, check=True)
