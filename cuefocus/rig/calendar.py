"""The calendar of a rig: chores by the time of day, and when each is due. Never a rack, and nothing that arms."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import BeforeValidator, Field

from cuefocus.files.strict import Finding, Name, Strict, Text, one_or_many
from cuefocus.files.text_value import BadText, Written
from cuefocus.files.validate import did_you_mean

Chore = Literal["preload", "check", "remind", "disarm", "self-test", "backup"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

LATE_S: Final[dict[Chore, int]] = {
    "preload": 3600, "check": 3600, "self-test": 3600, "backup": 3600,
    "remind": 60, "disarm": 60,
}  # fmt: skip
"""By so much a chore may be late and is worth doing. What is meant for a moment on stage is not, an hour later."""
_WITH_SHOW: Final[tuple[Chore, ...]] = ("check",)
_CLOCK: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::([0-9]{2}))?")


@dataclass(frozen=True, slots=True)
class TimeOfDay(Written):
    """A time on the clock on the wall: `19:25` or `19:25:30`."""

    at: time

    expects = "a time of day such as 19:25"
    examples = ("19:25", "04:00", "23:00:30")

    @classmethod
    def parse(cls, text: str) -> Self:
        """A time as written, of 24 hours. Raises: BadText."""
        match = _CLOCK.fullmatch(text.strip())
        if match is None:
            raise BadText(f"{text!r} is not a time of day", "write hours and minutes such as 19:25")
        hour, minute, second = int(match[1]), int(match[2]), int(match[3] or 0)
        if hour > 23 or minute > 59 or second > 59:
            raise BadText(f"{text!r} is on no clock", "a day goes from 00:00 to 23:59:59")
        return cls(time(hour, minute, second), text=text.strip())


def _some_days(value: object) -> object:
    if value in ([], ()):
        raise BadText("there is no day in it, so this is never done", "name days, or leave `days` out for every day")
    return one_or_many(value)


class Entry(Strict):
    """One chore, done every day or on some."""

    do: Chore
    at: TimeOfDay = Field(description="by the clock on the wall, in the calendar's time zone")
    days: Annotated[tuple[Weekday, ...], BeforeValidator(_some_days)] = Field(WEEKDAYS, min_length=1)
    text: Text = Field("", description="what `remind` says")
    show: Name | None = Field(
        None, description="for `check`: another show file than the one that runs, from the rig file's folder"
    )

    @property
    def late_s(self) -> int:
        """By so many seconds it may be late; what is later is not done but told."""
        return LATE_S[self.do]

    @property
    def said(self) -> str:
        """What it is called when it is spoken of."""
        about = f" ({self.text})" if self.text else f" of {self.show}" if self.show else ""
        return f"{self.do} at {self.at}{about}"

    def due_on(self, day: date, zone: ZoneInfo) -> datetime | None:
        """The moment it is due on that date, in UTC; None on a day without it.

        A time that the day skips when clocks are put forward is the moment it would have been without that: 02:30
        becomes 03:30. Of a time that comes twice when they are put back, the first is meant. So it is once a date.
        """
        if WEEKDAYS[day.weekday()] not in self.days:
            return None
        return datetime.combine(day, self.at.at, tzinfo=zone).astimezone(UTC)

    def due_after(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every moment it is due after `moment`, in UTC, in order, without end."""
        day = moment.astimezone(zone).date() - timedelta(days=1)
        while True:
            due = self.due_on(day, zone)
            if due is not None and due > moment:
                yield due
            day += timedelta(days=1)


BACKUP: Final = Entry(do="backup", at=TimeOfDay.parse("04:00"))
"""Kept unless the rig says when."""


class Calendar(Strict):
    """Chores by the time of day."""

    timezone: Name | None = Field(None, description="such as Europe/Vienna; default the machine's")
    entries: tuple[Entry, ...] = ()

    @property
    def kept(self) -> tuple[Entry, ...]:
        """The entries, and the nightly backup where they have none."""
        return self.entries if any(entry.do == "backup" for entry in self.entries) else (*self.entries, BACKUP)

    def complaints(self) -> Iterator[Finding]:
        """What no single field can see."""
        if self.timezone is not None and (problem := zone_problem(self.timezone)) is not None:
            yield ("timezone",), "error", *problem
        for index, entry in enumerate(self.entries):
            here = ("entries", index)
            if entry.do == "remind" and not entry.text.strip():
                yield here, "error", "a reminder without words", "write text: what is to be remembered"
            if entry.do != "remind" and entry.text:
                hint = "take it out; `do: remind` is an entry of its own"
                yield (*here, "text"), "error", f"`{entry.do}` says nothing of yours", hint
            if entry.show is not None and entry.do not in _WITH_SHOW:
                yield (*here, "show"), "error", f"`{entry.do}` is about no show file", "take it out"
            twice = [day for day in WEEKDAYS if entry.days.count(day) > 1]
            if twice:
                yield (*here, "days"), "warning", f"{' and '.join(twice)} stands here more than once", "once is enough"
            same = [other for other in self.entries[:index] if _same(entry, other)]
            if same:
                yield here, "warning", f"{entry.said} is written twice", "keep one"


def zone_problem(name: str) -> tuple[str, str] | None:
    """What is wrong with the name of a time zone, and what to write; None for one there is."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        zones = available_timezones()
        if not zones:
            return "this machine knows no time zones", "install the system package tzdata, or leave `timezone` out"
        hint = did_you_mean(name, zones) or "write a name such as Europe/Vienna"
        return f"no time zone {name!r}", hint
    return None


@dataclass(frozen=True, slots=True)
class Coming:
    """A chore and a moment at which it is due (UTC)."""

    entry: Entry
    due: datetime


def in_order(found: Iterable[Coming]) -> list[Coming]:
    """The soonest first; what is due at once as it is written."""
    return sorted(found, key=lambda one: one.due)


def coming(entries: Iterable[Entry], moment: datetime, zone: ZoneInfo) -> list[Coming]:
    """When each entry is due next, the soonest first."""
    return in_order(Coming(entry, next(entry.due_after(moment, zone))) for entry in entries)


def _same(one: Entry, other: Entry) -> bool:
    alike = (one.do, one.at.at, one.text, one.show) == (other.do, other.at.at, other.text, other.show)
    return alike and bool(set(one.days) & set(other.days))
