"""Too many MIDI clocks, and too few: counted right, or no place; never a wrong one in silence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from random import Random

import pytest

from cuefocus.anchors.tempo_map import TempoMap
from cuefocus.chase.clock_input import MidiClockInput
from cuefocus.chase.musical import Song
from cuefocus.chase.speeds import speeds_between
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.midi_clock import CLOCKS_PER_QUARTER
from cuefocus.wire.sent_timecode import Message
from tests.chase.simulated import HOST0_NS
from tests.chase.songs import song
from tests.chase.test_clock_input import followed, late, off_ms, sent

CLOCK = b"\xf8"
NOBODY = "clocks were lost or doubled and nobody can say how many: locate it again"


@dataclass(frozen=True, slots=True)
class Heard:
    reader: MidiClockInput
    off_ms: Sequence[float]
    glitches: Sequence[str]
    stops: Sequence[str]

    @property
    def worst_ms(self) -> float:
        return max(map(abs, self.off_ms))


def at_tempo(tempo: float) -> Song:
    return song(time=TempoMap([(0, round(60e6 / tempo))], [(0, 4, 4)], 480))


def heard(of: Song, messages: Sequence[Message], model: str = "DIN", seed: int = 1) -> Heard:
    """What is made of messages that are sent when they are due."""
    channel, reader = LateChannel(DELAYS[model], seed), MidiClockInput("clock", [of])
    inorder = sorted(messages, key=lambda message: message.due_ns)
    found = [one for message in inorder for one in reader.feed(message.data, channel.stamp(message.due_ns))]
    off_ms = [
        (one.label.show_ns(of.rate) - of.starts_show_ns - (one.stamp_ns - HOST0_NS)) / NS_PER_MS
        for one in found
        if isinstance(one, Reading) and one.direction
    ]
    glitches = [one.reason for one in found if isinstance(one, Glitch)]
    return Heard(reader, off_ms, glitches, [one.reason for one in found if isinstance(one, PlaybackStopped)])


def also(at_s: float, every_ms: float, count: int) -> list[Message]:
    """A second sender's clocks."""
    return [Message(HOST0_NS + round(at_s * NS_PER_S + n * every_ms * NS_PER_MS), CLOCK) for n in range(count)]


@pytest.mark.parametrize("behind_ms", [1, 7, 10, 14, 19])
@pytest.mark.parametrize("count", [1, 2, 3, 6, 12])
def test_clocks_too_many_are_counted_out(behind_ms: float, count: int) -> None:
    one = song()
    run = heard(one, [*sent(one, 14), *also(8.0 + behind_ms / 1000, 125 / 6, count)])
    assert run.worst_ms < 10.0, "a clock is 20.8 ms"
    assert run.glitches
    if run.reader.place is not None:
        assert max(map(abs, run.off_ms[-25:])) < 1.0
        assert run.reader.miscounted == count


@pytest.mark.parametrize("every_ms", [125 / 6, 22.3, 17.0])
def test_a_second_sender_takes_the_place_and_says_so(every_ms: float) -> None:
    one = song()
    run = heard(one, [*sent(one, 14), *also(8.003, every_ms, round(1000 / every_ms))])
    assert run.worst_ms < 10.0
    assert len(run.glitches) == 1
    assert run.glitches[0].startswith(NOBODY)
    assert run.stops[0] == run.glitches[0], "the racks do not run on"
    assert run.reader.place is None
    run.reader.feed(b"\xfc\xf2\x10\x00\xfb", HOST0_NS + 20 * NS_PER_S)
    assert run.reader.place == 4, "a locate is the cure"


def test_a_clock_lost_at_a_fast_tempo_on_a_late_channel_is_counted() -> None:
    one, random = at_tempo(240), Random(1)
    messages = [
        Message(message.due_ns + round(random.expovariate(1 / 2.0) * NS_PER_MS), message.data)
        for message in sent(one, 14)
    ]
    del messages[642]
    run = heard(one, messages)
    assert (len(run.glitches), run.reader.miscounted) == (1, 1)
    assert max(map(abs, run.off_ms[-25:])) < 2.0


@pytest.mark.parametrize("tempo", [60, 117.5, 200])
@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
@pytest.mark.parametrize("ppm", [400, -400])
def test_clocks_that_only_come_late_are_never_in_doubt_for_long(tempo: float, model: str, ppm: int) -> None:
    one = at_tempo(tempo)
    run = heard(one, sent(one, 30, speed=1 + Fraction(ppm, 1_000_000)), model, 3)
    assert (run.glitches, run.reader.miscounted, run.stops) == ([], 0, ["MIDI Stop"])


def thinned(messages: list[Message], random: Random, begin_ns: int) -> list[Message]:
    until_ns = begin_ns + random.choice((200, 500, 1000)) * NS_PER_MS
    return [m for m in messages if m.data != CLOCK or not begin_ns < m.due_ns < until_ns or random.random() > 0.3]


def thickened(messages: list[Message], random: Random, begin_ns: int) -> list[Message]:
    every_ns, count = random.uniform(5, 60) * NS_PER_MS, random.randint(1, 60)
    return messages + [Message(begin_ns + round(number * every_ns), CLOCK) for number in range(count)]


