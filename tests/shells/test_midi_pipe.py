"""From a MIDI library's thread to the conductor: messages apart, stamps kept, a writer that never waits."""

import os
from collections.abc import Iterator

import pytest

from cuefocus.shells.message_turns import Counted, Message, Standing
from cuefocus.shells.midi_pipe import LONGEST_MESSAGE, MidiInlet, MidiPipe, MidiWriter


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
