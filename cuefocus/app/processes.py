"""The daemon's processes: started by exec, watched by descriptor, started again with back-off, ended in order."""

import contextlib
import os
import signal
import subprocess
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_BACK_OFF_NS: Final = (0, 100 * NS_PER_MS, 250 * NS_PER_MS, 500 * NS_PER_MS, NS_PER_S, 2 * NS_PER_S)
_CALM_NS: Final = 60 * NS_PER_S
"""Deaths longer ago than this no longer count."""
_REFUSED_NS: Final = 250 * NS_PER_MS
"""What the system would not start is tried again after this."""
_LOOK_NS: Final = 5 * NS_PER_MS
_LAST_WORDS_BYTES: Final = 4096
_HURRIED_NICE: Final = -20


@dataclass(frozen=True, slots=True)
class ChildSpec:
    """One process to keep running.

    Args:
        name: "motion", "conductor", …
        argv: the command, program first.
        log: file that takes what it writes to stdout and stderr.
        pass_fds: descriptors it inherits under the same numbers.
        most_deaths: this many within a minute and it stays down; 0: it is always started again.
        priority: of the real-time class, where permitted; 0 leaves it in the ordinary one (or to itself).
        hurried: it is started before all other programs, where permitted, in the ordinary class.
        stdin_held: its standard input is a pipe that ends with us; otherwise it has none.
        env: variables beside our own.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    pass_fds: tuple[int, ...] = ()
    most_deaths: int = 0
    priority: int = 0
    hurried: bool = False
    stdin_held: bool = False
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Death:
    """A process ended.

    Args:
        status: exit status; negative: the signal that killed it.
        last_words: the last line of its log.
        again_ns: when it is started again; None: not any more.
    """

    name: str
    pid: int
    status: int
    last_words: str
    again_ns: int | None

    @property
    def how(self) -> str:
        """In words."""
        if self.status >= 0:
            return f"ended with status {self.status}"
        try:
            return f"killed by {signal.Signals(-self.status).name}"
        except ValueError:  # most of the real-time signals have no name
            return f"killed by signal {-self.status}"


def _hurry(pid: int) -> None:
    """Let a process go before all others of the ordinary class, as far as is permitted.

    Where the kernel shares cores out by session (sched_autogroup, as on most desktops), niceness counts within one
    only, so the session is given the same.
    """
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, _HURRIED_NICE)
    with contextlib.suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(_HURRIED_NICE), encoding="ascii")


class Child:
    """One process under watch, and its successors."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.starts = 0
        self.again_ns: int | None = None
        self.pidfd = -1
        self._process: subprocess.Popen[bytes] | None = None
        self._deaths_ns: deque[int] = deque()

    @property
    def pid(self) -> int:
        """Its process id; 0 while it is down."""
        return self._process.pid if self._process is not None else 0

    @property
    def running(self) -> bool:
        """Whether it was started and has not been seen to end."""
        return self._process is not None

    def start(self) -> None:
        """Start it by exec, output to its log. Raises: OSError when the system does not let it; then none runs."""
        spec = self.spec
        with spec.log.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - our own program, no shell
                spec.argv,
                stdin=subprocess.PIPE if spec.stdin_held else subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=spec.pass_fds,
                env={**os.environ, **spec.env},
                start_new_session=True,  # a Ctrl-C is ours to hand on, in order
            )
        try:
            self.pidfd = os.pidfd_open(process.pid)
        except OSError:
            with process:  # its end would not be noticed, and the next would be started beside it
                process.kill()
            raise
        self._process = process
        if spec.priority:
            with contextlib.suppress(PermissionError):
                parameters = os.sched_param(spec.priority)
                os.sched_setscheduler(process.pid, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, parameters)
        if spec.hurried:
            _hurry(process.pid)
        self.again_ns = None
        self.starts += 1

    def look(self, at_ns: int, *, restart: bool = True) -> Death | None:
        """Notice its end, and set the time of its next start; None while it runs or is down."""
        if self._process is None or (status := self._process.poll()) is None:
            return None
        pid = self._process.pid
        self._forget()
        deaths = self._deaths_ns
        deaths.append(at_ns)
        while at_ns - deaths[0] > _CALM_NS:
            deaths.popleft()
        given_up = not restart or 0 < self.spec.most_deaths <= len(deaths)
        self.again_ns = None if given_up else at_ns + _BACK_OFF_NS[min(len(deaths), len(_BACK_OFF_NS)) - 1]
        return Death(self.spec.name, pid, status, last_words(self.spec.log), self.again_ns)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal; nothing when it is down."""
        if self._process is not None and self._process.poll() is None:
            signal.pidfd_send_signal(self.pidfd, number)

    def stop(self, grace_ns: int, clock: HostClock) -> int | None:
        """End it with SIGTERM, after `grace_ns` with SIGKILL; returns its exit status, None when it was down."""
        self.again_ns = None
        if self._process is None:
            return None
        self.signal(signal.SIGTERM)
        self.signal(signal.SIGCONT)
        deadline_ns = now_ns() + grace_ns
        while self._process.poll() is None and now_ns() < deadline_ns:
            clock.sleep_until(now_ns() + _LOOK_NS)
        if self._process.poll() is None:
            self.signal(signal.SIGKILL)
        status = self._process.wait()
        self._forget()
        return status

    def _forget(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()
        os.close(self.pidfd)
        self.pidfd, self._process = -1, None


class Processes:
    """All of them, in the order they are started."""

    def __init__(self) -> None:
        self._children: dict[str, Child] = {}
        self._clock = HostClock()
        self._refused: set[str] = set()
        self._refusals: list[str] = []

    def __getitem__(self, name: str) -> Child:
        return self._children[name]

    def __contains__(self, name: str) -> bool:
        return name in self._children

    def start(self, spec: ChildSpec) -> Child:
        """Start one more."""
        child = Child(spec)
        self._children[spec.name] = child
        child.start()
        return child

    def add(self, spec: ChildSpec) -> None:
        """One more that nobody waits for: `tend` starts it, as soon as the system lets it."""
        self._children[spec.name] = child = Child(spec)
        child.again_ns = now_ns()

    def descriptors(self) -> list[int]:
        """Become readable when a process ends."""
        return [child.pidfd for child in self._children.values() if child.pidfd >= 0]

    def next_due_ns(self) -> int | None:
        """When `tend` must be called again though nothing ended."""
        due = [child.again_ns for child in self._children.values() if child.again_ns is not None]
        return min(due, default=None)

    def tend(self, *, final: Sequence[str] = ()) -> list[Death]:
        """Deaths since the last call; starts again what is due.

        Args:
            final: names of processes whose orderly end (status 0) is meant and not undone.
        """
        at_ns = now_ns()
        deaths: list[Death] = []
        for name, child in self._children.items():
            if child.again_ns is not None and at_ns >= child.again_ns:
                self._start_again(child, at_ns)
            death = child.look(at_ns)
            if death is not None:
                if death.status == 0 and name in final:
                    child.again_ns = None
                deaths.append(death)
        return deaths

    def refusals(self) -> list[str]:
        """Which could not be started again since the last call, and why, a sentence each; told once until they are."""
        refusals, self._refusals = self._refusals, []
        return refusals

    def _start_again(self, child: Child, at_ns: int) -> None:
        """What the system refuses now it may grant later: the others go on meanwhile."""
        name = child.spec.name
        try:
            child.start()
        except OSError as problem:
            child.again_ns = at_ns + _REFUSED_NS
            if name not in self._refused:
                self._refused.add(name)
                self._refusals.append(f"{name} cannot be started: {problem.strerror}; it is tried again")
        else:
            self._refused.discard(name)

    def stop(self, names: Sequence[str], grace_ns: int) -> None:
        """End these, one after the other."""
        for name in names:
            if name in self._children:
                self._children[name].stop(grace_ns, self._clock)


def last_words(log: Path) -> str:
    """The last line a process wrote; empty when it wrote none."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _LAST_WORDS_BYTES))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1].strip() if lines else ""
