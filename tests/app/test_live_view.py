"""What a person sees while the daemon runs."""

import io

import pytest
from rich.console import Console

from cuefocus.app.live_view import Picture, drawn, sentence
from cuefocus.chase.clock import NO_CLOCK, Clock, ClockState
from cuefocus.timebase.units import NS_PER_S

START_SHOW_NS = 3600 * NS_PER_S
NOW_NS = 50 * NS_PER_S
LOCKED = Clock(NOW_NS, START_SHOW_NS, 1.0, ClockState.LOCKED, 1000, NOW_NS + NS_PER_S, 0)
STATE = {
    "event": "state", "host_ns": NOW_NS, "state": "locked", "rate": "25", "source": "playback", "act": "song",
    "take": 3, "pass": 1, "armed": True, "engaged": ["A.focus"], "stopped": {}, "faults": {}, "refusal": "",
    "standby": None,
    "next": {"cue": "12.10", "name": "to Ben", "axis": "A.focus", "target": "ben", "land_at": "01:00:05:00",
             "land_show_ns": START_SHOW_NS + 5 * NS_PER_S},
}  # fmt: skip
LANDING = {
    "event": "landing", "cue": "12.9", "camera": "A", "axis": "focus", "target": "ana", "verdict": "late",
    "error_ms": 21.25, "uncertainty_ms": 0.5, "reason": "limited by speed",
}  # fmt: skip


def _seen(picture: Picture, clock: Clock) -> str:
    out = io.StringIO()
    Console(file=out, width=140, force_terminal=False).print(drawn(picture, clock, NOW_NS + NS_PER_S, title="Duet"))
    return out.getvalue()


def test_timecode_state_source_and_what_lands_next_are_seen() -> None:
    picture = Picture()
    picture.take(STATE)
    seen = _seen(picture, LOCKED)
    for words in ("01:00:01:00", "LOCKED", "from playback", "take 3 pass 1", "NEXT 12.10", "ben", "4.0 s", "space GO"):
        assert words in seen


def test_level_and_lock_of_live_sound_are_seen_as_long_as_it_is_there() -> None:
    picture = Picture()
    picture.take(STATE)
    sound = {"level_dbfs": -12.04, "peak_dbfs": -9.0, "clipped": 3, "lock": 0.97, "front_end": "edges", "channel": 3,
             "device": "JACK port system:capture_3", "xruns": 2}  # fmt: skip
    picture.take({"event": "state", "host_ns": NOW_NS, "source": "deck", "sound": sound})
    seen = _seen(picture, LOCKED)
    for words in ("deck channel 3", "-12.0 dBFS", "lock  97 %", "by edges", "CLIPPED", "2 xruns", "LOCKED"):
        assert words in seen
    picture.take({"event": "source", "source": "deck", "kind": "lost", "text": "it was unplugged"})
    assert "dBFS" not in _seen(picture, LOCKED)


def test_bar_beat_and_tempo_of_a_sequencer_are_seen_as_long_as_it_is_there() -> None:
    picture = Picture()
    picture.take(STATE)
    song = {"act": "song", "bar": 17, "beat": 3, "tempo": 120.04, "running": False}
    picture.take({"event": "state", "host_ns": NOW_NS, "source": "daw", "song": song})
    assert "daw  song bar 17 beat 3  120.0 bpm  stopped" in _seen(picture, LOCKED)
    song = {"act": "song", "bar": None, "beat": None, "tempo": 121.0, "running": False, "waits": "waits for a start"}
    picture.take({"event": "state", "host_ns": NOW_NS, "source": "daw", "song": song})
    assert "daw  song  121.0 bpm  waits for a start, with start and stop sync" in _seen(picture, LOCKED)
    picture.take({"event": "source", "source": "daw", "kind": "lost", "text": "it was unplugged"})
    assert "bar 17" not in _seen(picture, LOCKED)


def test_landings_and_alarms_are_seen() -> None:
    picture = Picture()
    for event in (STATE, LANDING, {"event": "alarm", "host_ns": NOW_NS, "text": "motor B is gone"}):
        picture.take(event)
    seen = _seen(picture, LOCKED)
    for words in ("12.9", "late", "+21.25 ms ±0.50", "limited by speed", "motor B is gone"):
        assert words in seen


def test_what_looks_like_markup_is_seen_as_it_is_written() -> None:
    picture = Picture()
    picture.take(LANDING | {"cue": "9[red]", "target": "[/]", "reason": "refused to [fd00::5]:8000"})
    seen = _seen(picture, LOCKED)
    for words in ("9[red]", "[/]", "refused to [fd00::5]:8000"):
        assert words in seen


def test_before_anything_was_heard_there_is_still_a_picture() -> None:
    assert "NO SIGNAL" in _seen(Picture(), NO_CLOCK)


