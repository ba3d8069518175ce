"""A desk that says PANIC while nobody conducts: motion obeys, the desk is answered, and the successor knows of it."""

import os
import signal
from pathlib import Path

import pytest

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.called import SHOW, Desk, called
from tests.app.running import Daemon

pytestmark = pytest.mark.serial
SLOW = SHOW.replace("to: ben}", "to: ben, pull: 3 s}", 1)
OBEYED = "PANIC: motion obeys; the conductor does not answer"
STOPPED = "B.focus is stopped by PANIC; C.focus is stopped by PANIC"


def alarm(running: Daemon, text: str) -> str:
    return str(running.until(lambda event: event["event"] == "alarm" and text in event["text"])["text"])


def panics(running: Daemon, desk: Desk, signal_: signal.Signals) -> None:
    """A slow rack is fired, the conductor gets the signal, and within 50 ms the desk says PANIC; nothing lands."""
    assert desk.asks("/cuefocus/go")[0] == 1
    running.until(lambda event: event["event"] == "departure")
    os.kill(running.pid("conductor"), signal_)
    HostClock().sleep_until(now_ns() + 40 * NS_PER_MS)
    said_ns = now_ns()
    desk.say("/cuefocus/standby", "2")
    assert desk.asks("/cuefocus/panic") == [1, OBEYED]
    assert now_ns() - said_ns < 500 * NS_PER_MS, "before anybody conducts again"
    assert "PANIC: motion obeys" in alarm(running, "the conductor was silent for")
    row = running.until(lambda event: event["event"] == "landing")
    assert (row["cue"], row["verdict"], row["reason"]) == ("1", "held", "PANIC"), running.told()
    running.until(lambda event: event["event"] == "take" and event["state"] == "ended")
    assert STOPPED in str(desk.asks("/cuefocus/status")[1])
    assert desk.asks("/cuefocus/go")[0] == 0
    assert len([event for event in running.events if event["event"] == "departure"]) == 1


def test_panic_just_after_the_conductor_was_killed_stops_the_rack_and_is_answered(tmp_path: Path) -> None:
    with called(tmp_path, show=SLOW) as (running, desk, _):
        panics(running, desk, signal.SIGKILL)
        desk.say("/cuefocus/resume")
        assert desk.answer_to("/cuefocus/resume")[0] == 1


def test_a_resume_that_waited_takes_back_no_panic_that_was_said_after_it(tmp_path: Path) -> None:
    with called(tmp_path, "safety: {stale_ms: 10000}\n", show=SLOW) as (running, desk, _):
        os.kill(running.pid("conductor"), signal.SIGKILL)
        assert desk.asks("/cuefocus/panic") == [1, OBEYED]
        desk.say("/cuefocus/resume")
        assert desk.asks("/cuefocus/panic") == [1, OBEYED]
        said = desk.answer_to("/cuefocus/resume")
        assert said[0] == 0, (said, running.told())
        assert "resume was said before panic, which holds" in str(said[1])
        assert STOPPED in str(desk.asks("/cuefocus/status")[1])
        assert desk.asks("/cuefocus/resume")[0] == 1
        assert STOPPED not in str(desk.asks("/cuefocus/status")[1])


def test_a_conductor_that_hangs_is_replaced_and_panic_does_not_wait_for_that(tmp_path: Path) -> None:
    with called(tmp_path, show=SLOW) as (running, desk, _):
        hung = running.pid("conductor")
        panics(running, desk, signal.SIGSTOP)
        assert running.pid("conductor") != hung
        assert [e["text"] for e in running.events if "has shown no life for" in str(e.get("text"))] == [
            "the conductor has shown no life for 3 s: it is replaced"
        ]


def test_a_successor_that_hangs_before_it_conducts_is_replaced_too(tmp_path: Path) -> None:
    with called(tmp_path, show=SHOW) as (running, desk, _):
        os.kill(first := running.pid("conductor"), signal.SIGKILL)
        alarm(running, "conductor killed by SIGKILL")
        second = running.another("conductor", first)
        os.kill(second, signal.SIGSTOP)
        assert alarm(running, "the conductor has got") == (
            "the conductor has got no further with its start for 10 s: it is replaced"
        )
        until_ns = now_ns() + 10 * NS_PER_S
        while desk.asks("/cuefocus/panic")[1] == OBEYED and now_ns() < until_ns:
            HostClock().sleep_until(now_ns() + 100 * NS_PER_MS)
        assert running.pid("conductor") not in (first, second)
        assert STOPPED in str(desk.asks("/cuefocus/status")[1])


def test_what_is_said_while_nobody_conducts_is_heard_by_the_successor_or_told_to_be_too_old(tmp_path: Path) -> None:
    with called(tmp_path, show=SHOW) as (running, desk, place):
        by_tcp = Desk(place, by="tcp")
        before = running.pid("conductor")
        os.kill(before, signal.SIGKILL)
        by_tcp.close()
        desk.say("/cuefocus/standby", "2")
        late = Desk(place, by="tcp")
        late.say("/cuefocus/status")
        said = desk.answer_to("/cuefocus/standby")
        assert said[0] == 1 or "expired" in str(said[1])
        assert late.answer_to("/cuefocus/status")[0] == 1
        late.close()


def test_a_desk_that_speaks_tcp_sees_at_once_that_its_conductor_died(tmp_path: Path) -> None:
    with called(tmp_path, show=SHOW) as (running, _, place):
        desk = Desk(place, by="tcp")
        assert desk.asks("/cuefocus/status")[0] == 1
        os.kill(running.pid("conductor"), signal.SIGKILL)
        assert desk.is_hung_up_on(0.5), "before anybody conducts again"
        desk.close()
