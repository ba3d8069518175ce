"""The calendar by APScheduler on a clock that is ours: late, early, put forward and back, and never the same twice."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from apscheduler.executors.base import BaseExecutor
from apscheduler.executors.debug import DebugExecutor
from apscheduler.executors.pool import ThreadPoolExecutor

from cuefocus.desk import calendar_keeper
from cuefocus.desk.calendar_keeper import PROMPT, SLOW, CalendarKeeper
from cuefocus.desk.kept_calendar import KeptCalendar
from cuefocus.desk.wall_clock import ThreeClocks, WallWatch
from cuefocus.rig.calendar import Entry
from cuefocus.timebase.units import NS_PER_S

VIENNA = ZoneInfo("Europe/Vienna")


class Clocks:
    """This machine's clocks, in our hand; APScheduler reads the wall clock off them."""

    def __init__(self, wall: datetime) -> None:
        self.wall = wall.astimezone(UTC)
        self.host_ns = self.boot_ns = 5_000 * NS_PER_S

    def read(self) -> ThreeClocks:
        return ThreeClocks(self.host_ns, self.boot_ns, round(self.wall.timestamp() * 1e6) * 1000)

    def pass_by(self, seconds: float) -> None:
        self.host_ns += round(seconds * NS_PER_S)
        self.boot_ns += round(seconds * NS_PER_S)
        self.wall += timedelta(seconds=seconds)

    def sleep(self, seconds: float) -> None:
        self.boot_ns += round(seconds * NS_PER_S)
        self.wall += timedelta(seconds=seconds)

    def set(self, by_s: float) -> None:
        self.wall += timedelta(seconds=by_s)


class Endless(BaseExecutor):  # type: ignore[misc]  # APScheduler 3 has no types
    """Begins chores, and comes to no end of any."""

    def _do_submit_job(self, job: object, run_times: object) -> None:
        pass


class House:
    """A calendar, what it has done and what it has said."""

    def __init__(self, folder: Path, clocks: Clocks, *written: dict[str, object]) -> None:
        self.folder, self.clocks = folder, clocks
        self.entries = tuple(Entry.model_validate(fields) for fields in written)
        self.done: list[tuple[str, str]] = []
        self.said: list[str] = []
        self.broken = ""
        self.keeper = self._keeper(DebugExecutor)

    def _keeper(self, executor: Callable[[], BaseExecutor]) -> CalendarKeeper:
        kept = KeptCalendar(self.folder / "calendar.json", since=self.clocks.wall)
        executors = {PROMPT: executor(), SLOW: executor()}
        watch = WallWatch(self.clocks.read)
        return CalendarKeeper(self.entries, VIENNA, kept, self._do, watch=watch, executors=executors)

    def _do(self, entry: Entry) -> None:
        if self.broken:
            raise OSError(self.broken)
        self.done.append((entry.do, f"{self.clocks.wall.astimezone(VIENNA):%m-%d %H:%M}"))

    def turn(self) -> None:
        told = self.keeper.turn()
        assert all(one.alarm for one in told)
        self.said += [one.text for one in told]

    def live(self, hours: float, every_s: float = 20.0) -> None:
        """Time passes, and the desk turns."""
        for _ in range(round(hours * 3600 / every_s)):
            self.clocks.pass_by(every_s)
            self.turn()

    def be_killed_for(self, seconds: float) -> None:
        self.keeper.close()
        self.clocks.pass_by(seconds)
        self.keeper = self._keeper(DebugExecutor)

    def use(self, executor: Callable[[], BaseExecutor]) -> None:
        """Chores are done by these from now on."""
        self.keeper.close()
        self.keeper = self._keeper(executor)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., House]]:
    houses: list[House] = []

    def build(wall: datetime, *written: dict[str, object]) -> House:
        clocks = Clocks(wall)

        class Wall(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]  # a plain datetime will do
                return clocks.wall.astimezone(tz)

        for module in ("apscheduler.schedulers.base", "apscheduler.executors.base", calendar_keeper.__name__):
            monkeypatch.setattr(f"{module}.datetime", Wall)
        houses.append(House(tmp_path, clocks, *written))
        return houses[-1]

    yield build
    for each in houses:
        each.keeper.close()


