"""Each trigger once, and in time: one by two ways, one forty times over, and what waited while nobody conducted."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.tell import tell
from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.orders import Order
from cuefocus.timebase.units import NS_PER_MS
from tests.app.beside import own_address
from tests.app.called import SHOW, Desk, called, landed, packet
from tests.app.running import Daemon

pytestmark = pytest.mark.serial
EOS_FIRE = "/eos/out/event/cue/1/12/fire"
CUES = 40
FORTY = (
    SHOW.partition("cues:")[0]
    + "cues:\n"
    + "".join(
        f'  - {{cue: "{number}", camera: B, on: [{{manual: GO}}, {{osc: /desk/{number}}}], to: {to}, pull: 400 ms}}\n'
        for number, to in zip(range(1, CUES + 1), ("ben", "band") * (CUES // 2), strict=True)
    )
)
SLOW = SHOW.replace("to: ben}", "to: ben, pull: 3 s}", 1)


def suppressed(running: Daemon) -> dict[str, Any]:
    return running.until(lambda event: "suppressed" in event)


def of(running: Daemon, kind: str) -> list[dict[str, Any]]:
    return [event for event in running.events if event["event"] == kind]


@contextmanager
def stopped(running: Daemon) -> Iterator[Callable[[int], None]]:
    """The conductor is stopped; how to wait until it has been so for so many ms."""
    pid, since_ns = running.pid("conductor"), now_ns()
    os.kill(pid, signal.SIGSTOP)
    try:
        yield lambda ms: HostClock().sleep_until(since_ns + ms * NS_PER_MS)
    finally:
        os.kill(pid, signal.SIGCONT)


# --- two ways ---


def test_one_go_by_two_networks_fires_one_rack_and_both_are_named(tmp_path: Path) -> None:
    with called(tmp_path) as (running, desk, place):
        other = Desk(place, own_address(12))
        desk.say("/cuefocus/go")
        other.say("/cuefocus/go")
        told = suppressed(running)
        routes = {"osc:127.0.0.1", f"osc:{own_address(12)}"}
        assert (told["suppressed"], {told["route"], told["by"]}) == ("go", routes)
        landed(running, "1")
        desk.say(EOS_FIRE)
        other.say("/cuefocus/cue/2/fire")
        told = suppressed(running)
        assert (told["suppressed"], {told["route"], told["by"]}) == ("2", routes)
        landed(running, "2")
        assert len(of(running, "departure")) == 2
        other.close()
        (kept,) = running.takes.glob("logs/*.dropped.jsonl")
        assert [json.loads(line)["suppressed"] for line in kept.read_text().splitlines()] == ["go", "2"]


def test_one_go_by_osc_and_tell_fires_one_rack(tmp_path: Path) -> None:
    with called(tmp_path) as (running, desk, place):
        assert desk.asks("/cuefocus/go")[0] == 1
        told = tell(running.runtime, Order("go"))
        assert not told.ok
        assert "too soon" in told.text
        assert (suppressed(running)["route"], running.events[-1]["by"]) == ("tell", "osc:127.0.0.1")
        landed(running, "1")
        assert tell(running.runtime, Order("go", "2")).ok
        line = Desk(place, by="tcp")
        assert "fired by tell" in str(line.asks("/cuefocus/cue/2/fire")[1])
        landed(running, "2")
        assert len(of(running, "departure")) == 2
        line.close()


# --- many times ---


def test_one_cue_fired_forty_times_has_forty_rows(tmp_path: Path) -> None:
    """A little more than the repeat guard apart, each by another way than the one before."""
    with called(tmp_path) as (running, desk, place):
        ways = (desk, Desk(place, own_address(12)), Desk(place, by="tcp"))
        begun_ns = now_ns()
        for number in range(CUES):
            HostClock().sleep_until(begun_ns + number * 300 * NS_PER_MS)
            way = ways[number % 3]
            assert way.asks("/cuefocus/cue/3/fire")[0] == 1
        rows = [running.until(lambda event: event["event"] == "landing") for _ in range(CUES)]
        assert {row["cue"] for row in rows} == {"3"}
        assert rows[-1]["verdict"] == "landed", running.told()
        assert {row["verdict"] for row in rows} <= {"landed", "replaced"}, running.told()
        assert len({event["host_ns"] for event in of(running, "departure")}) == CUES
        for way in ways[1:]:
            way.close()


# --- too late ---


@pytest.mark.parametrize("by", ["udp", "tcp"])
def test_what_waited_for_a_stopped_conductor_is_told_and_none_of_it_is_fired(tmp_path: Path, by: str) -> None:
    with called(tmp_path, show=FORTY) as (running, _, place):
        sender = Desk(place, by=by)
        assert sender.asks("/cuefocus/status")[0] == 1
        with stopped(running) as until_ms:
            words = [f"/cuefocus/cue/{number}/fire" for number in range(1, CUES + 1, 2)]
            words += [f"/desk/{number}" for number in range(2, CUES + 1, 2)]
            sender.send(packet("/cuefocus/go"), *(packet(word) for word in words))
            until_ms(1000)
        for word in ("/cuefocus/go", *words[: CUES // 2]):
            done, said = sender.answer_to(word)
            assert done == 0
            assert "expired" in str(said)
        assert sender.asks("/cuefocus/go")[0] == 1, "one that is meant now"
        landed(running, "1")
        assert len([event for event in of(running, "state") if "expired" in event]) == CUES + 1
        assert len(of(running, "departure")) == 1
        assert 1 <= len([event for event in of(running, "alarm") if "expired" in event["text"]]) <= 2
        sender.close()


@pytest.mark.parametrize("by", ["udp", "tcp"])
@pytest.mark.parametrize(("stop", "latch"), [("panic", "PANIC"), ("hold", "HOLD")])
def test_a_stop_among_what_waited_is_obeyed_at_once(tmp_path: Path, stop: str, latch: str, by: str) -> None:
    with called(tmp_path, show=SLOW) as (running, desk, place):
        sender = Desk(place, by=by)
        assert sender.asks("/cuefocus/go")[0] == 1
        running.until(lambda event: event["event"] == "departure")
        with stopped(running) as until_ms:
            sender.send(*(packet("/cuefocus/cue/3/standby") for _ in range(CUES)), packet(EOS_FIRE))
            sender.send(packet(f"/cuefocus/{stop}"))
            until_ms(1000)
            woken_ns = now_ns()
        assert sender.answer_to(f"/cuefocus/{stop}")[0] == 1
        assert now_ns() - woken_ns < 500 * NS_PER_MS
        row = running.until(lambda event: event["event"] == "landing")
        assert (row["cue"], row["verdict"]) == ("1", "held"), running.told()
        assert latch in row["reason"]
        assert f"stopped by {latch}" in str(desk.asks("/cuefocus/status")[1])
        assert len(of(running, "departure")) == 1
        sender.close()


def test_a_word_whose_sender_was_told_that_nobody_answers_is_not_obeyed_later(tmp_path: Path) -> None:
    with called(tmp_path) as (running, desk, _):
        with stopped(running) as until_ms:
            with pytest.raises(DeviceError, match="no answer in time"):
                tell(running.runtime, Order("go", "2"), timeout_ns=200 * NS_PER_MS)
            until_ms(1000)
        told = running.until(lambda event: event["event"] == "alarm" and "given up" in event["text"])
        assert told["text"].startswith("tell go 2 came ")
        assert desk.asks("/cuefocus/go")[0] == 1
        landed(running, "1")
        assert len(of(running, "departure")) == 1
