"""Messages that are timecode become readings; a flood of others neither holds the conductor nor fills the journal."""

from collections import deque
from collections.abc import Sequence
from fractions import Fraction

import pytest

from cuefocus.chase.clock_input import MidiClockInput
from cuefocus.chase.inputs import ArtNetInput, MtcInput
from cuefocus.engine.ports import SourceEvent
from cuefocus.shells.message_source import MessageSource
from cuefocus.shells.message_turns import MOST_A_TURN, Counted, Message, Standing
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetRun
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.mtc.encoder import MtcRun
from tests.chase.songs import song

RATE = RATES["25"]
START = Timecode(1, 0, 0, 0)
BEGIN_NS = 5 * NS_PER_S


Came = Message | Standing | Counted


class Queue:
    """An inlet that hands out what was put into it."""

    def __init__(self, *came: Came) -> None:
        self.came: deque[Came] = deque(came)
        self.next_due_ns: int | None = None

    def fileno(self) -> int:
        return -1

    def receive(self) -> Came | None:
        return self.came.popleft() if self.came else None

    def close(self) -> None:
        self.came.clear()


class Hand:
    """A clock turned by hand."""

    def __init__(self) -> None:
        self.now_ns = BEGIN_NS

    def __call__(self) -> int:
        return self.now_ns


def all_of(source: MessageSource, hand: Hand) -> list[Reading | Glitch | SourceEvent]:
    heard = source.pump()
    while (due_ns := source.next_due_ns) is not None:
        hand.now_ns = due_ns
        heard += source.pump()
    return heard


SONG = song()


def clocks(first: int, count: int, begin_ns: int = BEGIN_NS) -> list[Message]:
    places = (SONG.time.media_ns(Fraction(number, 24)) for number in range(first, first + count))
    return [Message(b"\xf8", begin_ns + place_ns) for place_ns in places]


def quarter_frames(count: int) -> Sequence[Message]:
    run = MtcRun(RATE, START, BEGIN_NS)
    return [Message(run.piece(index).message, run.piece(index).due_ns) for index in range(count)]


def test_quarter_frames_become_readings_of_the_moment_they_were_due() -> None:
    hand = Hand()
    source = MessageSource("net", Queue(Standing(True, "port"), *quarter_frames(400)), MtcInput("net"), clock_ns=hand)
    opened, *heard = all_of(source, hand)
    assert opened == SourceEvent("net", BEGIN_NS, "opened", "port")
    readings = [event for event in heard if isinstance(event, Reading)]
    assert len(readings) >= 45
    for reading in readings:
        frames = reading.label.frame_number(RATE) - START.frame_number(RATE)
        assert reading.stamp_ns == pytest.approx(BEGIN_NS + frames * RATE.frame_ns, abs=1000)


class Stops:
    """A listener to whom each message says that playback stopped."""

    def feed(self, data: bytes, stamp_ns: int) -> list[PlaybackStopped]:
        return [PlaybackStopped("daw", data.decode(), stamp_ns)]

    def restart(self) -> None:
        pass


def test_the_word_that_playback_stopped_is_the_sources_own_event() -> None:
    hand = Hand()
    source = MessageSource("daw", Queue(Message(b"it stopped", BEGIN_NS - 5)), Stops(), clock_ns=hand)
    assert all_of(source, hand) == [SourceEvent("daw", BEGIN_NS - 5, "stopped", "it stopped")]


def test_a_turn_takes_a_bounded_number_of_messages_and_then_rests() -> None:
    hand = Hand()
    queue = Queue(*[Message(b"\x90\x40\x40", BEGIN_NS)] * (3 * MOST_A_TURN))
    source = MessageSource("net", queue, MtcInput("net"), clock_ns=hand)
    source.pump()
    assert len(queue.came) == 2 * MOST_A_TURN
    assert source.pump() == []
    assert len(queue.came) == 2 * MOST_A_TURN, "it rests"
    assert source.next_due_ns == BEGIN_NS + 4 * NS_PER_MS


def test_what_is_no_timecode_is_one_event_a_second() -> None:
    hand = Hand()
    queue = Queue()
    source = MessageSource("desk", queue, ArtNetInput("desk"), clock_ns=hand)
    told = []
    for _ in range(30):
        queue.came.extend([Message(b"noise", hand.now_ns)] * 10)
        told += all_of(source, hand)
        hand.now_ns += 100 * NS_PER_MS
    glitches = [event for event in told if isinstance(event, Glitch)]
    assert len(glitches) == len(told) == 3
    assert "a datagram that is not Art-Net" in glitches[-1].reason
    assert "100" in glitches[-1].reason
    alarms = [str(fields["text"]) for fields in source.news(hand.now_ns)]
    assert alarms == ["source desk: a datagram that is not Art-Net"], "told when it begins"
    last_ns = hand.now_ns - 100 * NS_PER_MS
    assert not source.news(last_ns + 4900 * NS_PER_MS)
    [over] = source.news(last_ns + 5 * NS_PER_S)
    assert "over, the last of 300 like it in 3 s" in str(over["text"]), "and when it ends"
    assert not source.news(hand.now_ns + 60 * NS_PER_S)


def test_comings_and_goings_are_told_once_each() -> None:
    hand = Hand()
    here, gone, again = Standing(True, "port", 1), Standing(False, "the port is gone", 1), Standing(True, "port", 2)
    queue = Queue(here, here, gone, gone, again)
    source = MessageSource("net", queue, MtcInput("net"), clock_ns=hand)
    events = [event for event in source.pump() if isinstance(event, SourceEvent)]
    assert [event.kind for event in events] == ["opened", "lost", "opened"]
    assert [fields["kind"] for fields in source.news(hand.now_ns)] == ["opened", "lost", "opened"]


