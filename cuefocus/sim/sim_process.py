"""Simulated motors in real time: ptys and sockets on one side, models on the host clock on the other."""

import contextlib
import io
import json
import os
import select
import signal
import socket
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import monotonic_ns

from cuefocus.errors import InputError
from cuefocus.sim.ends import End, make_end
from cuefocus.sim.motor_spec import SimMotorSpec
from cuefocus.sim.sim_motor import SimMotorLink, make_sim_motor
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_ATTEND_NS = 50 * NS_PER_MS
FAULTS = ("unplug", "plug", "stall", "resume", "garbage", "jam", "free")


class SimLine:
    """One link with its motors, in real time."""

    def __init__(self, specs: list[SimMotorSpec], now_ns: Callable[[], int], logs: dict[str, io.TextIOWrapper]) -> None:
        first = specs[0]
        if len({spec.driver for spec in specs}) > 1 or len({spec.line_address for spec in specs}) < len(specs):
            raise InputError("motors on one line must be of one family, with an address each", where=first.link)
        self.end: End = make_end(first.link)
        self.names = {spec.title for spec in specs} | {first.link}
        self.stalled = False
        self.link: SimMotorLink = make_sim_motor(
            first.driver,
            now_ns,
            {spec.line_address: spec.character() for spec in specs},
            baud=first.baud,
            framing=first.framing,
            command=first.command,
            echo=first.echo,
            answers=first.answers,
            calibrated=first.calibrated,
            keeps_log=any(spec.log for spec in specs),
            channel_open=False,
            name=first.link,
        )
        self._logs = [(spec, logs[spec.log]) for spec in specs if spec.log]

    def fault(self, verb: str) -> None:
        """Do what a fault's name says."""
        if verb == "unplug":
            self.end.close()
            self.link.unplug()
        elif verb == "plug":
            if self.end.fileno() < 0:
                self.end.open()
            self.link.plug()
        elif verb in ("stall", "resume"):
            self.stalled = verb == "stall"
        elif verb == "garbage":
            self.link.garbage()
        elif verb == "jam":
            self.link.jam()
        elif verb == "free":
            self.link.free()

    def hear(self) -> None:
        """Take what the host wrote."""
        for data, origin in self.end.receive():
            self.link.take(data, origin)

    def speak(self) -> None:
        """Let time pass; send answers that are due."""
        for answer, origin in self.link.collect():
            self.end.send(answer, origin)

    def write_logs(self) -> None:
        """True positions since the last time, into the files."""
        for address, model in self.link.motors.items():
            rows = model.take_log()
            for spec, file in self._logs:
                if spec.line_address == address and rows:
                    file.writelines(f"{r.time_ns},{spec.title},{r.motor_ring:.8f},{r.lens_ring:.8f}\n" for r in rows)
                    file.flush()

    def close(self) -> None:
        """Last rows, and the plug."""
        self.link.advance()
        self.write_logs()
        self.end.close()


def run_sim_process(
    specs: Iterable[SimMotorSpec],
    *,
    say: Callable[[str], None],
    commands_fd: int = -1,
    until_eof: bool = False,
) -> None:
    """Simulate motors until SIGTERM or SIGINT (or the end of the commands, with `until_eof`).

    SIGUSR1 pulls or puts back every plug, SIGUSR2 stalls or resumes every line.

    Args:
        specs: the motors.
        say: takes one JSON line for each thing a watcher wants to know: first `{"ready": [link, …]}`.
        commands_fd: where fault commands come from, a line each: `unplug [NAME]`, and so on (`FAULTS`); -1 for none.
        until_eof: end when `commands_fd` does, so that no simulator outlives who started it.

    Raises: InputError, LinkError.
    """
    by_link: dict[str, list[SimMotorSpec]] = {}
    logs: dict[str, io.TextIOWrapper] = {}
    with contextlib.ExitStack() as stack:
        for spec in specs:
            by_link.setdefault(spec.link, []).append(spec)
            if spec.log and spec.log not in logs:
                logs[spec.log] = stack.enter_context(_log_file(spec.log))
        lines = [SimLine(group, monotonic_ns, logs) for group in by_link.values()]
        for line in lines:
            stack.callback(line.close)
            line.end.open()
            line.names.add(line.end.name)
        signals = stack.enter_context(_signals())
        say(json.dumps({"ready": [line.end.name for line in lines]}))
        _Attendant(lines, signals, say, commands_fd, until_eof).run()


