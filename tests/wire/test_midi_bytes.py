"""MIDI bytes cut into messages."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.midi_bytes import MidiBytes

data_bytes = st.integers(0, 127)
channel_messages = st.builds(
    lambda status, first, second: bytes((status, first) if status >> 4 in (0xC, 0xD) else (status, first, second)),
    st.integers(0x80, 0xEF), data_bytes, data_bytes,
)  # fmt: skip
common_messages = st.one_of(
    st.builds(lambda data: bytes((0xF1, data)), data_bytes),
    st.builds(lambda first, second: bytes((0xF2, first, second)), data_bytes, data_bytes),
    st.builds(lambda data: bytes((0xF3, data)), data_bytes),
    st.just(b"\xf6"),
    st.builds(lambda body: b"\xf0" + bytes(body) + b"\xf7", st.lists(data_bytes, max_size=20)),
)
messages = st.one_of(channel_messages, common_messages, st.builds(lambda b: bytes((b,)), st.integers(0xF8, 0xFF)))


def cut(data: bytes) -> list[bytes]:
    return list(MidiBytes().feed(data))


@given(sent=st.lists(messages))
def test_whole_messages_come_out_as_they_went_in(sent: list[bytes]) -> None:
    assert cut(b"".join(sent)) == sent


@given(data=st.binary(max_size=200), cuts=st.lists(st.integers(0, 200)))
def test_any_split_gives_the_same_messages(data: bytes, cuts: list[int]) -> None:
    reader, found = MidiBytes(), []
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for first, last in pairwise(edges):
        found += list(reader.feed(data[first:last]))
    assert found == cut(data)


@given(noise=st.binary(max_size=100), message=common_messages)
def test_a_clean_message_is_read_whatever_came_before(noise: bytes, message: bytes) -> None:
    reader = MidiBytes()
    list(reader.feed(noise + (b"\xf6" if not noise.endswith(b"\xf0") else b"")))
    assert list(reader.feed(message)) == [message]


def test_running_status_counts_for_channel_messages_only() -> None:
    assert cut(bytes.fromhex("90 3C 40 3E 41")) == [b"\x90\x3c\x40", b"\x90\x3e\x41"]
    assert cut(bytes.fromhex("F1 04 10")) == [b"\xf1\x04"]


def test_real_time_bytes_stand_anywhere() -> None:
    assert cut(bytes.fromhex("F1 F8 04")) == [b"\xf8", b"\xf1\x04"]
    assert cut(bytes.fromhex("F0 7F FE 01 F7")) == [b"\xfe", b"\xf0\x7f\x01\xf7"]


def test_a_torn_exclusive_message_is_dropped_and_counted() -> None:
    reader = MidiBytes()
    assert list(reader.feed(bytes.fromhex("F0 7F 7F 01 F1 04"))) == [b"\xf1\x04"]
    assert reader.dropped == 4


def test_an_endless_exclusive_message_takes_no_memory() -> None:
    reader = MidiBytes()
    assert list(reader.feed(b"\xf0" + bytes(1_000_000))) == []
    assert list(reader.feed(b"\xf1\x04")) == [b"\xf1\x04"]
    assert reader.dropped >= 4096
