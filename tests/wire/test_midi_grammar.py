"""The grammar that fuzzers hold our MIDI reader against, and the reader, which shares nothing with it: they agree."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from benchmarks.midi_line import PAUSES_NS, SIZES, head_for, machine_commands, pieces_of, whole_messages
from cuefocus.wire.machine_control import commands_of, transport_of
from cuefocus.wire.midi_bytes import MidiBytes

telling = st.sampled_from((0xF0, 0xF7, 0xF1, 0xF2, 0xF4, 0xF6, 0xF8, 0xFE, 0x90, 0x99, 0xB0, 0xC1, 0x3C, 0x40, 0))
lines = st.lists(telling | st.integers(0, 255), max_size=60).map(bytes)
data_bytes = st.lists(st.sampled_from((1, 2, 6, 9, 0x44, 0x40, 0x53, 0x77)) | st.integers(0, 0x7F), max_size=20)


@given(lines)
@example(b"\xc1\x05\x06\xf8\x07\xf6\x08")
@example(b"\xf0\x7f\xf8\x01\xf7\xf0\x7e\x90\x3c\x40\x3d\xf7")
def test_whole_messages_are_those_that_our_reader_cuts(line: bytes) -> None:
    ours = [message for message in MidiBytes().feed(line) if len(message) > 1]
    assert [message for _, message in whole_messages(line)] == ours


@given(lines)
def test_a_message_is_whole_with_its_last_byte(line: bytes) -> None:
    for at, message in whole_messages(line):
        assert line[at] == message[-1]
        assert list(whole_messages(line[:at])) == [one for one in whole_messages(line) if one[0] < at]


@given(data_bytes, st.sampled_from((0x7F, 0x11, 0x12)))
def test_machine_control_says_what_our_reader_hears(data: list[int], device: int) -> None:
    message = bytes((0xF0, 0x7F, device, 6, *data, 0xF7))
    plays = [command for command in machine_commands(message, b"\x11\x7f") if command == b"\x02"]
    assert len(plays) == list(transport_of(message, 0x11)).count("play")
    located = [one for one in machine_commands(message, b"\x7f") if one[0] == 0x44 and len(one) > 6 and one[2] == 1]
    assert len(located) == len([one for one in commands_of(message) if isinstance(one, bytes)])


@given(st.binary(max_size=60))
def test_pieces_are_the_line(data: bytes) -> None:
    pieces = pieces_of(data)
    assert b"".join(piece for piece, _ in pieces) == data[8:]
    assert all(0 < len(piece) <= max(SIZES) and pause_ns in PAUSES_NS for piece, pause_ns in pieces)


@pytest.mark.parametrize("size", SIZES)
def test_a_head_cuts_as_it_says(size: int) -> None:
    assert [len(piece) for piece, _ in pieces_of(head_for(size, PAUSES_NS[8]) + bytes(3 * size))] == [size] * 3