REMIND = {"do": "remind", "at": "19:25", "text": "lens caps"}
CHECK = {"do": "check", "at": "19:25"}


def test_what_is_due_is_done_at_its_time_every_day(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 18, tzinfo=VIENNA), CHECK)
    kept.live(49)
    assert kept.done == [("check", "11-22 19:25"), ("check", "11-23 19:25")]
    assert kept.said == []


def test_in_spring_it_runs_at_half_past_three_and_in_autumn_once(house: Callable[..., House]) -> None:
    night = {"do": "self-test", "at": "02:30"}
    spring = house(datetime(2027, 3, 27, 20, tzinfo=VIENNA), night)
    spring.live(36)
    assert spring.done == [("self-test", "03-28 03:30"), ("self-test", "03-29 02:30")]
    (spring.folder / "calendar.json").unlink()
    autumn = house(datetime(2027, 10, 30, 20, tzinfo=VIENNA), night)
    autumn.live(36)
    assert autumn.done == [("self-test", "10-31 02:30"), ("self-test", "11-01 02:30")]


def test_a_desk_that_stood_still_does_late_what_is_worth_it_and_names_the_rest(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, 24, tzinfo=VIENNA), CHECK, REMIND)
    kept.clocks.pass_by(30 * 60)
    kept.turn()
    assert kept.done == [("check", "11-22 19:54")]
    [said] = kept.said
    assert said.startswith("remind at 19:25 (lens caps) was missed: due Sun 2026-11-22 19:25 CET, 29 min 0 s ago")
    kept.live(1)
    assert len(kept.done) == 1


def test_what_was_missed_for_days_is_done_once(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, tzinfo=VIENNA), CHECK)
    kept.clocks.pass_by(3 * 86_400 + 3600)
    kept.turn()
    kept.turn()
    assert kept.done == [("check", "11-25 20:00")]


def test_a_clock_put_forward_is_said_and_what_lay_between_is_judged(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, tzinfo=VIENNA), CHECK, REMIND, {"do": "disarm", "at": "23:00"})
    kept.turn()
    kept.clocks.set(+3600)
    kept.turn()
    step, missed = kept.said
    assert step.startswith(
        "the clock was put forward by 1 h 0 min; it is Sun 2026-11-22 20:00 CET: between lay check at"
    )
    assert "next disarm at 23:00 on Sun 2026-11-22 23:00 CET" in step
    assert missed.startswith("remind at 19:25 (lens caps) was missed")
    assert kept.done == [("check", "11-22 20:00")]


def test_a_clock_put_back_does_nothing_twice(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, tzinfo=VIENNA), CHECK, REMIND)
    kept.live(0.75)
    assert len(kept.done) == 2
    kept.clocks.set(-3600)
    kept.live(2)
    assert len(kept.done) == 2
    [said] = kept.said
    assert said.startswith("the clock was put back by 1 h 0 min; it is Sun 2026-11-22 18:45")
    assert "what was done is not done again" in said
    kept.live(24)
    assert [when for _, when in kept.done[2:]] == ["11-23 19:25", "11-23 19:25"]


def test_a_wrong_clock_put_right_does_what_it_had_skipped(house: Callable[..., House]) -> None:
    """Set forward by mistake over a reminder and back again: its true time is still to come."""
    kept = house(datetime(2026, 11, 22, 19, tzinfo=VIENNA), CHECK, REMIND)
    kept.turn()
    kept.clocks.set(+3600)
    kept.turn()
    kept.clocks.set(-3600)
    kept.live(1)
    assert kept.done == [("check", "11-22 20:00"), ("remind", "11-22 19:25")]