def test_a_port_that_is_tried_in_vain_again_and_again_is_lost_once() -> None:
    hand = Hand()
    tries = [Standing(False, "no such port", opening) for opening in range(1, 9)]
    source = MessageSource("net", Queue(*tries, Standing(True, "port", 9)), MtcInput("net"), clock_ns=hand)
    assert [event.kind for event in all_of(source, hand) if isinstance(event, SourceEvent)] == ["lost", "opened"]
    assert len(source.news(hand.now_ns)) == 2


def test_a_successor_does_not_tell_the_session_again_that_a_port_is_open() -> None:
    source = MessageSource("net", Queue(Standing(True, "port")), MtcInput("net"), resumed=True, clock_ns=Hand())
    assert source.pump() == []


def test_a_port_that_was_away_begins_anew_with_whole_words() -> None:
    hand = Hand()
    pieces = quarter_frames(800)
    queue = Queue(Standing(True, "port", 1), *pieces[:404], Standing(True, "port", 2), *pieces[500:])
    source = MessageSource("net", queue, MtcInput("net"), clock_ns=hand)
    readings = [event for event in all_of(source, hand) if isinstance(event, Reading)]
    for reading in readings:
        frames = reading.label.frame_number(RATE) - START.frame_number(RATE)
        assert reading.stamp_ns == pytest.approx(BEGIN_NS + frames * RATE.frame_ns, abs=1000)


def test_messages_that_nobody_fetched_are_told() -> None:
    queue = Queue(Standing(True, "port", 1, dropped=0), Standing(True, "port", 1, dropped=7))
    source = MessageSource("net", queue, MtcInput("net"), clock_ns=Hand())
    source.pump()
    assert any("7 messages lost" in str(fields.get("text")) for fields in source.news(0))


def test_datagrams_become_readings() -> None:
    hand = Hand()
    run = ArtNetRun(RATE, START, BEGIN_NS)
    packets = [run.packet(index) for index in range(50)]
    queue = Queue(*[Message(data, due_ns) for due_ns, data in packets])
    heard = all_of(MessageSource("desk", queue, ArtNetInput("desk"), clock_ns=hand), hand)
    readings = [event for event in heard if isinstance(event, Reading)]
    assert len(readings) == 50
    assert readings[-1].stamp_ns == pytest.approx(packets[-1][0], abs=1000)


def test_of_two_senders_one_is_followed_and_the_operator_is_told_of_both() -> None:
    hand = Hand()
    one, other = ArtNetRun(RATE, START, BEGIN_NS), ArtNetRun(RATE, Timecode(5, 0, 0, 0), BEGIN_NS + NS_PER_MS)
    queue = Queue()
    for index in range(50):
        for run, host in ((one, "10.0.0.1"), (other, "10.0.0.2")):
            due_ns, data = run.packet(index)
            queue.came.append(Message(data, due_ns, host, 6454))
    source = MessageSource("desk", queue, ArtNetInput("desk"), clock_ns=hand)
    readings = [event for event in all_of(source, hand) if isinstance(event, Reading)]
    assert {reading.label.hours for reading in readings} == {1}
    alarms = [fields["text"] for fields in source.news(hand.now_ns) if fields["event"] == "alarm"]
    said = "two senders of Art-Net timecode: 10.0.0.1 and 10.0.0.2; 10.0.0.1 is followed"
    assert alarms == [f"source desk: {said}"]


def test_a_stop_of_playback_is_the_sources_own_event() -> None:
    hand = Hand()
    came = [Message(b"\xfa", BEGIN_NS), *clocks(0, 48), Message(b"\xfc", BEGIN_NS + NS_PER_S)]
    heard = all_of(MessageSource("daw", Queue(*came), MidiClockInput("daw", [SONG]), clock_ns=hand), hand)
    assert heard[-1] == SourceEvent("daw", BEGIN_NS + NS_PER_S, "stopped", "MIDI Stop")
    assert isinstance(heard[0], Reading)
    assert heard[0].direction == 0


def test_a_successor_in_mid_song_takes_the_ears_count() -> None:
    """Clocks carry no place: without it, playback would have to be started again."""
    hand = Hand()
    queue = Queue(*clocks(1000, 8), Counted(1008, None), *clocks(1008, 60), Counted(5, None), *clocks(1068, 10))
    source = MessageSource("daw", queue, MidiClockInput("daw", [SONG]), resumed=True, clock_ns=hand)
    readings = [one for one in all_of(source, hand) if isinstance(one, Reading)]
    assert len(readings) > 10
    for reading in readings:
        media_ns = reading.label.show_ns(RATE) - SONG.starts_show_ns
        assert reading.stamp_ns == pytest.approx(BEGIN_NS + media_ns, abs=1000)


def test_the_operator_sees_bar_and_tempo_three_times_a_second() -> None:
    hand = Hand()
    queue = Queue(Standing(True, "port"), Message(b"\xfa", BEGIN_NS), *clocks(0, 24 * 4 + 1))
    source = MessageSource("daw", queue, MidiClockInput("daw", [SONG]), clock_ns=hand)
    all_of(source, hand)
    song_told = {"act": "song", "bar": 2, "beat": 1, "tempo": 120.0, "running": True}
    shown = [event["song"] for event in source.news(hand.now_ns) if "song" in event]
    assert shown == [song_told]
    assert source.news(hand.now_ns + 100 * NS_PER_MS) == []
    queue.came.append(Message(b"\xfc", BEGIN_NS + 3 * NS_PER_S))
    all_of(source, hand)
    told = source.news(hand.now_ns + NS_PER_S)
    assert [event["song"] for event in told] == [{**song_told, "running": False}]
