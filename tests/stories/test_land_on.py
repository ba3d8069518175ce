"""Racks fired by hand that land in the music: on the next beat, bar or word that can be reached, or beats later."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.told import Told

#: 120 beats a minute from 0.5 s on, four in a bar.
BEATS = json.dumps({"beats": [{"bar": 1 + n // 4, "beat": 1 + n % 4, "time_s": 0.5 + 0.5 * n} for n in range(24)]})
WORDS = json.dumps(
    {"words": [{"word": word, "start_s": at_s} for word, at_s in (("say", 2.0), ("goodbye", 3.0), ("Goodbye!", 6.25))]}
)
#: The deck is silent before it plays.
LEAD_S = 1.0
FILES = {"song.beats.json": BEATS, "song.words.json": WORDS}
MEDIA = "media: {beats: song.beats.json, words: song.words.json}"


def go(rig: StoryRig) -> None:
    rig.say("go")


def fired(tmp_path: Path, landing: str, *at_s: float, act: str = MEDIA, more: str = "", speed: float = 1.0) -> Told:
    """Cues that GO fires at moments of the song."""
    targets = ("far", "mid", "far", "mid")
    cues = "".join(
        cue(str(number), None, target, f"on: {{manual: GO}}, {landing}")
        for number, (target, _) in enumerate(zip(targets, at_s, strict=False), start=1)
    )
    story = Story(tmp_path, show_text(cues + more, act=act), Playback().play(9.0, speed=speed), files=FILES)
    for moment_s in at_s:
        story.at(LEAD_S + moment_s / speed, go)
    return story.tell()


def landed_at_s(told: Told, number: str) -> float:
    """Song seconds at which a cue was to land, by the clock of its landing."""
    record = next(one for one in told.records.values() if one.rack.cue == number and one.land_host_ns is not None)
    assert record.land_host_ns is not None
    moment = next(one for one in told.moments if one.now_ns >= record.land_host_ns)
    show_ns = moment.outcome.clock.show_at(record.land_host_ns)
    return (show_ns - told.starts_show_ns) * 1e-9


@pytest.mark.parametrize(
    ("landing", "at_s", "lands_s"),
    [
        ("land_on: {next: beat}", 3.1, 3.5),
        ("land_on: {next: beat}", 3.45, 4.0),  # the next one is too near for the motor
        ("land_on: {next: beat, offset: 100 ms}", 3.1, 3.6),
        ("land_on: {next: bar}", 3.1, 4.5),
        ("land_on: {next: bar}", 4.4, 6.5),
        ("land_on: {next: word}", 2.2, 3.0),
        ("land_on: {next: word}", 2.95, 6.25),
        ("land_on: {word: goodbye}", 1.5, 3.0),
        ("land_on: {word: say goodbye}", 1.5, 2.0),
        ("land_on: {word: goodbye}", 3.5, 6.25),
        ("land_after: 2 beats", 3.1, 4.1),
        ("land_after: 3 beats", 3.35, 4.85),
        ("land_after: 2 beats, nudge: 120 ms", 3.1, 4.22),
    ],
)
def test_a_rack_lands_on_what_comes_next_that_it_can_reach(
    tmp_path: Path, landing: str, at_s: float, lands_s: float
) -> None:
    told = fired(tmp_path, landing, at_s)
    assert told.verdicts() == {"1": "landed"}
    assert landed_at_s(told, "1") == pytest.approx(lands_s, abs=0.002)
    assert told.row("1").arrived_s == pytest.approx(told.row("1").planned_s, abs=0.005)


def test_the_row_names_what_it_landed_on(tmp_path: Path) -> None:
    assert fired(tmp_path, "land_on: {word: goodbye}", 1.5).row("1").anchor == '"goodbye"'
    assert fired(tmp_path, "land_on: {next: bar}", 1.5).row("1").anchor == "next bar"


def test_beats_are_those_of_the_song_at_the_speed_it_is_played(tmp_path: Path) -> None:
    told = fired(tmp_path, "land_on: {next: bar}", 3.1, act=f"{MEDIA}, speed: 0.9..1.1", speed=1.05)
    assert told.verdicts() == {"1": "landed"}
    assert landed_at_s(told, "1") == pytest.approx(4.5, abs=0.003)


def test_the_acts_offset_moves_what_is_landed_on(tmp_path: Path) -> None:
    told = fired(tmp_path, "land_on: {next: beat}", 3.1, act=f"{MEDIA}, offset: 120 ms")
    assert landed_at_s(told, "1") == pytest.approx(3.62, abs=0.002)


def test_racks_on_beat_after_beat_land_on_each(tmp_path: Path) -> None:
    told = fired(tmp_path, "land_on: {next: beat}, pull: 300 ms", 2.05, 3.05, 4.05, 5.05)
    assert [row.verdict for row in told.rows] == ["landed"] * 4
    landings = [landed_at_s(told, str(number)) for number in range(1, 5)]
    assert [after - before for before, after in pairwise(landings)] == pytest.approx([1.0] * 3, abs=0.002)


def test_what_comes_no_more_is_refused(tmp_path: Path) -> None:
    told = fired(tmp_path, "land_on: {word: say}", 3.5)
    assert told.verdicts() == {"1": "refused"}
    assert told.reason("1") == '"say" does not come any more in act song'


def test_a_pull_is_shortened_where_its_landing_is_near(tmp_path: Path) -> None:
    assert fired(tmp_path, "land_after: 1 beats, pull: 2 s", 3.5).verdicts() == {"1": "landed"}


@pytest.mark.parametrize("landing", ["land_on: {next: beat}", "land_on: {next: word}", "land_after: 2 beats"])
def test_where_no_timecode_runs_there_is_nothing_to_land_on(tmp_path: Path, landing: str) -> None:
    cues = cue("1", None, "far", f"on: {{manual: GO}}, {landing}") + cue("2", None, "far", "on: {manual: GO}")
    told = Story(tmp_path, show_text(cues, act=MEDIA), files=FILES).at(1.0, go).at(2.0, go).tell(until_s=5.0)
    assert told.verdicts() == {"1": "refused", "2": "landed"}
    assert told.reason("1").startswith("no timecode runs forward now, so nobody can say when ")


def test_what_is_far_away_is_refused_with_how_far(tmp_path: Path) -> None:
    files = {**FILES, "song.words.json": json.dumps({"words": [{"word": "amen", "start_s": 50.0}]})}
    cues = cue("1", None, "far", "on: {manual: GO}, land_on: {word: amen}")
    story = Story(tmp_path, show_text(cues, act=MEDIA), Playback().play(4.0), files=files).at(LEAD_S + 2.0, go)
    told = story.tell()
    assert told.verdicts() == {"1": "refused"}
    assert told.reason("1") == '"amen" comes in 48.0 s; a rack is fired at most 30 s ahead'


def test_load_says_when_it_would_land(tmp_path: Path) -> None:
    cues = cue("1", None, "far", "on: {manual: GO}, land_on: {next: bar}")
    load: Hand = lambda rig: rig.say("load")  # noqa: E731
    story = Story(tmp_path, show_text(cues, act=MEDIA), Playback().play(4.0), files=FILES).at(LEAD_S + 3.5, load)
    text = story.tell().replies[0]
    assert text.startswith("cue 1 is loaded: it lands ")
    assert float(text.split("lands ")[1].split(" ms")[0]) == pytest.approx(1000.0, abs=3.0)
