"""What of a rig's calendar is due next, as `calendar` and `doctor` show it."""

from dataclasses import dataclass
from datetime import UTC, datetime

from cuefocus.desk.wall_clock import at_home, for_a_person, zone_named, zone_said
from cuefocus.rig.calendar import coming
from cuefocus.rig.models import Rig
from cuefocus.timebase.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class ComingRow:
    """One entry.

    Args:
        entry: what it is called. do: the chore.
        due: when next, ISO 8601, UTC. at_home: the same as the clock on the wall shows it.
        ahead: until then, in words.
        late: by how much it may be late.
        zone: the calendar's time zone.
    """

    entry: str
    do: str
    due: str
    at_home: str
    ahead: str
    late: str
    zone: str

    def as_dict(self) -> dict[str, str]:
        """The keys of `calendar --json`."""
        return {"do": self.do, "entry": self.entry, "due": self.due, "at_home": self.at_home, "zone": self.zone}


def calendar_rows(rig: Rig, now: datetime | None = None) -> list[ComingRow]:
    """The next time of every entry, the soonest first.

    Args:
        rig: whose calendar.
        now: the moment; default this one.
    """
    now, zone = now or datetime.now(UTC), zone_named(rig.calendar.timezone)
    return [
        ComingRow(
            one.entry.said,
            one.entry.do,
            one.due.isoformat(),
            at_home(one.due, zone),
            for_a_person(round((one.due - now).total_seconds()) * NS_PER_S),
            for_a_person(one.entry.late_s * NS_PER_S),
            zone_said(zone),
        )
        for one in coming(rig.calendar.kept, now, zone)
    ]
