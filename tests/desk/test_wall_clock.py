"""The clock on the wall: what is a step of it, what is sleep, and how both are said."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest

from cuefocus.desk import wall_clock
from cuefocus.desk.wall_clock import Step, ThreeClocks, WallWatch, at_home, for_a_person, read_clocks, zone_named
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

NOON_NS = 1_795_348_800 * NS_PER_S


def _looked(*clocks: tuple[float, float, float]) -> list[Step | None]:
    """Host, boot and wall seconds since the start, look by look."""
    read = iter(
        ThreeClocks(round(h * NS_PER_S), round(b * NS_PER_S), NOON_NS + round(w * NS_PER_S)) for h, b, w in clocks
    )
    watch = WallWatch(lambda: next(read))
    return [watch.look() for _ in clocks[1:]]


def test_time_that_passes_is_no_step() -> None:
    assert _looked((0, 0, 0), (0.2, 0.2, 0.2), (4000.0, 4000.0, 4000.4)) == [None, None]


def test_steps_and_sleep_are_told_apart() -> None:
    forward, slept, both = _looked((0, 0, 0), (1, 1, 3601), (2, 602, 4202), (3, 663, 3263))
    assert forward is not None
    assert (forward.by_ns, forward.slept_ns, forward.back) == (3600 * NS_PER_S, 0, False)
    assert slept is not None
    assert (slept.by_ns, slept.slept_ns) == (0, 600 * NS_PER_S)
    assert both is not None
    assert both.back
    assert both.said == "the machine slept for 1 min 0 s and the clock was put back by 16 min 40 s"


def test_the_clocks_of_this_machine_are_read() -> None:
    clocks = read_clocks()
    assert clocks.boot_ns >= clocks.host_ns
    assert abs((clocks.wall - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(
    ("span_s", "said"),
    [(0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (-3600, "1 h 0 min"), (5400.6, "1 h 30 min"), (200_000, "2 d 7 h")],
)
def test_lengths_of_time_are_said_in_two_units(span_s: float, said: str) -> None:
    assert for_a_person(round(span_s * 1000) * NS_PER_MS) == said


def test_a_moment_is_said_as_the_wall_shows_it() -> None:
    summer = datetime(2027, 7, 1, 17, 25, 30, tzinfo=UTC)
    assert at_home(summer, ZoneInfo("Europe/Vienna")) == "Thu 2027-07-01 19:25:30 CEST"


def test_a_machine_without_a_zone_keeps_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    def lost() -> ZoneInfo:
        raise ZoneInfoNotFoundError("no such zone")

    monkeypatch.setattr(wall_clock, "get_localzone", lost)
    assert zone_named(None).key == "UTC"
    assert zone_named("Europe/Vienna").key == "Europe/Vienna"