def test_a_clock_that_began_a_day_ahead_keeps_the_day_that_is(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 23, 19, 30, tzinfo=VIENNA), CHECK)
    kept.turn()
    kept.clocks.set(-86_400 - 1800)
    kept.live(1)
    assert kept.done == [("check", "11-22 19:25")]


def test_slewing_is_no_step(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, tzinfo=VIENNA), CHECK)
    for _ in range(50):
        kept.clocks.set(+0.02)
        kept.live(0.01)
    assert kept.said == []


def test_a_machine_that_slept_says_so(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 22, tzinfo=VIENNA), {"do": "disarm", "at": "23:00"})
    kept.turn()
    kept.clocks.sleep(2 * 3600)
    kept.turn()
    slept, missed = kept.said
    assert slept.startswith(
        "the machine slept for 2 h 0 min; it is Mon 2026-11-23 00:00 CET: between lay disarm at 23:00"
    )
    assert missed.startswith("disarm at 23:00 was missed"), "an hour later another take may be armed"
    assert kept.done == []


def test_a_killed_desk_goes_on_with_the_calendar(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, 24, tzinfo=VIENNA), CHECK, REMIND)
    kept.turn()
    kept.be_killed_for(70)  # over 19:25
    kept.turn()
    assert [what for what, _ in kept.done] == ["check", "remind"]
    kept.be_killed_for(1)
    kept.live(0.5)
    assert len(kept.done) == 2
    kept.be_killed_for(86_400)
    kept.turn()
    assert [what for what, _ in kept.done[2:]] == ["check"]
    assert "remind at 19:25 (lens caps) was missed" in kept.said[-1]
    kept.be_killed_for(1)
    kept.turn()
    assert len(kept.said) == 1, "told once, not again by every successor"


def test_what_was_under_way_when_the_desk_died_is_judged_like_what_is_late(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, 20, tzinfo=VIENNA), CHECK, REMIND)
    kept.use(Endless)
    kept.live(0.2)
    assert kept.done == []
    kept.be_killed_for(60.0)
    kept.live(0.2)
    assert kept.done == [("check", "11-22 19:33")]
    (missed,) = kept.said
    assert missed.startswith("remind at 19:25 (lens caps) was missed: due Sun 2026-11-22 19:25 CET, 8 min 20 s ago")
    kept.be_killed_for(5.0)
    kept.live(0.2)
    assert kept.done == [("check", "11-22 19:33")]


def test_a_desk_that_ends_in_order_has_done_what_it_waited_for(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, 24, 50, tzinfo=VIENNA), CHECK)
    kept.use(lambda: ThreadPoolExecutor(1))
    kept.live(20 / 3600)
    kept.be_killed_for(5.0)
    kept.live(0.2)
    assert kept.done == [("check", "11-22 19:25")]


def test_what_is_under_way_is_not_begun_again_where_the_clock_is_put_back(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, 20, tzinfo=VIENNA), CHECK)
    kept.use(Endless)
    kept.live(0.2)
    kept.clocks.set(-3600.0)
    kept.live(1.5)
    assert len(kept.said) == 1
    assert "what was done is not done again" in kept.said[0]


def test_a_torn_note_of_what_was_done_is_begun_anew(house: Callable[..., House], tmp_path: Path) -> None:
    (tmp_path / "calendar.json").write_text('{"since": "2026-')
    kept = house(datetime(2026, 11, 22, 19, tzinfo=VIENNA), CHECK)
    kept.live(1)
    assert len(kept.done) == 1


def test_a_chore_that_breaks_is_named_and_tried_the_next_day(house: Callable[..., House]) -> None:
    kept = house(datetime(2026, 11, 22, 19, tzinfo=VIENNA), CHECK)
    kept.broken = "no such disk"
    kept.live(1)
    assert kept.said == ["check at 19:25 failed: no such disk"]
    kept.broken = ""
    kept.live(24)
    assert kept.done == [("check", "11-23 19:25")]
