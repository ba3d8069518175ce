"""The calendar of a rig: every mistake at its place, and each entry due once a date whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.rig.calendar import BACKUP, WEEKDAYS, Entry, coming
from cuefocus.rig.loader import RigRefused, parse_rig
from tests.rig.test_rig import RIG

VIENNA = ZoneInfo("Europe/Vienna")
ZONES = ("Europe/Vienna", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Apia", "UTC")


def _entry(at: str, *days: str) -> Entry:
    fields = {"do": "check", "at": at, **({"days": list(days)} if days else {})}
    return Entry.model_validate(fields)


def _dues(entry: Entry, after: datetime, many: int) -> list[str]:
    return [f"{due.astimezone(VIENNA):%m-%d %H:%M %Z}" for due in islice(entry.due_after(after, VIENNA), many)]


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        ('- {do: arm, at: "19:25"}', "r.yaml:24:12: calendar.entries.0.do: 'arm' is not one of preload, check, remind"),
        ('- {do: check, at: "24:00"}', "r.yaml:24:23: calendar.entries.0.at: '24:00' is on no clock; a day goes from"),
        ("- {do: check, at: 7pm}", "calendar.entries.0.at: '7pm' is not a time of day; write hours and minutes"),
        (
            '- {do: check, at: "7:00", days: [mon, fry]}',
            "days.1: 'fry' is not one of mon, tue, wed, thu, fri, sat, sun",
        ),
        ('- {do: remind, at: "7:00"}', "r.yaml:24:7: calendar.entries.0: a reminder without words; write text:"),
        ('- {do: disarm, at: "7:00", text: now}', "entries.0.text: `disarm` says nothing of yours; take it out"),
        ('- {do: backup, at: "7:00", show: s.yaml}', "entries.0.show: `backup` is about no show file; take it out"),
        ('- {do: check, at: "7:00", late: 3 s}', "entries.0.late: unknown key 'late'"),
    ],
)
def test_a_mistake_is_told_with_its_place(lines: str, complaint: str) -> None:
    with pytest.raises(RigRefused) as refused:
        parse_rig(f"{RIG}calendar:\n  entries:\n    {lines}\n".encode(), "r.yaml")
    assert complaint in str(refused.value.complaints[0])


@pytest.mark.parametrize("days", ["mun", "[mun]", "[mun, mon]"])
def test_a_bad_day_is_complained_of_once(days: str) -> None:
    lines = f'- {{do: check, at: "7:00", days: {days}}}'
    with pytest.raises(RigRefused) as refused:
        parse_rig(f"{RIG}calendar:\n  entries:\n    {lines}\n".encode(), "r.yaml")
    [complaint] = refused.value.complaints
    assert complaint.problem.startswith("'mun' is not one of mon, tue")


def test_no_day_at_all_is_complained_of() -> None:
    with pytest.raises(RigRefused) as refused:
        parse_rig(f'{RIG}calendar: {{entries: [{{do: check, at: "7:00", days: []}}]}}\n'.encode(), "r.yaml")
    [complaint] = refused.value.complaints
    assert str(complaint).endswith(
        "calendar.entries.0.days: there is no day in it, so this is never done; "
        "name days, or leave `days` out for every day"
    )


def test_a_bad_address_of_a_peer_is_complained_of_once() -> None:
    with pytest.raises(RigRefused) as refused:
        parse_rig(f"{RIG}network: {{peers: [{{id: a, address: 300.1.1.1}}]}}\n".encode(), "r.yaml")
    [complaint] = refused.value.complaints
    assert "300.1.1.1" in complaint.problem


def test_a_zone_nobody_knows_is_told_with_the_nearest() -> None:
    with pytest.raises(RigRefused) as refused:
        parse_rig(f"{RIG}calendar: {{timezone: Europe/Viena}}\n".encode(), "r.yaml")
    said = str(refused.value.complaints[0])
    assert said.endswith("calendar.timezone: no time zone 'Europe/Viena'; did you mean 'Europe/Vienna'?")


def test_the_same_twice_is_a_warning() -> None:
    text = '{do: check, at: "7:00"}, {do: check, at: "07:00:00", days: sun}'
    [warning] = list(parse_rig(f"{RIG}calendar: {{entries: [{text}]}}\n".encode(), "r").complaints)
    assert warning.severity == "warning"
    assert "check at 07:00:00 is written twice" in warning.problem


def test_a_day_that_stands_there_twice_is_a_warning() -> None:
    text = '{do: check, at: "7:00", days: [mon, tue, mon]}'
    [warning] = list(parse_rig(f"{RIG}calendar: {{entries: [{text}]}}\n".encode(), "r").complaints)
    assert (warning.severity, warning.problem) == ("warning", "mon stands here more than once")


def test_a_rig_without_a_calendar_backs_its_store_up() -> None:
    assert parse_rig(RIG.encode(), "r.yaml").value.calendar.kept == (BACKUP,)
    text = f'{RIG}calendar: {{entries: [{{do: backup, at: "05:10"}}]}}\n'
    [own] = parse_rig(text.encode(), "r.yaml").value.calendar.kept
    assert str(own.at) == "05:10"


def test_in_spring_a_time_the_day_skips_is_an_hour_later_on_the_clock() -> None:
    evening = datetime(2027, 3, 27, 12, tzinfo=VIENNA)
    assert _dues(_entry("02:30"), evening, 3) == ["03-28 03:30 CEST", "03-29 02:30 CEST", "03-30 02:30 CEST"]
    assert _dues(_entry("01:59"), evening, 2) == ["03-28 01:59 CET", "03-29 01:59 CEST"]
    assert _dues(_entry("03:00"), evening, 2) == ["03-28 03:00 CEST", "03-29 03:00 CEST"]


def test_in_autumn_a_time_that_comes_twice_is_kept_the_first_time() -> None:
    evening = datetime(2027, 10, 30, 12, tzinfo=VIENNA)
    assert _dues(_entry("02:30"), evening, 3) == ["10-31 02:30 CEST", "11-01 02:30 CET", "11-02 02:30 CET"]
    in_the_doubled_hour = datetime(2027, 10, 31, 1, 15, tzinfo=UTC)
    assert _dues(_entry("02:30"), in_the_doubled_hour, 1) == ["11-01 02:30 CET"]


def test_days_are_those_of_the_wall_calendar() -> None:
    entry = _entry("00:10", "mon")
    sunday_in_utc = datetime(2026, 11, 22, 22, 30, tzinfo=UTC)
    assert _dues(entry, sunday_in_utc, 2) == ["11-23 00:10 CET", "11-30 00:10 CET"]


def test_what_comes_is_in_order() -> None:
    entries = (_entry("23:00"), _entry("19:25"), _entry("12:00", "tue"))
    sunday = datetime(2026, 11, 22, 20, tzinfo=VIENNA)
    assert [one.entry.said for one in coming(entries, sunday, VIENNA)] == [
        "check at 23:00",
        "check at 19:25",
        "check at 12:00",
    ]


@given(
    start=st.integers(14_300, 23_000).map(lambda day: datetime.fromtimestamp(day * 86_400 + 40_000, UTC)),
    at=st.times(),
    days=st.sets(st.sampled_from(WEEKDAYS), min_size=1),
    zone=st.sampled_from(ZONES),
)
def test_an_entry_is_due_once_on_each_of_its_dates(start: datetime, at: time, days: set[str], zone: str) -> None:
    """Within an hour of what is written: whole days apart, never twice, never out of order."""
    entry = _entry(f"{at:%H:%M:%S}", *sorted(days))
    home = ZoneInfo(zone)
    dues = list(islice(entry.due_after(start, home), 20))
    assert all(before < after for before, after in pairwise(dues))
    assert dues[0] > start
    assert next(entry.due_after(dues[0], home)) == dues[1]
    for due in dues:
        written = datetime.combine(due.astimezone(home).date(), entry.at.at, tzinfo=home)
        near = min(abs((due - (written + timedelta(days=shift))).total_seconds()) for shift in (-1, 0, 1))
        assert near <= 3600


def test_a_date_without_the_entry_has_no_moment() -> None:
    assert _entry("12:00", "mon").due_on(date(2026, 11, 22), VIENNA) is None
