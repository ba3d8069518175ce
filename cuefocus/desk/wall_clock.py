"""Watches the clock on the wall against the host clock: it is set, and the machine sleeps.

The calendar is all that goes by this clock. CLOCK_MONOTONIC, which racks go by, is never set and stands still while the
machine sleeps; CLOCK_BOOTTIME counts on; CLOCK_REALTIME is whatever it was set to (clock_gettime(2)). NTP's slewing
bends all three alike, so that two of them part only by a step.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from time import CLOCK_BOOTTIME, CLOCK_MONOTONIC, CLOCK_REALTIME, clock_gettime_ns
from typing import Final
from zoneinfo import ZoneInfo

from tzlocal import get_localzone

from cuefocus.timebase.units import NS_PER_S

_STEP_NS: Final = NS_PER_S
_NS_PER_MICROSECOND: Final = 1000


@dataclass(frozen=True, slots=True)
class ThreeClocks:
    """The clocks of one moment, ns.

    Args:
        host_ns: CLOCK_MONOTONIC. boot_ns: CLOCK_BOOTTIME. wall_ns: CLOCK_REALTIME.
    """

    host_ns: int
    boot_ns: int
    wall_ns: int

    @property
    def wall(self) -> datetime:
        """What the clock on the wall shows, UTC."""
        return datetime.fromtimestamp(self.wall_ns // NS_PER_S, UTC).replace(
            microsecond=self.wall_ns % NS_PER_S // _NS_PER_MICROSECOND
        )


@dataclass(frozen=True, slots=True)
class Step:
    """The wall clock went another way than the host clock.

    Args:
        before, now: what it showed when it was last looked at, and shows now (UTC).
        by_ns: by how much it was set, forward or (negative) back; 0 when it was not.
        slept_ns: for how long the machine slept meanwhile.
    """

    before: datetime
    now: datetime
    by_ns: int
    slept_ns: int

    @property
    def back(self) -> bool:
        """Whether it shows again what it has shown before."""
        return self.now < self.before

    @property
    def said(self) -> str:
        """In words."""
        parts = [f"the machine slept for {for_a_person(self.slept_ns)}"] if self.slept_ns else []
        if self.by_ns:
            parts.append(f"the clock was put {'forward' if self.by_ns > 0 else 'back'} by {for_a_person(self.by_ns)}")
        return " and ".join(parts)


def read_clocks() -> ThreeClocks:
    """What the clocks of this machine show now."""
    return ThreeClocks(*(clock_gettime_ns(one) for one in (CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_REALTIME)))


class WallWatch:
    """Notices steps of a second and more.

    Args:
        read: the clocks.
    """

    def __init__(self, read: Callable[[], ThreeClocks] = read_clocks) -> None:
        self._read, self._last = read, read()

    def look(self) -> Step | None:
        """The step since the last look, if there was one."""
        last, now = self._last, self._read()
        self._last = now
        awake_ns, passed_ns = now.host_ns - last.host_ns, now.boot_ns - last.boot_ns
        by_ns, slept_ns = now.wall_ns - last.wall_ns - passed_ns, passed_ns - awake_ns
        by_ns = by_ns if abs(by_ns) >= _STEP_NS else 0
        slept_ns = slept_ns if slept_ns >= _STEP_NS else 0
        return Step(last.wall, now.wall, by_ns, slept_ns) if by_ns or slept_ns else None


def zone_named(name: str | None) -> ZoneInfo:
    """A time zone by its name, or without one the machine's; UTC where the machine's cannot be told."""
    if name is not None:
        return ZoneInfo(name)
    try:
        return get_localzone()
    except (LookupError, ValueError, OSError):
        return ZoneInfo("UTC")


def zone_said(zone: ZoneInfo) -> str:
    """What a time zone is called; the machine's may have no name that can be found."""
    return zone.key if zone.key not in (None, "local") else "the clock of this machine"


def for_a_person(span_ns: int) -> str:
    """A length of time in its two largest units, without its sign: `1 h 0 min`, `12 s`."""
    seconds = round(abs(span_ns) / NS_PER_S)
    for unit, next_unit, size, next_size in (("d", "h", 86_400, 3600), ("h", "min", 3600, 60), ("min", "s", 60, 1)):
        if seconds >= size:
            return f"{seconds // size} {unit} {seconds % size // next_size} {next_unit}"
    return f"{seconds} s"


def at_home(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as the clock on the wall of the zone shows it: `Mon 2026-11-23 19:25 CET`."""
    shown = moment.astimezone(zone)
    return f"{shown:%a %Y-%m-%d %H:%M}{f':{shown:%S}' if shown.second else ''} {shown:%Z}"