def test_the_rate_by_ear_and_the_standbys_are_seen() -> None:
    leads = {"leads": True, "state": "locked", "heard_rate": "25", "ppm": -3.2}
    standby = {"leads": False, "state": "locked", "timecode": "01:00:01:00"}
    sources = {
        "playback": leads,
        "mtc": {**standby, "late_ms": 4.25, "may_stand_in": True},
        "spare": {**standby, "late_ms": -1000.0, "may_stand_in": False},
        "art": {**standby, "state": "no_signal", "late_ms": None},
        "tape": {**standby, "state": "holding", "late_ms": None, "refusal": "timecode counts to 23 (24 fps)"},
    }
    picture = Picture()
    picture.take({**STATE, "sources": sources})
    seen = _seen(picture, LOCKED)
    for words in (
        "from playback, 25 fps -3 ppm",
        "mtc stands by, +4.2 ms late",
        "spare cannot stand in, -1000 ms late",
        "art: no timecode",
        "tape cannot stand in: timecode counts to 23 (24 fps)",
    ):
        assert words in seen


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (LANDING, "cue 12.9  A focus → ana  late  +21.25 ms ±0.50: limited by speed"),
        ({"event": "alarm", "text": "disk full"}, "! disk full"),
        ({"event": "take", "take": 2, "state": "ended", "reason": "PANIC"}, "take 2 ended (PANIC)"),
        ({"event": "take", "take": 2, "slate": "47B"}, "take 2 slate 47B"),
        ({"event": "take", "take": 2, "pass": 1, "mark": "good"}, "take 2 pass 1 is good"),
        ({"event": "take", "take": 2, "pass": 1, "mark": "ng"}, "take 2 pass 1 is NG"),
        ({"event": "take", "take": 2, "pass": 1, "mark": "none"}, "take 2 pass 1 is not marked"),
        ({"event": "calendar", "text": "backup: takes-000001.db"}, "backup: takes-000001.db"),
        (STATE, None),
    ],
)
def test_where_there_is_no_terminal_each_event_is_a_line(event: dict[str, object], line: str | None) -> None:
    assert sentence(event) == line


def test_what_stands_by_is_seen_beside_what_timecode_lands_next() -> None:
    picture = Picture()
    picture.take({**STATE, "list": "GO", "standby": "7", "standbys": {"GO": "7", "B": "b2", "C": None}})
    seen = _seen(picture, LOCKED)
    for words in ("NEXT 12.10", "STANDBY 7: space fires it · B: b2 · C: at its end"):
        assert words in seen


def test_why_go_would_fire_nothing_is_seen_before_it_is_pressed() -> None:
    picture = Picture()
    picture.take(
        {
            **STATE,
            "list": "GO",
            "standby": "7",
            "standbys": {"GO": "7"},
            "standby_refusals": {"GO": "cue 7 could not land: x"},
        }
    )
    assert "GO GO" not in _seen(picture, LOCKED)
    assert "cue 7 could not land: x" in _seen(picture, LOCKED)


def test_what_waits_counts_down_unless_it_is_held() -> None:
    picture = Picture()
    waits = [{"cue": "5", "due_in_s": 3.0, "held": False}, {"cue": "6", "due_in_s": 4.5, "held": True}]
    picture.take({**STATE, "waiting": waits})
    assert "WAITING 5 in 2.0 s · 6 in 4.5 s (held)" in _seen(picture, LOCKED)


def test_the_only_list_is_that_of_the_space_bar() -> None:
    picture = Picture()
    picture.take({**STATE, "next": None, "list": "A", "standby": "7", "standbys": {"A": "7"}})
    assert (
        "STANDBY 7: space fires it\n" in "\n".join(line.rstrip() for line in _seen(picture, LOCKED).splitlines()) + "\n"
    )
    picture.take({**STATE, "next": None, "list": "A", "standby": None, "standbys": {"A": None}})
    assert "nothing ahead" in _seen(picture, LOCKED)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"suppressed": "12", "route": "msc", "by": "osc:10.0.0.5", "age_ms": 4.5},
            "12 heard again by msc, 4.5 ms after osc:10.0.0.5: taken once",
        ),
        (
            {"suppressed": "12", "route": "msc", "by": "osc:10.0.0.5", "age_ms": 4.5, "refused": True},
            "12 heard again by msc, 4.5 ms after osc:10.0.0.5: refused once",
        ),
        (
            {"expired": "next", "route": "osc:10.0.0.5", "age_ms": 730.0},
            "next by osc:10.0.0.5 is 730.0 ms old: not obeyed",
        ),
        (
            {"unfired": "H", "heard": "note 60", "route": "pads", "why": "nothing is armed"},
            "H not fired by pads (note 60): nothing is armed",
        ),
    ],
)
def test_what_was_heard_and_not_fired_has_a_line(fields: dict[str, object], says: str) -> None:
    assert sentence({"event": "state", "host_ns": 1, **fields}) == says
