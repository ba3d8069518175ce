"""From a MIDI library's thread to the conductor: messages apart, stamps kept, a writer that never waits."""

import os
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from itertools import count

import pytest

from cuefocus.chase.clock_input import MidiClockInput
from cuefocus.shells.message_source import MessageSource
from cuefocus.shells.message_turns import Counted, Message, Standing
from cuefocus.shells.midi_pipe import LONGEST_MESSAGE, MidiInlet, MidiPipe, MidiWriter
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch, Reading
from tests.chase.songs import song


@pytest.fixture
def pipe() -> Iterator[MidiPipe]:
    made = MidiPipe()
    yield made
    made.close()


@pytest.fixture
def writer(pipe: MidiPipe) -> Iterator[MidiWriter]:
    made = MidiWriter(os.dup(pipe.write_fd))
    yield made
    made.close()


@pytest.fixture
def inlet(pipe: MidiPipe) -> Iterator[MidiInlet]:
    made = MidiInlet(os.dup(pipe.read_fd))
    yield made
    made.close()


def test_messages_come_out_as_they_went_in(pipe: MidiPipe, writer: MidiWriter, inlet: MidiInlet) -> None:
    assert pipe.empty
    writer.tell(is_open=True, text="MIDI input 'Déck'", opening=77)
    writer.put(b"\xf1\x00", 123_456_789_012_345)
    writer.put(bytes(LONGEST_MESSAGE + 1), 1)
    writer.put(b"\xf0\x7f\x7f\x01\x01\x21\x00\x00\x00\xf7", 2)
    assert [pipe.empty] == [False]
    assert inlet.receive() == Standing(True, "MIDI input 'Déck'", 77)
    assert inlet.receive() == Message(b"\xf1\x00", 123_456_789_012_345)
    assert inlet.receive() == Message(b"\xf0\x7f\x7f\x01\x01\x21\x00\x00\x00\xf7", 2)
    assert inlet.receive() is None


def test_what_nobody_fetches_is_counted_and_told(writer: MidiWriter, inlet: MidiInlet) -> None:
    while not writer.dropped:
        writer.put(b"\xf1\x00", 1)
    fetched = 0
    while inlet.receive() is not None:
        fetched += 1
    assert fetched >= 1000, "ten seconds of quarter frames"
    writer.tell(is_open=True, text="", opening=1)
    standing = inlet.receive()
    assert isinstance(standing, Standing)
    assert standing.dropped == writer.dropped


def test_the_ears_notice_that_nobody_is_left(pipe: MidiPipe, writer: MidiWriter, inlet: MidiInlet) -> None:
    inlet.close()
    assert writer.tell(is_open=True, text="", opening=1), "`run` still holds the other end"
    pipe.close()
    assert not writer.tell(is_open=True, text="", opening=1)


def test_the_conductor_notices_that_nobody_is_left(pipe: MidiPipe, writer: MidiWriter, inlet: MidiInlet) -> None:
    writer.close()
    pipe.close()
    standing = inlet.receive()
    assert isinstance(standing, Standing)
    assert not standing.is_open
    assert inlet.fileno() == -1
    assert inlet.receive() is None


def test_clocks_are_counted_on_the_way_for_whoever_comes_later(writer: MidiWriter, inlet: MidiInlet) -> None:
    for number, data in enumerate([b"\xf8", b"\xf3\x02", b"\xf2\x04\x00", b"\xfb", *[b"\xf8"] * 7, b"\xfc", b"\xf8"]):
        writer.put(data, number)
    came: list[object] = []
    while (one := inlet.receive()) is not None:
        came.append(one)
    counted = [(place, one) for place, one in enumerate(came) if isinstance(one, Counted)]
    assert counted == [(10, Counted(30, 2))], "after the sixth clock, so the next one is the thirtieth"


@pytest.mark.parametrize("lost", [1, 3])
def test_a_successor_takes_up_what_its_predecessor_counted_right(
    writer: MidiWriter, inlet: MidiInlet, lost: int
) -> None:
    of = song()
    clocks = [of.time.media_ns(Fraction(number, 24)) for number in range(24 * 16)]
    at = 300
    first = MessageSource("daw", inlet, MidiClockInput("daw", [of]), clock_ns=ticking())
    writer.put(b"\xfa", 0)
    for number, at_ns in enumerate(clocks[: at + lost + 60]):
        if not at <= number < at + lost:
            writer.put(b"\xf8", NS_PER_S + at_ns)
    heard = taken(first)
    assert any(isinstance(one, Glitch) for one in heard)
    for at_ns in clocks[at + lost + 60 : at + lost + 66]:
        writer.put(b"\xf8", NS_PER_S + at_ns)
    while inlet.receive() is not None:  # nobody conducts
        pass
    reader = MidiClockInput("daw", [of])
    second = MessageSource("daw", inlet, reader, resumed=True, clock_ns=ticking())
    for at_ns in clocks[at + lost + 66 :]:
        writer.put(b"\xf8", NS_PER_S + at_ns)
    readings = [one for one in taken(second) if isinstance(one, Reading)]
    assert reader.place is not None
    assert reader.place * 24 == len(clocks)
    assert readings
    for reading in readings:
        media_ns = reading.label.show_ns(of.rate) - of.starts_show_ns
        assert reading.stamp_ns == pytest.approx(NS_PER_S + media_ns, abs=1000)


def test_what_was_said_of_an_older_place_is_not_counted_in(writer: MidiWriter, inlet: MidiInlet) -> None:
    writer.put(b"\xfa", 0)
    for number in range(7):
        writer.put(b"\xf8", number)
    while inlet.receive() is not None:
        pass
    inlet.correct(5)
    writer.put(b"\xf2\x10\x00", 8)  # a locate came first
    for number in range(6):
        writer.put(b"\xf8", 10 + number)
    counted = []
    while (came := inlet.receive()) is not None:
        counted += [came.clocks] if isinstance(came, Counted) else []
    assert counted[-1] == 16 * 6 + 6


def ticking() -> Callable[[], int]:
    """A clock that shows a second more each time."""
    return partial(next, count(0, NS_PER_S))


def taken(source: MessageSource) -> list[object]:
    """All that has come."""
    heard: list[object] = list(source.pump())
    while source.next_due_ns is not None:
        heard += source.pump()
    return heard
