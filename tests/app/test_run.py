"""The whole daemon in real processes: it lands racks, and goes on when one of its processes is killed or stopped."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.replay import replay
from cuefocus.app.tell import tell
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.ledger_file import read_ledger
from cuefocus.shells.orders import Order
from cuefocus.takes.opening import open_store
from cuefocus.timebase.units import NS_PER_MS
from tests.app.running import CUES, SOUND_S, Daemon, assert_all_land, daemon

pytestmark = [pytest.mark.serial, pytest.mark.timeout(90)]


def _opened(running: Daemon) -> int:
    """Host time of sample 0."""
    event = running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
    return int(event["host_ns"])


def _is(kind: str, **fields: object) -> Any:
    return lambda event: event["event"] == kind and all(event.get(key) == value for key, value in fields.items())


def test_racks_land_and_a_killed_desk_costs_none_of_them(tmp_path: Path) -> None:
    with daemon(tmp_path, strict=True) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.6, origin_ns)
        desk = running.pid("desk")
        os.kill(desk, signal.SIGKILL)
        running.another("desk", desk)
        assert_all_land(running)
    [ledger] = running.takes.glob("ledger.jsonl")
    kept = [line.row for line in read_ledger(ledger)]
    with open_store(running.takes / "takes.db") as store:
        assert store.rows() == [{**line.row, "show": line.show} for line in read_ledger(ledger)]
        assert {row["show"] for row in store.rows()} == {"Small (show.yaml)"}
    assert len(kept) == len(CUES)
    [journal] = running.takes.glob("*.journal")
    assert [row.as_dict() for row in replay(journal).rows] == kept


def test_a_killed_conductor_comes_back_into_the_same_take_and_moves_nothing(tmp_path: Path) -> None:
    with daemon(tmp_path) as running:
        origin_ns = _opened(running)
        running.at_show_s(1.0, origin_ns)
        understudy = running.pid("understudy")
        os.kill(understudy, signal.SIGKILL)  # nothing rests on it; its successor goes on with its sheets
        running.another("understudy", understudy)
        running.at_show_s(3.6, origin_ns)  # B2 is in mid-rack
        conductor = running.pid("conductor")
        os.kill(conductor, signal.SIGKILL)
        successor = running.another("conductor", conductor)
        assert os.sched_getscheduler(successor) == os.SCHED_OTHER, "serial ports and network wait for no interpreter"
        assert running.end() == 0, running.told()
    rows = running.landings()
    assert {row["take"] for row in rows.values()} == {1}
    assert {row["pass"] for row in rows.values()} == {1}, running.told()
    in_flight_and_later = ("B1", "C1", "B2", "B3", "C3")  # C2 departs while nobody conducts: nothing new does
    assert {rows[cue]["verdict"] for cue in in_flight_and_later} == {"landed"}, running.told()
    ledger = [line.row["cue"] for line in read_ledger(running.takes / "ledger.jsonl")]
    assert sorted(ledger) == sorted(CUES)
    [journal] = running.takes.glob("*.journal")
    assert sorted(row.cue for row in replay(journal).rows) == sorted(CUES)
    [log] = running.takes.glob("logs/*.conductor.log")
    assert "after a checkpoint at step" in log.read_text()


def test_motion_that_was_killed_moves_nothing_until_it_is_engaged(tmp_path: Path) -> None:
    with daemon(tmp_path) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.6, origin_ns)
        motion = running.pid("motion")
        os.kill(motion, signal.SIGKILL)
        running.another("motion", motion)
        state = running.until(lambda event: event["event"] == "state" and event.get("engaged") == [])
        assert state["armed"], running.told()
        running.at_show_s(4.9, origin_ns)
        answer = tell(running.runtime, Order("engage"))
        assert answer.ok, answer.text
        running.until(lambda event: event["event"] == "state" and len(event.get("engaged", ())) == 2)
        assert running.end() == 0, running.told()
    rows = running.landings()
    assert rows["B2"]["verdict"] == "missed", running.told()
    assert rows["B3"]["verdict"] == "landed", running.told()
    assert rows["C3"]["verdict"] == "landed", running.told()


def test_motion_that_was_stopped_says_so_and_the_later_racks_land(tmp_path: Path) -> None:
    with daemon(tmp_path) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.9, origin_ns)  # B2 and C2 are in mid-rack
        motion = running.pid("motion")
        os.kill(motion, signal.SIGSTOP)
        running.until(lambda event: event["event"] == "alarm" and "motion does not answer" in event["text"])
        running.at_show_s(5.4, origin_ns)
        os.kill(motion, signal.SIGCONT)
        alarm = running.until(lambda event: event["event"] == "alarm" and "motion stood still" in event["text"])
        assert running.end() == 0, running.told()
    assert 1200 <= alarm["stood_still_ms"] < 3000
    assert alarm["axes"] == ["B.focus", "C.focus"]
    rows = running.landings()
    for cue in ("B2", "C2"):
        assert rows[cue]["verdict"] == "missed", running.told()
        assert rows[cue]["reason"].startswith("motion stood still for 1."), running.told()
    assert {rows[cue]["verdict"] for cue in ("B1", "C1", "B3", "C3")} == {"landed"}, running.told()
    [journal] = running.takes.glob("*.journal")
    assert {row.cue: row.as_dict() for row in replay(journal).rows} == {
        cue: {key: value for key, value in row.items() if key not in ("event", "host_ns")} for cue, row in rows.items()
    }


def test_a_machine_that_was_paused_misses_what_it_slept_over_and_goes_on(tmp_path: Path) -> None:
    """Motion and conductor stand still together: what the one plans on waking, the other must not rush to."""
    with daemon(tmp_path) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.9, origin_ns)  # B2 and C2 are in mid-rack
        both = [running.pid(name) for name in ("motion", "conductor")]
        for pid in both:
            os.kill(pid, signal.SIGSTOP)
        running.at_show_s(4.5, origin_ns)
        for pid in reversed(both):
            os.kill(pid, signal.SIGCONT)
        running.until(lambda event: event["event"] == "alarm" and "motion stood still" in event["text"])
        assert running.end() == 0, running.told()
    rows = running.landings()
    for cue in ("B2", "C2"):
        assert rows[cue]["verdict"] == "missed", running.told()
        assert "motion stood still for" in rows[cue]["reason"], running.told()
    assert {rows[cue]["verdict"] for cue in ("B1", "C1", "B3", "C3")} == {"landed"}, running.told()


def test_panic_is_obeyed_while_the_conductor_is_stopped(tmp_path: Path) -> None:
    with daemon(tmp_path) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.4, origin_ns)
        conductor = running.pid("conductor")
        os.kill(conductor, signal.SIGSTOP)
        asked_ns = now_ns()
        answer = tell(running.runtime, Order("panic"), timeout_ns=200 * NS_PER_MS)
        assert answer.ok, answer.text
        assert "conductor does not answer" in answer.text
        motion = tell(running.runtime, Order("hold"), timeout_ns=200 * NS_PER_MS)
        assert motion.ok
        assert now_ns() - asked_ns < 2000 * NS_PER_MS
        os.kill(conductor, signal.SIGCONT)
        running.until(_is("take", state="ended"))
        running.process.send_signal(signal.SIGINT)
        assert running.end() == 0, running.told()
    rows = running.landings()
    assert rows["B2"]["verdict"] == "held", running.told()
    assert not [row for row in rows.values() if row["verdict"] == "landed" and row["cue"] in ("B2", "B3", "C3")]


def test_an_orderly_stop_ends_the_take_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with daemon(tmp_path, takes=0) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.4, origin_ns)
        children = [running.pid(name) for name in ("conductor", "motion", "desk", "understudy", "sims")]
        running.process.send_signal(signal.SIGTERM)
        assert running.end() == 0, running.told()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert not list(Path(running.environ["XDG_RUNTIME_DIR"]).glob("cuefocus/*"))
    assert running.landings()["B1"]["verdict"] == "landed"


def test_two_takes_follow_one_another(tmp_path: Path) -> None:
    with daemon(tmp_path, takes=2, strict=True) as running:
        assert running.end(60.0) == 0, running.told()
    rows = [event for event in running.events if event["event"] == "landing"]
    assert sorted((row["take"], row["cue"]) for row in rows) == sorted((take, cue) for take in (1, 2) for cue in CUES)


def test_when_run_is_killed_the_others_finish_what_is_under_way_and_leave(tmp_path: Path) -> None:
    with daemon(tmp_path) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.6, origin_ns)
        children = [running.pid(name) for name in ("conductor", "motion", "desk", "understudy", "sims")]
        running.process.kill()
        running.process.wait()
        until_ns = now_ns() + 40_000 * NS_PER_MS
        clock = HostClock()
        while (left := [pid for pid in children if _alive(pid)]) and now_ns() < until_ns:
            clock.sleep_until(now_ns() + 50 * NS_PER_MS)
        assert left == []
    assert [line.row["cue"] for line in read_ledger(running.takes / "ledger.jsonl")][:2]


def _alive(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def test_a_damaged_journal_does_not_keep_a_conductor_from_coming_back(tmp_path: Path) -> None:
    with daemon(tmp_path) as running:
        origin_ns = _opened(running)
        running.at_show_s(2.6, origin_ns)
        [journal] = running.takes.glob("*.journal")
        conductor = running.pid("conductor")
        os.kill(conductor, signal.SIGKILL)
        with journal.open("ab") as file:
            file.write(b"no step\n")
        running.until(lambda event: event["event"] == "alarm" and "afresh" in event["text"])
        told = len(running.events)
        running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
        assert tell(running.runtime, Order("status")).data["engaged"] == []
        assert tell(running.runtime, Order("arm")).ok
        assert tell(running.runtime, Order("engage")).ok
        assert running.end() == 0, running.told()
    assert [event["state"] for event in running.events[told:] if event["event"] == "take"] == ["begins", "ended"]
    assert running.landings()["B3"]["verdict"] == "landed", running.told()
    assert len(list(running.takes.glob("*.journal"))) == 2


def test_panic_holds_after_the_sound_is_over_and_the_take_can_be_had_again(tmp_path: Path) -> None:
    with daemon(tmp_path, takes=1) as running:
        origin_ns = _opened(running)
        running.at_show_s(3.6, origin_ns)  # B2 is in mid-rack
        assert tell(running.runtime, Order("panic")).ok
        running.until(_is("take", state="ended", reason="PANIC"))
        running.at_show_s(SOUND_S + 2.0, origin_ns)  # the sound ended two seconds ago, and two more have passed
        assert running.process.poll() is None, running.told()
        for verb in ("resume", "arm", "engage"):
            answer = tell(running.runtime, Order(verb))
            assert answer.ok, answer.text
        running.until(_is("take", state="begins", take=2))
        assert running.end(60.0) == 0, running.told()
    rows = [event for event in running.events if event["event"] == "landing"]
    assert {row["verdict"] for row in rows if row["take"] == 1 and row["cue"] in ("B2", "C2")} == {"held"}
    assert {row["cue"]: row["verdict"] for row in rows if row["take"] == 2} == dict.fromkeys(CUES, "landed")
