"""A motion process on ptys, with the test in the conductor's and the motors' places."""

import os
import re
import select
import signal
import subprocess
import sys
import tty
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cuefocus.chase.clock import NO_CLOCK, Clock, ClockState
from cuefocus.engine.plan import AxisPlan, Plan
from cuefocus.engine.ports import Feedback, Latched, MotorTrouble, Sent, Stalled
from cuefocus.motion.track import Segment, Track
from cuefocus.motor.axis import AxisSpec
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.local_socket import Fields, ask
from cuefocus.shells.motion_config import AxisConfig, MotionConfig
from cuefocus.shells.realtime import DEFAULT_PRIORITY
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.shells.shm_ring import Status
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

PATIENCE_NS = 15 * NS_PER_S
"""For a busy machine; nothing here is a claim about speed."""
_FRAME = re.compile(rb":([0-9A-F]{2})06([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{4})[0-9A-F]{2}\r\n")


def tilta_spec(name: str, *, period_ns: int = 20 * NS_PER_MS) -> AxisSpec:
    return AxisSpec(
        name, f"motor of {name}", 2.0, 20.0, 400.0, 0.3, 0, 9999, period_ns, 0, 0, 0, 0, 0.0, 0.0, feedback=False
    )


@dataclass
class Line:
    """A pty whose far end the test reads, as a Tilta motor would."""

    link: Path
    master: int = -1
    buffer: bytes = b""
    heard: list[int] = field(default_factory=list)

    def plug(self) -> None:
        self.master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(self.master, False)
        fresh = self.link.with_suffix(".new")
        fresh.symlink_to(os.ttyname(slave))
        fresh.replace(self.link)
        os.close(slave)

    def unplug(self) -> None:
        os.close(self.master)
        self.master = -1
        self.link.unlink()

    def take(self) -> list[int]:
        """Set-points that arrived since the last call, in counts."""
        while self.master >= 0:
            try:
                data = os.read(self.master, 65_536)
            except (BlockingIOError, OSError):
                break
            if not data:
                break
            self.buffer += data
        found = list(_FRAME.finditer(self.buffer))
        if found:
            self.buffer = self.buffer[found[-1].end() :]
        counts = [int(frame[4], 16) for frame in found if frame[1] in (b"01", b"02", b"04", b"08")]
        self.heard += counts
        return counts


class MotionRig:
    """Motion, its memory, and everything round it."""

    def __init__(self, folder: Path, axes: Iterable[AxisConfig], *, priority: int = DEFAULT_PRIORITY) -> None:
        self.folder, self.config_path = folder, folder / "motion.json"
        self.config = MotionConfig(tuple(axes), socket=str(folder / "motion.sock"), priority=priority, lock=False)
        self.config.write(self.config_path)
        self.memory = SharedMemory.create([axis.spec.name for axis in self.config.axes])
        self.status = self.memory.status_reader()
        self.publisher = Publisher(self.memory, self.status)
        self.records: list[Status] = []
        self.clock, self.plans = NO_CLOCK, dict[str, AxisPlan]()
        self.clock_host = HostClock()
        self.silent = False
        self.process: subprocess.Popen[bytes] | None = None
        module = "cuefocus.shells.motion_main"
        self.command = [sys.executable, "-m", module, "--fd", str(self.memory.fd), "--config", str(self.config_path)]

    def start(self) -> Self:
        self.process = subprocess.Popen(
            self.command,
            pass_fds=self.memory.handed_down,
            stderr=subprocess.PIPE,
        )
        before_ns = now_ns()
        self.until(lambda: self.memory.motion.read().started_ns > before_ns, "motion started")
        return self

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout=PATIENCE_NS / NS_PER_S)
        self.until(lambda: True)
        return status

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.communicate()

    def close(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
        for fd in self.memory.handed_down:
            os.close(fd)

    def publish(self) -> None:
        self.records += self.status.drain()
        if not self.silent:
            self.publisher.publish(now_ns(), self.clock, Plan(1, self.plans))

    def until(self, ready: Callable[[], bool], what: str = "", *, at_least_ns: int = 0) -> None:
        """Play the conductor until `ready`."""
        begun_ns = now_ns()
        while True:
            self.publish()
            if now_ns() - begun_ns >= at_least_ns and ready():
                return
            assert now_ns() - begun_ns < PATIENCE_NS, f"waited in vain until {what}"
            assert self.process is None or self.process.poll() is None or not what, "motion died"
            self.clock_host.sleep_until(now_ns() + 5 * NS_PER_MS)

    def pass_time(self, ns: int) -> None:
        self.until(lambda: True, at_least_ns=ns)

    def run_clock(self, *, speed: float = 1.0, good_ns: int = 3600 * NS_PER_S) -> None:
        """Show time 0 is now."""
        at_ns = now_ns()
        self.clock = Clock(at_ns, 0, speed, ClockState.LOCKED, 1000, at_ns + good_ns, 1)

    def engage(self, axis: str, track: Track, *, attach: int) -> None:
        self.plans[axis] = AxisPlan(True, track, attach=attach, epoch=1)

    def disengage(self, axis: str) -> None:
        self.plans[axis] = AxisPlan(False, Track(0.0), attach=0, epoch=1)
        self.pass_time(60 * NS_PER_MS)

    def show_now_ns(self) -> int:
        return self.clock.show_at(now_ns())

    def ask(self, verb: str, target: str = "", by: object = None) -> Fields:
        fields = {"verb": verb, "target": target, "by": by}
        return ask(Path(self.config.socket), fields, timeout_ns=PATIENCE_NS)

    def sent(self, axis: str) -> list[Sent]:
        return [record for record in self.records if isinstance(record, Sent) and record.axis == axis]

    def feedback(self, axis: str) -> list[Feedback]:
        return [record for record in self.records if isinstance(record, Feedback) and record.axis == axis]

    def troubles(self, axis: str, kind: str = "") -> list[MotorTrouble]:
        found = [record for record in self.records if isinstance(record, MotorTrouble) and record.axis == axis]
        return [record for record in found if not kind or record.kind == kind]

    def stalls(self, axis: str) -> list[Stalled]:
        return [record for record in self.records if isinstance(record, Stalled) and record.axis == axis]

    def freeze(self, ns: int) -> None:
        """SIGSTOP for so long; the conductor goes on."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        self.pass_time(ns)
        self.process.send_signal(signal.SIGCONT)

    def latched(self, axis: str) -> list[Latched]:
        return [record for record in self.records if isinstance(record, Latched) and record.axis == axis]


def pull(start_ring: float, end_ring: float, start_ns: int, length_ns: int) -> Segment:
    """A minimum-jerk pull."""
    travel = end_ring - start_ring
    return Segment(start_ns, length_ns, (start_ring, 0.0, 0.0, 10 * travel, -15 * travel, 6 * travel))


def readable(fd: int, timeout_ms: int = 0) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(timeout_ms))
