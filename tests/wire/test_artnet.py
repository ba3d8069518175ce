"""Art-Net timecode: exact bytes, and datagrams that are not what they say."""

from fractions import Fraction
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import TimecodeError
from cuefocus.timebase.frames import RATES, FrameRate, Timecode, parse_timecode, timecode_at_frame
from cuefocus.wire.artnet import ART_NET_RATES, ArtNetDecoder, ArtNetRun, ArtTimeCode, timecode_packet
from cuefocus.wire.events import Glitch

VECTOR = bytes.fromhex("4172742D4E657400 0097 000E 00 00 04030201 01")


def test_a_packet_has_the_bytes_of_the_reference() -> None:
    """reference/showcontrol.md: 01:02:03:04 at 25 fps."""
    assert timecode_packet(Timecode(1, 2, 3, 4), RATES["25"]) == VECTOR
    assert ArtNetDecoder("art").feed(VECTOR, 5) == ArtTimeCode(Timecode(1, 2, 3, 4), RATES["25"])


@given(rate=st.sampled_from(ART_NET_RATES), stream=st.integers(0, 255), data=st.data())
def test_encode_then_decode_is_the_identity(rate: FrameRate, stream: int, data: st.DataObject) -> None:
    label = timecode_at_frame(data.draw(st.integers(0, rate.frames_per_day - 1)), rate)
    packet = timecode_packet(label, rate, stream=stream)
    assert ArtNetDecoder("art").feed(packet, 0) == ArtTimeCode(label, rate, stream)


@given(datagram=st.one_of(st.binary(max_size=40), st.binary(max_size=20).map(lambda tail: VECTOR[:10] + tail)))
def test_noise_never_raises_and_is_counted(datagram: bytes) -> None:
    decoder = ArtNetDecoder("art")
    found = decoder.feed(datagram, 0)
    assert isinstance(found, Glitch) == (decoder.malformed == 1)
    assert (found is None) == (decoder.others == 1)


def changed(at: int, byte: int) -> bytes:
    return VECTOR[:at] + bytes((byte,)) + VECTOR[at + 1 :]


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (VECTOR[:18], "Art-Net timecode of 18 bytes, not 19"),
        (changed(11, 13), "Art-Net version 13, before 14"),
        (changed(18, 4), "unknown type 4"),
        (changed(14, 25), "01:02:03:25 does not exist at 25 fps"),
        (changed(17, 24), "24:02:03:04 does not exist"),
        (b"Art-Nut\0" + VECTOR[8:], "not Art-Net"),
        (b"", "not Art-Net"),
    ],
)
def test_what_is_wrong_is_named(datagram: bytes, reason: str) -> None:
    found = ArtNetDecoder("art").feed(datagram, 5)
    assert isinstance(found, Glitch)
    assert reason in found.reason


def test_padding_newer_versions_and_other_messages_are_no_fault() -> None:
    decoder = ArtNetDecoder("art")
    assert decoder.feed(VECTOR + bytes(41), 0) == ArtTimeCode(Timecode(1, 2, 3, 4), RATES["25"])
    assert decoder.feed(changed(11, 15), 0) is not None
    assert decoder.feed(changed(9, 0x50), 0) is None  # ArtDmx
    assert (decoder.others, decoder.malformed) == (1, 0)


def test_one_stream_of_several_can_be_chosen() -> None:
    decoder = ArtNetDecoder("art", stream=2)
    assert decoder.feed(changed(13, 1), 0) is None
    assert decoder.feed(changed(13, 2), 0) == ArtTimeCode(Timecode(1, 2, 3, 4), RATES["25"], 2)


@pytest.mark.parametrize("speed", [Fraction(1), Fraction(-1), Fraction(25, 24)])
@pytest.mark.parametrize("rate", list(RATES.values()), ids=str)
def test_a_run_says_each_frame_when_it_begins(rate: FrameRate, speed: Fraction) -> None:
    start = parse_timecode("01:10:00:02" if not rate.drop else "01:10:00;02", rate)
    decoder = ArtNetDecoder("art")
    for index, (due_ns, datagram) in enumerate(islice(ArtNetRun(rate, start, 77, speed, stream=3).packets(), 100)):
        found = decoder.feed(datagram, due_ns)
        assert isinstance(found, ArtTimeCode)
        step = index if speed > 0 else -index
        assert found.label.frame_number(found.rate) == start.frame_number(rate) // rate.pair + step
        assert due_ns == 77 + round(index * rate.pair * 10**9 / (rate.fps * abs(speed)))


def test_what_art_net_cannot_carry_is_refused() -> None:
    with pytest.raises(TimecodeError, match="does not carry 12 fps"):
        timecode_packet(Timecode(0, 0, 0, 0), FrameRate("12", Fraction(12), 12, drop=False, pair=1))
    with pytest.raises(TimecodeError, match="does not exist"):
        ArtNetRun(RATES["29.97df"], Timecode(0, 1, 0, 0), 0)
    with pytest.raises(ValueError, match="speed"):
        ArtNetRun(RATES["25"], Timecode(0, 0, 0, 0), 0, Fraction(0))
