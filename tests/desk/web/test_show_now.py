"""What the page shows between two events."""

from typing import Any

import pytest

from cuefocus.desk.web.show_now import STALE_NS, ShowNow
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.desk.web.serving import CUES, STATUS

T = 100 * NS_PER_S


def shown(**more: Any) -> ShowNow:
    show = ShowNow("Duet", CUES)
    show.hear({"event": "state", "host_ns": T, **STATUS, **more}, T)
    return show


def test_timecode_and_countdown_go_on_between_events() -> None:
    show = shown()
    assert show.status(T)["timecode"] == "01:00:10:00"
    later = show.status(T + 1_500 * NS_PER_MS)
    assert later["timecode"] == "01:00:11:12"
    assert later["countdown_s"] == pytest.approx(8.5)
    assert later["colour"] == "#009600"


def test_what_runs_and_is_told_no_more_is_stale_and_stands_still() -> None:
    show = shown()
    before, after = show.status(T + STALE_NS), show.status(T + STALE_NS + NS_PER_S)
    assert before["stale"] is False
    assert after["stale"] is True
    assert after["timecode"] == before["timecode"]
    assert show.variables(T + STALE_NS + NS_PER_S)["state"] == "stale"
    assert after["colour"] != before["colour"]


def test_what_stands_is_not_stale_for_being_quiet_and_does_not_count_on() -> None:
    show = shown(state="holding", speed=0.0)
    later = show.status(T + 60 * NS_PER_S)
    assert later["stale"] is False
    assert later["timecode"] == "01:00:10:00"
    assert later["countdown_s"] is None


def test_a_conductor_that_does_not_answer_is_stale_until_it_is_heard() -> None:
    show = shown(state="holding", speed=0.0)
    show.unanswered = True
    assert show.status(T)["stale"] is True
    show.hear({"event": "take", "state": "begins"}, T)
    assert show.status(T)["stale"] is False


def test_nothing_heard_yet_is_unknown() -> None:
    show = ShowNow("Duet", CUES)
    assert show.status(T)["state"] == "unknown"
    assert show.variables(T)["state"] == "stale"
    assert show.variables(T)["countdown"] == ""


def test_buttons_get_flat_names() -> None:
    show = shown()
    show.hear({"event": "alarm", "host_ns": T, "text": "late", "source": "deck"}, T)
    show.hear({"event": "landing", "cue": "1", "verdict": "landed", "error_ms": -0.42}, T)
    assert show.variables(T) == {
        "title": "Duet",
        "state": "locked",
        "state_colour": "#009600",
        "timecode": "01:00:10:00",
        "armed": 1,
        "engaged": "B.focus",
        "stopped": "",
        "standby": "2",
        "standby_name": "to the band",
        "next_cue": "1",
        "next_name": "Ana to Ben",
        "countdown": "10.0",
        "take": 3,
        "landed_cue": "1",
        "landed_verdict": "landed",
        "landed_error_ms": "-0.4",
        "alarm": "late",
    }


def test_cues_say_which_is_under_way_and_which_stands_by() -> None:
    show = shown()
    show.hear({"event": "departure", "cue": "1"}, T)
    rows = {row["cue"]: row for row in show.cues()}
    assert [row["cue"] for row in show.cues()] == ["1", "2", "Q/3 é"]
    assert rows["1"]["running"] is True
    assert rows["2"]["standby"] is True
    assert show.status(T)["running"] == ["1"]
    show.hear({"event": "landing", "cue": "1", "verdict": "landed"}, T)
    assert show.status(T)["running"] == []


def test_alarms_are_kept_but_not_for_ever() -> None:
    show = shown()
    for number in range(50):
        show.note_alarm({"text": str(number), "host_ns": number})
    alarms = show.status(T)["alarms"]
    assert isinstance(alarms, list)
    assert [one["text"] for one in alarms] == [str(number) for number in range(30, 50)]
