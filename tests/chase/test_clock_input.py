"""From late, lost and doubled MIDI clocks to readings, and on to the clock."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import fmean, pstdev

import pytest

from cuefocus.anchors.tempo_map import TempoMap
from cuefocus.chase.clock_input import MidiClockInput
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.musical import Heard, Song
from cuefocus.chase.speeds import Speeds, speeds_between
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.frames import Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.pace import Pace
from cuefocus.wire.sent_clock import SongRun, clock_messages
from cuefocus.wire.sent_timecode import Message
from tests.chase.simulated import HOST0_NS, TICK_NS, Run, act
from tests.chase.songs import CHANGING, EVEN, song

LEAST_NS = {"DIN": 640_000, "USB": 700_000, "USB + OS": 700_000, "network": 2_000_000}


def sent(
    of: Song, seconds: float, *, start: Fraction = Fraction(0), speed: Fraction = Fraction(1), origin_ns: int = HOST0_NS
) -> list[Message]:
    run = SongRun(of.time.media_ns, start, Pace(float(speed)))
    return list(clock_messages(run, seconds, origin_ns))


def late(messages: Sequence[Message], model: str, seed: int = 1) -> list[Message]:
    channel = LateChannel(DELAYS[model], seed)
    return [Message(channel.stamp(message.due_ns), message.data) for message in messages]


def fed(messages: Sequence[Message], reader: MidiClockInput) -> list[Heard]:
    return [found for message in messages for found in reader.feed(message.data, message.due_ns)]


def followed(messages: Sequence[Message], reader: MidiClockInput, speeds: Speeds | None = None) -> Run:
    """The clock each tick."""
    follower, run = Follower(act(speeds=speeds)), Run([], [])
    pending: Iterator[Message] = iter(messages)
    upcoming, now_ns = next(pending, None), HOST0_NS
    while upcoming is not None:
        while upcoming is not None and upcoming.due_ns <= now_ns:
            for found in reader.feed(upcoming.data, upcoming.due_ns):
                if isinstance(found, Reading):
                    follower.feed(found)
                elif isinstance(found, PlaybackStopped):
                    follower.notice("stopped", found.stamp_ns, found.reason)
            upcoming = next(pending, None)
        clock, events = follower.step(now_ns)
        run.clocks.append(clock)
        run.events.extend(events)
        now_ns += TICK_NS
    return run


def off_ms(run: Run, of: Song, speed: float = 1.0, from_s: float = 1.0) -> list[float]:
    """How far the running clock is from the truth, media ms."""
    return [
        (clock.show_ns - of.starts_show_ns - (clock.host_ns - HOST0_NS) * speed) / NS_PER_MS
        for clock in run.clocks
        if clock.running and clock.host_ns > HOST0_NS + from_s * NS_PER_S
    ]


@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
@pytest.mark.parametrize("ppm", [0, 300, -300])
def test_the_clock_follows_late_midi_clock_to_a_tenth_of_a_millisecond(model: str, ppm: int) -> None:
    one, speed = song(time=CHANGING), 1 + Fraction(ppm, 1_000_000)
    reader = MidiClockInput("clock", [one])
    run = followed(late(sent(one, 60, speed=speed), model, 7), reader)
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.STOPPED]
    assert next(clock for clock in run.clocks if clock.running).host_ns - HOST0_NS < 350 * NS_PER_MS
    errors_ms = off_ms(run, one, float(speed), 40.0)
    assert pstdev(errors_ms) <= 0.1
    assert max(abs(error - fmean(errors_ms)) for error in errors_ms) <= 0.5
    assert reader.miscounted == 0


@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
@pytest.mark.parametrize("count", [1, 2, -1])
@pytest.mark.parametrize("at_s", [2.9, 5.1, 12.3])
def test_a_clock_that_is_lost_or_doubled_is_said_and_shifts_nothing(model: str, count: int, at_s: float) -> None:
    one = song()
    messages = sent(one, 20)
    at = next(number for number, message in enumerate(messages) if message.due_ns > HOST0_NS + at_s * NS_PER_S)
    faulty = messages[:at] + messages[at + max(count, 0) :]
    if count < 0:
        twice = replace(messages[at], due_ns=messages[at].due_ns + NS_PER_MS)
        faulty = [*messages[: at + 1], twice, *messages[at + 1 :]]
    reader, whole = MidiClockInput("clock", [one]), MidiClockInput("clock", [one])
    found = fed(late(faulty, model), reader)
    [said] = [glitch.reason for glitch in found if isinstance(glitch, Glitch)]
    what = {1: "1 clock was lost", 2: "2 clocks were lost", -1: "1 clock was doubled"}[count]
    assert what in said
    assert f"at bar {int(at_s / 2) + 1} " in said
    assert reader.miscounted == abs(count)
    right = {r.label: r.stamp_ns for r in fed(late(messages, model), whole) if isinstance(r, Reading) and r.direction}
    shifts_ms = [abs(r.stamp_ns - right[r.label]) / NS_PER_MS for r in found if isinstance(r, Reading) and r.direction]
    assert max(shifts_ms) < 5.0, "a clock is 20.8 ms"
    assert max(shifts_ms[-25:]) < 0.7


def test_a_clock_lost_right_at_the_start_leaves_no_place() -> None:
    """So soon nobody knows how the channel usually behaves."""
    one = song()
    messages = late(sent(one, 6), "USB")
    del messages[45]
    reader = MidiClockInput("clock", [one])
    found = fed(messages, reader)
    [reason] = [glitch.reason for glitch in found if isinstance(glitch, Glitch)]
    assert "nobody can say how many: locate it again" in reason
    assert (reader.miscounted, reader.place) == (0, None)
    assert max(r.label for r in found if isinstance(r, Reading)) < Timecode(1, 0, 1, 0)


@pytest.mark.parametrize("tempo", [110, 117, 117.5, 118, 120, 125, 140, 200])
@pytest.mark.parametrize("frames", [256, 512, 1024])
def test_clocks_that_come_in_blocks_are_not_taken_for_lost(tempo: float, frames: int) -> None:
    """As a program sends them that looks at its clock once a period: late by up to whole clocks."""
    one = song(time=TempoMap([(0, round(60e6 / tempo))], [(0, 4, 4)], 480))
    channel = LateChannel(DELAYS["DIN"], 3, blocks_ns=frames / 48_000 * NS_PER_S)
    messages = [Message(channel.stamp(message.due_ns), message.data) for message in sent(one, 40)]
    reader = MidiClockInput("clock", [one])
    run = followed(messages, reader)
    assert reader.miscounted == 0
    errors_ms = off_ms(run, one, from_s=20.0)  # none where blocks and clocks keep one rhythm: that is another tempo
    assert max(errors_ms, default=0.0) - min(errors_ms, default=0.0) < 1.5 * frames / 48


def test_a_clock_lost_on_the_way_does_not_disturb_the_chase() -> None:
    one = song()
    messages = late(sent(one, 12), "USB + OS", 3)
    del messages[300]
    run = followed(messages, MidiClockInput("clock", [one]))
    assert [kind for kind in run.kinds() if kind is not ChaseKind.DROPOUT] == [ChaseKind.LOCKED, ChaseKind.STOPPED]
    assert max(map(abs, off_ms(run, one))) < 2.5


@pytest.mark.parametrize("model", ["USB + OS", "network"])
def test_clocks_held_up_by_the_channel_are_not_taken_for_lost(model: str) -> None:
    """Everything waits 0.2 s and then comes at once, ten times."""
    one = song()
    messages = late(sent(one, 40), model, 5)
    for second in range(3, 33, 3):
        until_ns = HOST0_NS + second * NS_PER_S + 200 * NS_PER_MS
        messages = [
            replace(m, due_ns=max(m.due_ns, until_ns)) if until_ns - 200 * NS_PER_MS < m.due_ns else m for m in messages
        ]
    reader = MidiClockInput("clock", [one])
    run = followed(messages, reader)
    assert reader.miscounted == 0
    assert ChaseKind.JUMP not in run.kinds()
    assert max(map(abs, off_ms(run, one))) < 8.0


@pytest.mark.parametrize(
    "factor", [Fraction(11, 10), Fraction(9, 10), Fraction(13, 10), Fraction(3, 2), Fraction(1, 2)]
)
@pytest.mark.parametrize("model", ["DIN", "USB + OS"])
def test_another_tempo_in_mid_song_is_followed_and_not_taken_for_lost_clocks(factor: Fraction, model: str) -> None:
    one = replace(song(time=EVEN), even=False)
    before = sent(one, 10)[:-1]
    begun = len([message for message in before if message.data == b"\xf8"])
    after = [m for m in sent(one, 14, start=Fraction(20), speed=factor, origin_ns=HOST0_NS + 10 * NS_PER_S)][2:]
    assert begun == 480
    reader = MidiClockInput("clock", [one])
    run = followed(late([*before, *after], model, 4), reader, speeds_between(0.4, 1.6))
    assert reader.miscounted == 0
    last = run.clocks[-200:]
    for clock in last[:100]:
        true_ns = 10 * NS_PER_S + (clock.host_ns - HOST0_NS - 10 * NS_PER_S) * factor
        assert clock.show_ns - one.starts_show_ns == pytest.approx(float(true_ns), abs=3 * NS_PER_MS)


def test_a_tempo_that_is_not_the_maps_is_refused_by_the_chase() -> None:
    one = song()
    run = followed(sent(one, 4, speed=Fraction(126, 120)), MidiClockInput("clock", [one]))
    refusals = [event for event in run.events if event.kind is ChaseKind.WRONG_SPEED]
    assert refusals[0].reason == "playback runs at 1.050×, act says 1×"
    assert not any(clock.running for clock in run.clocks)


def test_stop_ends_the_run_at_once_and_continue_goes_on() -> None:
    one = song()
    messages = sent(one, 3)
    again_ns = HOST0_NS + 5 * NS_PER_S
    messages += sent(one, 3, start=Fraction(6), origin_ns=again_ns)
    run = followed(messages, MidiClockInput("clock", [one]))
    stopped = next(event for event in run.events if event.kind is ChaseKind.STOPPED)
    assert (stopped.stamp_ns, stopped.reason) == (HOST0_NS + 3 * NS_PER_S, "MIDI Stop")
    between = [clock for clock in run.clocks if 3.02 < (clock.host_ns - HOST0_NS) / NS_PER_S < 4.98]
    assert {clock.speed for clock in between} == {0.0}
    after = [clock for clock in run.clocks if clock.running and clock.host_ns > again_ns]
    errors_ns = [clock.show_ns - one.starts_show_ns - 3 * NS_PER_S - (clock.host_ns - again_ns) for clock in after]
    assert max(map(abs, errors_ns)) < 100_000


def test_a_pointer_while_it_stands_shows_where_without_motion() -> None:
    reader = MidiClockInput("clock", [song()])
    [located] = reader.feed(b"\xf2\x40\x00", 5)
    assert located == Reading("clock", Timecode(1, 0, 8, 0), drop=False, stamp_ns=5, frame_ns=0.0, direction=0)
    assert reader.place == 16
    reader.restart()
    assert reader.place is None


def test_a_pause_in_the_clocks_leaves_no_place_and_ends_the_run() -> None:
    one = song()
    messages = sent(one, 6)
    gone = [m for m in messages if not 3.0 < (m.due_ns - HOST0_NS) / NS_PER_S < 4.0]
    found = fed(gone, MidiClockInput("clock", [one]))
    reasons = [f.reason for f in found if isinstance(f, Glitch | PlaybackStopped)]
    assert all("no clock for 1.0 s" in reason for reason in reasons[:2])
    assert max(r.label for r in found if isinstance(r, Reading)) < Timecode(1, 0, 3, 1)


def test_another_song_begins_at_its_beginning() -> None:
    songs = [song("first"), song("second", starts="02:00:00:00")]
    reader = MidiClockInput("clock", songs)
    reader.feed(b"\xf3\x01", 1)
    found = reader.feed(b"\xf2\x10\x00\xfb", 2)
    assert isinstance(found[0], Reading)
    assert found[0].label == Timecode(2, 0, 2, 0)
    selected = reader.feed(b"\xfc\xf3\x00\xfb", 3)
    assert [type(one).__name__ for one in selected] == ["PlaybackStopped", "PlaybackStopped", "Reading"]
    assert reader.place == 0
    unnamed = MidiClockInput("clock", songs)
    assert isinstance(unnamed.feed(b"\xfa", 4)[0], Glitch)
