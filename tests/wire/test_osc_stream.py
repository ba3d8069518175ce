"""OSC over TCP, in either framing, in pieces of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.osc import MOST_BYTES
from cuefocus.wire.osc_stream import OscStream

GO = b"/cuefocus/go\0\0\0\0,\0\0\0"
ODD = b"/a\0\0,b\0\0\0\0\0\4\xc0\xdb\xdc\xdd"
SLIP_GO = b"\xc0" + GO + b"\xc0"
SLIP_ODD = b"\xc0/a\0\0,b\0\0\0\0\0\4\xdb\xdc\xdb\xdd\xdc\xdd\xc0"
LENGTH_GO, LENGTH_ODD = b"\0\0\0\x14" + GO, b"\0\0\0\x10" + ODD


@pytest.mark.parametrize(
    ("stream", "framing"),
    [(SLIP_GO + SLIP_ODD, "slip"), (SLIP_GO[1:] + SLIP_ODD, "slip"), (LENGTH_GO + LENGTH_ODD, "length")],
)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_packets_come_out_however_the_stream_is_cut(stream: bytes, framing: str, size: int) -> None:
    reader = OscStream()
    found = [packet for at in range(0, len(stream), size) for packet in reader.feed(stream[at : at + size])]
    assert found == [GO, ODD]
    assert reader.framing == framing
    assert reader.framed(ODD) == (SLIP_ODD if framing == "slip" else LENGTH_ODD)


def test_a_stream_that_is_no_osc_is_lost_and_stays_so() -> None:
    reader = OscStream()
    assert reader.feed(b"GET / HTTP/1.1\r\n") == []
    assert "no OSC" in reader.lost
    assert reader.feed(SLIP_GO) == []


def test_a_length_nobody_means_and_a_packet_without_an_end_are_lost() -> None:
    reader = OscStream()
    assert reader.feed(LENGTH_GO + b"\0\xff\xff\xff") == [GO]
    assert "16777215 bytes" in reader.lost
    endless = OscStream()
    endless.feed(b"/")
    for _ in range(3):
        endless.feed(b"x" * MOST_BYTES)
    assert "without an end" in endless.lost


@given(st.lists(st.binary(max_size=40), max_size=30))
def test_no_bytes_raise(pieces: list[bytes]) -> None:
    reader = OscStream()
    for piece in pieces:
        assert all(len(packet) <= MOST_BYTES for packet in reader.feed(piece))


@given(st.lists(st.binary(min_size=1, max_size=60), max_size=8), st.sampled_from([b"\xc0", b"\0\0\0\x04/a\0\0"]))
def test_what_is_framed_is_read_back(packets: list[bytes], opening: bytes) -> None:
    sender, reader = OscStream(), OscStream()
    sender.feed(opening)
    reader.feed(opening)
    assert [out for packet in packets for out in reader.feed(sender.framed(packet))] == packets
