"""REAPER's feedback, as its screen is drawn: readings of the moment each frame began."""

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from pythonosc.osc_message_builder import build_msg

from cuefocus.chase.reaper import ReaperInput
from cuefocus.timebase.frames import RATES, FrameRate, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from tests.osc_programs import ALL, Reaper

HOST0_NS = 5_000_000_000_000
RATE = RATES["25"]
HOUR = Timecode(1, 0, 0, 0)
Heard = Reading | Glitch | PlaybackStopped


def heard(reaper: Reaper, listener: ReaperInput, seconds: float) -> list[Heard]:
    found: list[Heard] = []
    for at_s, data in reaper.packets(seconds):
        found += listener.feed(data, HOST0_NS + round(at_s * NS_PER_S))
    return found


def late_ms(found: list[Heard], rate: FrameRate, zero_frames: int, after_s: float) -> list[float]:
    """Stamp less the moment at which the frame truly began, for a project that began to play at host second 0."""
    late = []
    for reading in found:
        if isinstance(reading, Reading) and reading.direction:
            frame = reading.label.frame_number(rate) - zero_frames
            true_ns = HOST0_NS + rate.show_ns(frame)
            if true_ns > HOST0_NS + after_s * NS_PER_S:
                late.append((reading.stamp_ns - true_ns) / NS_PER_MS)
    return late


def button(address: str, value: float) -> bytes:
    return bytes(build_msg(address, [value]).dgram)


def playing(at_s: float) -> float:
    return at_s


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97df", "30"])
@pytest.mark.parametrize(
    "fields", [("/time",), ("/time/str",), ("/time/str", "/frames/str"), ("/time", "/samples/str", "/frames/str")]
)
def test_readings_have_the_stamps_of_their_frames(rate: str, fields: tuple[str, ...]) -> None:
    one = RATES[rate]
    zero = HOUR.frame_number(one) if "/frames/str" in fields else 0
    found = heard(Reaper(playing, one, zero, fields), ReaperInput("reaper", one), 40.0)
    late = late_ms(found, one, zero, 5.0)
    assert len(late) > 300
    assert not [one for one in found if not isinstance(one, Reading)]
    assert np.std(late) < 0.4
    assert -1.0 < min(late)
    assert max(late) < 1.5, "the least delay is what remains"


@pytest.mark.parametrize("fields", [("/time", "/frames/str"), ("/frames/str", "/time")])
def test_messages_one_by_one_say_the_same(fields: tuple[str, ...]) -> None:
    zero = HOUR.frame_number(RATE)
    reaper = Reaper(playing, RATE, zero, fields, bundled=False)
    late = late_ms(heard(reaper, ReaperInput("reaper", RATE), 30.0), RATE, zero, 5.0)
    assert np.std(late) < 0.6
    assert max(map(abs, late)) < 2.5


@pytest.mark.parametrize("fields", [ALL, ALL[::-1], ("/time/str", "/time", "/frames/str")])
def test_all_positions_one_by_one_are_as_exact_as_together(fields: tuple[str, ...]) -> None:
    listener = ReaperInput("reaper", RATE)
    found = heard(Reaper(playing, RATE, HOUR.frame_number(RATE), fields, bundled=False), listener, 30.0)
    late = late_ms(found, RATE, HOUR.frame_number(RATE), 5.0)
    assert np.std(late) < 0.4
    assert max(map(abs, late)) < 1.5
    labels = [one.label for one in found if isinstance(one, Reading)]
    assert labels == sorted(set(labels))


def test_without_labels_the_rig_says_where_the_project_starts() -> None:
    listener = ReaperInput("reaper", RATE, starts_show_ns=HOUR.show_ns(RATE))
    found = heard(Reaper(playing, RATE, fields=("/time",)), listener, 10.0)
    labels = [one.label for one in found if isinstance(one, Reading)]
    assert labels[0].hours == labels[-1].hours == 1
    assert labels[-1] > Timecode(1, 0, 9, 0)


