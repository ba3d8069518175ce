"""What doctor says of timecode messages: whether they are any, how regular they are, what is torn."""

from fractions import Fraction

import pytest

from cuefocus.app.listen_clock import clock_findings
from cuefocus.app.listen_lateness import lateness_ms
from cuefocus.app.listen_messages import findings, understood_art_net, understood_midi
from cuefocus.shells.message_turns import Message
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetRun, timecode_packet
from cuefocus.wire.mtc import encoder
from cuefocus.wire.mtc.encoder import MtcRun, full_frame

RATE = RATES["29.97df"]
START = Timecode(1, 0, 0, 0)


def quarter_frames(count: int, *, held_up_ms: float = 0.0, speed: int = 1) -> list[Message]:
    run = MtcRun(RATE, START, NS_PER_S, Fraction(speed))
    pieces = [run.piece(index) for index in range(count)]
    late_ns = round(held_up_ms * NS_PER_MS)
    return [Message(each.message, each.due_ns + late_ns * (number % 50 == 0)) for number, each in enumerate(pieces)]


def said(messages: list[Message]) -> list[tuple[str, str]]:
    told = understood_midi(messages)
    return [(found.severity, found.problem) for found in findings("MIDI timecode", told, len(messages), "look")]


@pytest.mark.parametrize("speed", [1, -1])
def test_good_timecode_is_named_with_its_rate_and_how_late_it_comes(speed: int) -> None:
    ((severity, problem),) = said(quarter_frames(400, speed=speed))
    assert severity == "note"
    assert "MIDI timecode counted at 29.97df frames a second" in problem
    assert problem.endswith("at worst 0.00 ms")


def test_messages_that_are_held_up_are_a_warning() -> None:
    assert ("warning", "messages are held up by up to 25 ms") in said(quarter_frames(400, held_up_ms=25.0))


def test_torn_words_are_a_warning() -> None:
    messages = quarter_frames(400)
    del messages[::30]
    assert any("torn" in problem for severity, problem in said(messages) if severity == "warning")


@pytest.mark.parametrize(
    ("messages", "problem"),
    [
        ([], "nothing arrives"),
        ([Message(b"\x90\x40\x40", 1)] * 5, "5 messages, but no MIDI timecode"),
        ([Message(full_frame(START, RATE), 1)], "MIDI timecode stands still at 01:00:00;00"),
    ],
)
def test_what_is_no_running_timecode_is_said(messages: list[Message], problem: str) -> None:
    assert said(messages)[0][1] == problem


def test_midi_timecode_of_full_frames_alone_is_told_to_be_no_motion() -> None:
    labels = [Timecode(1, 0, 0, frames) for frames in range(0, 20, 2)]
    pairs = ((full_frame(label, RATE), *encoder.quarter_frames(label, RATE)) for label in labels)
    words = [Message(data, NS_PER_S) for pair in pairs for data in pair]
    (found,) = findings("MIDI timecode", understood_midi(words), len(words), "look")
    assert (found.severity, "places, but no motion" in found.problem) == ("error", True)


def test_art_net_is_understood_and_what_is_none_is_counted() -> None:
    run = ArtNetRun(RATE, START, NS_PER_S)
    messages = [Message(data, due_ns) for due_ns, data in (run.packet(index) for index in range(60))]
    told = understood_art_net([*messages, Message(b"noise", 1), Message(b"", 1)])
    assert (len(told.words), len(told.torn)) == (60, 1)
    assert lateness_ms(told.stamps_ns)[1] < 0.01
    two = [
        Message(data, message.stamp_ns + at, f"10.0.0.{at}")
        for message in messages
        for at, data in ((1, message.data), (2, timecode_packet(Timecode(5, 0, 0, 0), RATE)))
    ]
    told = understood_art_net(two)
    assert len(told.words) == 60
    rivals, counted = findings("Art-Net timecode", told, 120, "look")
    assert (rivals.severity, "10.0.0.1 and 10.0.0.2; 10.0.0.1 is followed" in rivals.problem) == ("warning", True)
    assert "01:00:00;00 to 01:00:01;29" in counted.problem
    assert understood_art_net(two, "10.0.0.2").words[0][0].hours == 5
    still = understood_art_net([Message(timecode_packet(START, RATE), 1)] * 3)
    (found,) = findings("Art-Net timecode", still, 3, "look")
    assert "stands still" in found.problem


def clocks(*leading: bytes, count: int = 96) -> list[Message]:
    """A tempo of 120 after some other messages."""
    first = [Message(data, 0) for data in leading]
    return [*first, *(Message(b"\xf8", NS_PER_S + number * NS_PER_S // 48) for number in range(count))]


@pytest.mark.parametrize(
    ("messages", "says"),
    [
        ([], "nothing arrives"),
        ([Message(b"\x90\x40\x40", 0)], "1 messages, but no MIDI clock"),
        (clocks(), "nobody says where in the song it is"),
        (clocks(b"\xf2\x10\x00", b"\xfb"), "it plays, from quarter 4 to 7.95833"),
        (clocks(b"\xf2\x10\x00"), "it stands, at quarter 4"),
        (clocks(b"\xfb"), "Continue, but nobody said where"),
    ],
)
def test_midi_clock_in_words(messages: list[Message], says: str) -> None:
    found = clock_findings(messages)
    assert any(says in finding.problem for finding in found)
    if len(messages) > 2:
        assert "MIDI clock at 120.0 beats a minute" in found[0].problem
