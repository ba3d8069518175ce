"""Processes are kept running, with back-off, and end when asked."""

import errno
import os
import resource
import select
import signal
import sys
from pathlib import Path

import pytest

from cuefocus.app.processes import ChildSpec, Death, Processes
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.test_osc_desk import out_of_descriptors

_STAY = "import signal; signal.pause()"


def _spec(tmp_path: Path, code: str, **more: object) -> ChildSpec:
    return ChildSpec("child", (sys.executable, "-c", code), tmp_path / "child.log", **more)  # type: ignore[arg-type]


def _until_dead(processes: Processes) -> None:
    assert select.select(processes.descriptors(), [], [], 10.0)[0]


@pytest.mark.serial
def test_a_killed_process_is_noticed_by_descriptor_and_started_again(tmp_path: Path) -> None:
    processes = Processes()
    child = processes.start(_spec(tmp_path, _STAY))
    first = child.pid
    child.signal(signal.SIGKILL)
    _until_dead(processes)
    [death] = processes.tend()
    assert (death.pid, death.how) == (first, "killed by SIGKILL")
    assert death.again_ns is not None
    HostClock().sleep_until(death.again_ns)
    processes.tend()
    assert child.running
    assert child.pid != first
    processes.stop(["child"], NS_PER_S)


@pytest.mark.parametrize(
    ("status", "how"),
    [
        (3, "ended with status 3"),
        (-signal.SIGRTMIN, "killed by SIGRTMIN"),
        (-signal.SIGRTMIN - 1, f"killed by signal {signal.SIGRTMIN + 1}"),
    ],
)
def test_how_it_ended_is_said_in_words(status: int, how: str) -> None:
    assert Death("child", 1, status, "", None).how == how


@pytest.mark.serial
def test_one_that_cannot_be_started_again_just_now_is_told_once_and_tried_again(tmp_path: Path) -> None:
    processes = Processes()
    child = processes.start(_spec(tmp_path, _STAY))
    child.signal(signal.SIGKILL)
    _until_dead(processes)
    [death] = processes.tend()
    assert death.again_ns is not None
    with out_of_descriptors():
        for _ in range(2):
            due_ns = processes.next_due_ns()
            assert due_ns is not None
            HostClock().sleep_until(due_ns)
            assert processes.tend() == []
    [told] = processes.refusals()
    assert told == "child cannot be started: Too many open files; it is tried again"
    assert processes.refusals() == []
    due_ns = processes.next_due_ns()
    assert due_ns is not None
    HostClock().sleep_until(due_ns)
    processes.tend()
    assert child.running
    processes.stop(["child"], NS_PER_S)


def test_one_whose_end_could_not_be_noticed_is_not_left_running(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or the next would be started beside it, and two would move the same motors."""
    begun: list[int] = []

    def refuses(pid: int, flags: int = 0) -> int:
        begun.append(pid)
        raise OSError(errno.ENFILE, os.strerror(errno.ENFILE))

    processes, pidfd_open = Processes(), os.pidfd_open
    processes.add(_spec(tmp_path, _STAY))
    monkeypatch.setattr(os, "pidfd_open", refuses)
    assert processes.tend() == []
    assert not processes["child"].running
    with pytest.raises(ProcessLookupError):
        pidfd_open(begun[0])
    assert processes.refusals() == ["child cannot be started: Too many open files in system; it is tried again"]


def _may_hurry() -> bool:
    soft, _ = resource.getrlimit(resource.RLIMIT_NICE)
    return os.geteuid() == 0 or soft in (40, resource.RLIM_INFINITY)


@pytest.mark.serial
@pytest.mark.skipif(not _may_hurry(), reason="this user may not raise the priority of a process (RLIMIT_NICE)")
def test_a_hurried_process_goes_before_all_others_but_not_before_the_kernel(tmp_path: Path) -> None:
    processes = Processes()
    child = processes.start(_spec(tmp_path, _STAY, hurried=True))
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == -20
    assert os.sched_getscheduler(child.pid) == os.SCHED_OTHER
    session = Path(f"/proc/{child.pid}/autogroup")  # nothing to read where sessions do not count
    if session.exists() and (told := session.read_text()):
        assert told.endswith(" nice -20\n")
    processes.stop(["child"], NS_PER_S)


@pytest.mark.serial
def test_each_death_in_a_row_waits_longer_and_the_last_words_are_kept(tmp_path: Path) -> None:
    processes = Processes()
    processes.start(_spec(tmp_path, "import sys; sys.exit('no such port; plug it in')", most_deaths=3))
    waits_ns = []
    for _ in range(3):
        _until_dead(processes)
        [death] = processes.tend()
        assert death.last_words == "no such port; plug it in"
        if death.again_ns is not None:
            waits_ns.append(death.again_ns - now_ns())
            HostClock().sleep_until(death.again_ns)
            processes.tend()
    assert len(waits_ns) == 2
    assert waits_ns[0] < 50 * NS_PER_MS < waits_ns[1]
    assert processes.next_due_ns() is None
    assert not processes["child"].running


@pytest.mark.serial
def test_an_end_that_was_meant_is_not_undone(tmp_path: Path) -> None:
    processes = Processes()
    processes.start(_spec(tmp_path, "pass"))
    _until_dead(processes)
    [death] = processes.tend(final=["child"])
    assert death.status == 0
    assert processes.next_due_ns() is None


@pytest.mark.serial
def test_a_stopped_or_deaf_process_still_ends(tmp_path: Path) -> None:
    processes = Processes()
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    child = processes.start(_spec(tmp_path, deaf))
    while b"up" not in (tmp_path / "child.log").read_bytes():
        HostClock().sleep_until(now_ns() + NS_PER_MS)
    os.kill(child.pid, signal.SIGSTOP)
    assert child.stop(200 * NS_PER_MS, HostClock()) == -signal.SIGKILL