def test_labels_alone_are_not_followed_and_the_cure_is_said() -> None:
    found = heard(Reaper(playing, RATE, fields=("/frames/str",)), ReaperInput("reaper", RATE), 10.0)
    assert found
    assert all(isinstance(one, Glitch) and "let its OSC pattern file send TIME" in one.reason for one in found)


def test_three_hours_in_strings_are_finer_than_floats() -> None:
    def deep(at_s: float) -> float:
        return 3 * 3600.0 + at_s

    def spread(*fields: str) -> float:
        reaper = Reaper(deep, RATE, fields=fields, jitter_s=0.005)
        late = late_ms(heard(reaper, ReaperInput("reaper", RATE), 30.0), RATE, 3 * 3600 * 25, 5.0)
        return float(np.mean(np.abs(np.array(late) - np.median(late))))

    assert spread("/time", "/samples/str") <= spread("/time") + 0.02


def test_a_stop_is_told_at_once_and_what_follows_is_a_place_without_motion() -> None:
    def place(at_s: float) -> float:
        return min(at_s, 6.0) if at_s < 8.0 else 2.0

    listener = ReaperInput("reaper", RATE)
    found = heard(Reaper(place, RATE), listener, 10.0)
    stops = [one for one in found if isinstance(one, PlaybackStopped)]
    assert [one.reason for one in stops] == ["REAPER stopped"]
    assert HOST0_NS + 6 * NS_PER_S <= stops[0].stamp_ns < HOST0_NS + round(6.1 * NS_PER_S)
    after = found[found.index(stops[0]) + 1 :]
    assert all(isinstance(one, Reading) and one.direction == 0 for one in after)
    assert isinstance(after[-1], Reading)
    assert after[-1].label == Timecode(0, 0, 2, 0)


@pytest.mark.parametrize(
    ("name", "jump"),
    [
        ("far", lambda at_s: at_s if at_s < 5.0 else at_s + 60.0),
        ("forward", lambda at_s: at_s if at_s < 5.0 else at_s + 2.0),
        ("back", lambda at_s: at_s if at_s < 5.0 else at_s - 3.0),
        ("loop", lambda at_s: at_s if at_s < 5.0 else 3.0 + (at_s - 5.0) % 2.0),
    ],
)
def test_after_a_jump_a_new_line_begins(name: str, jump: Callable[[float], float]) -> None:
    found = heard(Reaper(jump, RATE, seed=3), ReaperInput("reaper", RATE), 12.0)
    readings = [one for one in found if isinstance(one, Reading)]
    assert len(readings) == len(found), name
    for reading in readings:
        at_s = (reading.stamp_ns - HOST0_NS) / NS_PER_S
        places = [jump(at_s - late_s) for late_s in (-0.012, 0.0, 0.012)]
        said = reading.label.frame_number(RATE) / 25
        assert min(abs(said - place) for place in places) < 0.05, f"{name}: {said} at {at_s}"