def robbed(messages: list[Message], random: Random, begin_ns: int) -> list[Message]:
    at = next(number for number, message in enumerate(messages) if message.due_ns > begin_ns)
    return messages[:at] + messages[at + random.randint(1, 12) :]


@pytest.mark.parametrize("harm", [thinned, thickened, robbed])
@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_lost_or_comes_between_no_place_is_wrong_in_silence(
    harm: Callable[[list[Message], Random, int], list[Message]], seed: int
) -> None:
    random = Random(seed)
    tempo, model = random.choice((60, 90, 120, 160, 240)), random.choice(("DIN", "USB", "USB + OS", "network"))
    one, begin_ns = at_tempo(tempo), HOST0_NS + round(random.uniform(3.0, 9.0) * NS_PER_S)
    run = heard(one, harm(sent(one, 13), random, begin_ns), model, seed)
    clock_ms = 60_000 / tempo / CLOCKS_PER_QUARTER
    assert run.reader.place is None or abs(run.off_ms[-1]) < 0.3 * clock_ms
    assert run.reader.place is not None or any("locate" in glitch for glitch in run.glitches)


def test_clocks_of_which_nobody_said_where_are_told_once() -> None:
    """They may have been playing before anybody listened, or since the port was away."""
    one, messages = song(), [message for message in sent(song(), 4) if message.data == CLOCK]
    run = heard(one, messages)
    [told] = run.glitches
    assert told == "clocks come, but nobody has said where in the song it is: locate it again, or start it"
    run.reader.restart()
    again = [found for message in messages for found in run.reader.feed(message.data, message.due_ns)]
    assert [found.reason for found in again if isinstance(found, Glitch)] == [told]
    stands = MidiClockInput("clock", [one])
    stands.feed(b"\xfc", HOST0_NS)
    assert [found for message in messages for found in stands.feed(message.data, message.due_ns)] == []


def test_another_song_in_mid_run_is_told_to_have_no_place() -> None:
    reader = MidiClockInput("clock", [song("first"), song("second", starts="02:00:00:00")])
    reader.feed(b"\xf3\x00\xfa", HOST0_NS)
    [stopped, told] = reader.feed(b"\xf3\x01", HOST0_NS + NS_PER_S)
    assert isinstance(stopped, PlaybackStopped)
    assert isinstance(told, Glitch)
    assert "song 1 was selected while it plays, and nobody has said where in it: locate it again" in told.reason
    reader.feed(b"\xfc", HOST0_NS + 2 * NS_PER_S)
    [stopped] = reader.feed(b"\xf3\x00", HOST0_NS + 3 * NS_PER_S)
    assert reader.place == 0


def losing(messages: Sequence[Message], share: float, begin_ns: int, random: Random | None = None) -> list[Message]:
    """Messages without a share of the clocks from a moment on: evenly, or by chance."""
    kept: list[Message] = []
    owed = 0.0
    for message in messages:
        if message.data == CLOCK and message.due_ns >= begin_ns:
            owed += share
            if owed >= 1.0 if random is None else random.random() < share:
                owed -= 1.0
                continue
        kept.append(message)
    return kept


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize("share", [0.15, 0.3, 0.45])
@pytest.mark.parametrize("model", ["DIN", "USB"])
@pytest.mark.parametrize("by_chance", [False, True])
def test_clocks_lost_all_the_time_are_no_slower_tempo(even: bool, share: float, model: str, by_chance: bool) -> None:
    """At 240 bpm, in mid-song: what is counted right goes on; else the place is given up and that is told."""
    one = replace(at_tempo(240), even=even)
    messages = losing(sent(one, 30)[:-1], share, HOST0_NS + 5 * NS_PER_S, Random(5) if by_chance else None)
    run = heard(one, messages, model)
    assert run.worst_ms < 80.0, "a few clocks at most before it is seen"
    if run.reader.place is None:
        assert any(glitch.startswith(NOBODY) for glitch in run.glitches)
        assert run.stops[-1].startswith(NOBODY)
    else:
        assert abs(run.off_ms[-1]) < 5.0


@pytest.mark.parametrize("even", [True, False])
@pytest.mark.parametrize(("tempo", "share", "seed"), [(120, 0.2, 2), (120, 0.3, 4), (240, 0.3, 3), (240, 0.3, 4)])
def test_clocks_lost_from_the_first_bar_on_never_lead_to_a_wrong_place(
    tempo: float, share: float, seed: int, even: bool
) -> None:
    """Where nothing was heard before them only the tempo map says which steps are single."""
    one = replace(at_tempo(tempo), even=even)
    messages = losing(sent(one, 8), share, HOST0_NS, Random(seed))
    reader = MidiClockInput("clock", [one])
    run = followed(late(messages, "DIN", seed), reader, None if even else speeds_between(0.4, 1.6))
    assert max(map(abs, off_ms(run, one)), default=0.0) < 40.0
    assert reader.place is None


@pytest.mark.parametrize("factor", [Fraction(8, 10), Fraction(94, 100)])
@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS"])
def test_a_slower_tempo_is_not_taken_for_lost_clocks(factor: Fraction, model: str) -> None:
    one = at_tempo(240)
    run = heard(one, sent(one, 10, speed=factor), model, 2)
    assert not [glitch for glitch in run.glitches if glitch.startswith(NOBODY)]