class _Attendant:
    """Waits on all descriptors at once and serves each."""

    def __init__(
        self,
        lines: list[SimLine],
        signals: socket.socket,
        say: Callable[[str], None],
        commands_fd: int,
        until_eof: bool,
    ) -> None:
        self._lines, self._signals, self._say = lines, signals, say
        self._commands_fd, self._until_eof = commands_fd, until_eof
        self._typed = b""

    def run(self) -> None:
        """Until told to stop."""
        next_log_ns = 0
        while True:
            now_ns = monotonic_ns()
            due_ns = now_ns + _ATTEND_NS
            for line in self._lines:
                line_due_ns = line.link.next_due_ns()
                if line_due_ns is not None:
                    due_ns = min(due_ns, line_due_ns)
            ears = {line.end.fileno(): line for line in self._lines if line.end.fileno() >= 0 and not line.stalled}
            watched = [*ears, self._signals.fileno(), *([self._commands_fd] if self._commands_fd >= 0 else [])]
            ready = select.select(watched, [], [], max(0, due_ns - now_ns) / NS_PER_S)[0]
            for descriptor in ready:
                if descriptor in ears:
                    ears[descriptor].hear()
            for line in self._lines:
                line.speak()
            if self._signals.fileno() in ready and not self._signalled():
                return
            if self._commands_fd in ready and not self._commanded():
                return
            if now_ns >= next_log_ns:
                next_log_ns = now_ns + 10 * _ATTEND_NS
                for line in self._lines:
                    line.write_logs()

    def _signalled(self) -> bool:
        for number in self._signals.recv(64):
            if number in (signal.SIGTERM, signal.SIGINT):
                return False
            for line in self._lines:
                if number == signal.SIGUSR1:
                    self._fault("plug" if line.link.unplugged else "unplug", line)
                elif number == signal.SIGUSR2:
                    self._fault("resume" if line.stalled else "stall", line)
        return True

    def _commanded(self) -> bool:
        data = os.read(self._commands_fd, 4096)
        if not data:
            self._commands_fd = -1
            return not self._until_eof
        *words, self._typed = (self._typed + data).split(b"\n")
        for raw in words:
            verb, _, name = raw.decode("utf-8", "replace").strip().partition(" ")
            if not verb:
                continue
            meant = [line for line in self._lines if not name or name in line.names]
            if verb not in FAULTS or not meant:
                self._say(json.dumps({"error": f"no fault {verb!r} for {name or 'all'!r}; have {', '.join(FAULTS)}"}))
                continue
            for line in meant:
                self._fault(verb, line)
        return True

    def _fault(self, verb: str, line: SimLine) -> None:
        line.fault(verb)
        self._say(json.dumps({"done": verb, "link": line.end.name}))


@contextlib.contextmanager
def _signals() -> Iterator[socket.socket]:
    """Signals as bytes on a socket, so that one wait sees everything."""
    mine, theirs = socket.socketpair()
    theirs.setblocking(False)
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2)
    before = {number: signal.signal(number, lambda *_: None) for number in numbers}
    old_fd = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    try:
        yield mine
    finally:
        signal.set_wakeup_fd(old_fd)
        for number, handler in before.items():
            signal.signal(number, handler)
        mine.close()
        theirs.close()


def _log_file(path: str) -> io.TextIOWrapper:
    try:
        file = Path(path).open("w", encoding="utf-8")
    except OSError as problem:
        raise InputError(f"cannot write the log: {problem.strerror}", where=path) from None
    file.write("time_ns,motor,motor_ring,lens_ring\n")
    file.flush()
    return file