def test_another_frame_rate_is_named_and_moves_nothing() -> None:
    for project, why in (("30", "does not exist at 25 fps"), ("24", "do not keep pace at 25 fps")):
        reaper = Reaper(playing, RATES[project], Timecode(1, 0, 0, 0).frame_number(RATES[project]))
        found = heard(reaper, ReaperInput("reaper", RATE), 12.0)
        glitches = [one for one in found if isinstance(one, Glitch)]
        assert not [one for one in found[len(found) // 2 :] if isinstance(one, Reading)]
        assert any(why in one.reason for one in glitches)
        assert "set the project's frame rate" in glitches[-1].reason


@pytest.mark.parametrize(
    ("project", "rig", "within_s"),
    [
        ("23.976", "24", 12),
        ("24", "23.976", 12),
        ("29.97ndf", "30", 12),
        ("29.97df", "30", 12),
        ("30", "29.97ndf", 12),
        ("30", "29.97df", 12),
        ("29.97ndf", "29.97df", 66),  # the first minute's labels are those of both
        ("29.97df", "29.97ndf", 66),
    ],
)
def test_rates_that_are_almost_the_same_are_found_out_before_they_have_drifted(
    project: str, rig: str, within_s: float
) -> None:
    one = RATES[project]
    zero = Timecode(0, 59, 55, 0).frame_number(one)
    found = heard(Reaper(playing, one, zero), ReaperInput("reaper", RATES[rig]), within_s + 40.0)
    readings = [each for each in found if isinstance(each, Reading)]
    late = []
    for reading in readings:
        if reading.stamp_ns < HOST0_NS + 64 * NS_PER_S:
            frame = reading.label.frame_number(one) - zero
            late.append((reading.stamp_ns - HOST0_NS - one.show_ns(frame)) / one.frame_ns)
    assert max(map(abs, late)) < 0.25
    assert readings[-1].stamp_ns < HOST0_NS + within_s * NS_PER_S, "then nothing is followed"
    assert isinstance(found[-1], Glitch)
    assert "do not keep pace" in found[-1].reason


def test_a_project_that_was_set_to_the_right_rate_is_followed_again() -> None:
    listener = ReaperInput("reaper", RATE)
    heard(Reaper(playing, RATES["24"], HOUR.frame_number(RATES["24"])), listener, 12.0)
    set_right = Reaper(lambda at_s: 12.0 + at_s, RATE, HOUR.frame_number(RATE))
    found = []
    for at_s, data in set_right.packets(15.0):
        found += listener.feed(data, HOST0_NS + round((12.0 + at_s) * NS_PER_S))
    readings = [one for one in found if isinstance(one, Reading)]
    assert readings[0].stamp_ns < HOST0_NS + 24 * NS_PER_S
    assert len(readings) > 20


def test_an_hour_before_midnight_goes_on_after_it() -> None:
    zero = RATE.frames_per_day - 100
    found = heard(Reaper(playing, RATE, zero, ("/time", "/frames/str")), ReaperInput("reaper", RATE), 12.0)
    labels = [one.label.frame_number(RATE) for one in found if isinstance(one, Reading)]
    assert {timecode_at_frame(one, RATE).hours for one in labels} == {0, 23}
    steps = {(b - a) % RATE.frames_per_day for a, b in pairwise(labels)}
    assert max(steps) <= 10


def test_what_was_away_begins_anew() -> None:
    listener = ReaperInput("reaper", RATE)
    heard(Reaper(lambda at_s: min(at_s, 3.0), RATE), listener, 4.0)
    listener.restart()
    found = heard(Reaper(playing, RATE, buttons=False, fields=("/time",)), listener, 4.0)
    assert len([one for one in found if isinstance(one, Reading) and one.direction]) > 30


def test_positions_that_run_outvote_a_stop_whose_release_was_lost() -> None:
    listener = ReaperInput("reaper", RATE)
    listener.feed(button("/stop", 1.0), HOST0_NS)
    found = heard(Reaper(playing, RATE, buttons=False), listener, 6.0)
    standing = [one for one in found if isinstance(one, Reading) and not one.direction]
    [glitch] = [one for one in found if isinstance(one, Glitch)]
    assert "a message was lost" in glitch.reason
    assert HOST0_NS + NS_PER_S <= glitch.stamp_ns < HOST0_NS + round(1.2 * NS_PER_S)
    assert all(one.stamp_ns < glitch.stamp_ns for one in standing)
    assert max(map(abs, late_ms(found, RATE, 0, 3.0))) < 1.5
    [stopped] = listener.feed(button("/stop", 1.0), HOST0_NS + 6 * NS_PER_S)
    assert isinstance(stopped, PlaybackStopped), "the button is believed again"


@pytest.mark.parametrize(
    "moved",
    [
        lambda at_s: 2 * at_s,  # scrolled along
        lambda at_s: at_s % 0.7,  # to and fro
        lambda at_s: at_s // 0.6 * 0.6,  # clicked on, bar by bar
    ],
)
def test_a_cursor_that_is_moved_while_it_stands_does_not_play(moved: Callable[[float], float]) -> None:
    listener = ReaperInput("reaper", RATE)
    listener.feed(button("/stop", 1.0), HOST0_NS)
    found = heard(Reaper(moved, RATE, buttons=False), listener, 6.0)
    assert found
    assert all(isinstance(one, Reading) and one.direction == 0 for one in found)


Sent = tuple[float, bytes, int]


def sent(place: Callable[[float], float], seconds: float, port: int, seed: int) -> list[Sent]:
    """A REAPER's packets, the first second of which lies at host second 0, by the port they leave from."""
    return [(at_s, data, port) for at_s, data in Reaper(place, RATE, seed=seed).packets(seconds)]


def told(listener: ReaperInput, packets: list[Sent]) -> tuple[list[Reading], list[str], list[Glitch]]:
    """Readings in motion, what is said of rivals, glitches."""
    found: list[Heard] = []
    rivals = []
    for at_s, data, port in sorted(packets):
        stamp_ns = HOST0_NS + round(at_s * NS_PER_S)
        found += listener.feed(data, stamp_ns, "127.0.0.1", port)
        rivals += [text] if (text := listener.rivals(stamp_ns)) else []
    readings = [one for one in found if isinstance(one, Reading) and one.direction]
    return readings, rivals, [one for one in found if isinstance(one, Glitch)]


def test_of_two_on_one_port_the_first_is_followed_and_both_are_named() -> None:
    first, second = sent(playing, 8.0, 4000, 1), sent(lambda at_s: at_s + 600.0, 12.0, 4001, 2)
    readings, rivals, glitches = told(ReaperInput("reaper", RATE), [*first, *second[1:]])
    assert rivals == ["two senders of REAPER's positions from 127.0.0.1, by its ports 4000 and 4001; 4000 is followed"]
    assert glitches == []
    early = [one for one in readings if one.stamp_ns < HOST0_NS + 8 * NS_PER_S]
    assert {one.label.minutes for one in early} == {0}
    assert len(early) > 90
    assert {one.label.minutes for one in readings if one not in early} == {10}, "the first fell silent"


def test_who_says_nothing_of_playback_is_no_rival() -> None:
    phone = [(each / 10, button("/track/1/volume", 0.5), 4001) for each in range(100)]
    readings, rivals, _ = told(ReaperInput("reaper", RATE), [*phone, *sent(playing, 8.0, 4000, 1)])
    assert rivals == []
    assert len(readings) > 90


def test_two_that_send_as_one_are_told_and_not_followed() -> None:
    both = [*sent(playing, 8.0, 4000, 1), *sent(lambda at_s: at_s + 20.0, 8.0, 4000, 2)]
    readings, _, glitches = told(ReaperInput("reaper", RATE), both)
    assert all(one.stamp_ns < HOST0_NS + NS_PER_S for one in readings)
    assert "give each a port of its own" in glitches[-1].reason


@pytest.mark.parametrize("bundled", [True, False])
@pytest.mark.parametrize("field", ["/time", "/time/str"])
def test_from_the_first_reading_on_it_is_the_right_frame(field: str, bundled: bool) -> None:
    """A label and a time alone may leave two frames for the project's start: then there is no reading yet."""
    fields = (field, "/frames/str")
    for seed in range(150):
        begun_s = seed * 0.00713
        place = partial(add, begun_s)
        reaper = Reaper(place, RATE, HOUR.frame_number(RATE), fields, bundled=bundled, seed=seed)
        found = [one for one in heard(reaper, ReaperInput("reaper", RATE), 2.0) if isinstance(one, Reading)]
        began_ns = HOST0_NS - round(begun_s * NS_PER_S) - HOUR.show_ns(RATE)
        off_ms = [(one.stamp_ns - began_ns - one.label.show_ns(RATE)) / NS_PER_MS for one in found]
        assert max(map(abs, off_ms)) < 20.0, (seed, off_ms[:3])
        assert found[0].stamp_ns - HOST0_NS < 700 * NS_PER_MS
