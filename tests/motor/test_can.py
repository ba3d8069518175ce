"""CAN frames as slcan text and as kernel records, and packets cut into them."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.motor.can_frames import CanFrame, frame_bits, pack_record, unpack_record
from cuefocus.motor.codec import MotorComplaint, PositionReport, line_ns
from cuefocus.motor.dji import DjiCodec, packet
from cuefocus.motor.over_can import OverSlcan, OverSocketCan
from cuefocus.motor.slcan import SlcanReader, encode_frame


@st.composite
def frames(draw: st.DrawFn) -> CanFrame:
    extended, remote = draw(st.booleans()), draw(st.booleans())
    can_id = draw(st.integers(0, 0x1FFF_FFFF if extended else 0x7FF))
    data = draw(st.binary(max_size=8))
    return CanFrame(can_id, bytes(len(data)) if remote else data, extended, remote)


def test_frames_as_the_adapters_manual_prints_them() -> None:
    assert encode_frame(CanFrame(0x100, b"")) == b"t1000\r"
    assert encode_frame(CanFrame(0x7FF, bytes.fromhex("1122"))) == b"t7FF21122\r"
    assert encode_frame(CanFrame(0x12ABCDEF, bytes.fromhex("99"), extended=True)) == b"T12ABCDEF199\r"
    assert encode_frame(CanFrame(0x100, bytes(3), remote=True)) == b"r1003\r"


@given(frame=frames())
def test_encode_then_read_is_the_identity(frame: CanFrame) -> None:
    assert SlcanReader().feed(encode_frame(frame)) == [frame]
    assert unpack_record(pack_record(frame)) == frame


@given(frame=frames(), stamp=st.integers(0, 0xFFFF))
def test_an_adapters_time_stamp_is_passed_over(frame: CanFrame, stamp: int) -> None:
    assert SlcanReader().feed(encode_frame(frame)[:-1] + b"%04X\r" % stamp) == [frame]


@given(noise=st.binary(max_size=200), frame=frames())
def test_a_clean_frame_after_noise_is_read(noise: bytes, frame: CanFrame) -> None:
    assert SlcanReader().feed(noise + encode_frame(frame))[-1] == frame


@given(stream=st.lists(st.one_of(st.binary(max_size=90), frames().map(encode_frame))), cuts=st.data())
def test_any_split_gives_the_same_frames(stream: list[bytes], cuts: st.DataObject) -> None:
    whole = b"".join(stream)
    cut = cuts.draw(st.integers(0, len(whole)))
    reader = SlcanReader()
    bytewise = SlcanReader()
    wanted = SlcanReader().feed(whole)
    assert reader.feed(whole[:cut]) + reader.feed(whole[cut:]) == wanted
    assert [item for i in range(len(whole)) for item in bytewise.feed(whole[i : i + 1])] == wanted


def test_acknowledgements_pass_and_refusals_are_complaints() -> None:
    assert SlcanReader().feed(b"\r\rz\rV1013\rF00\r") == []
    (complaint,) = SlcanReader().feed(b"\x07")
    assert isinstance(complaint, MotorComplaint)
    assert "refused" in complaint.reason


def test_kernel_records_are_laid_out_as_the_kernel_does() -> None:
    record = pack_record(CanFrame(0x123, b"\x01\x02", extended=True))
    assert record == struct.pack("=I", 0x80000123) + b"\x02\0\0\0\x01\x02" + bytes(6)
    assert unpack_record(struct.pack("=IB3x8s", 0x2000_0004, 8, bytes(8))) is None
    assert unpack_record(struct.pack("=IB3x8s", 0x123, 9, bytes(8))) is None


def test_a_setpoint_is_three_frames_in_order() -> None:
    text = OverSlcan(DjiCodec()).encode_setpoint(0, 2048)
    assert text == b"t2238AA17000000000000\rt2238010010EE0E120100\rt2237020008C5EDA4A5\r"
    records = OverSocketCan(DjiCodec()).encode_setpoint(0, 2048)
    pieces = [unpack_record(records[at : at + 16]) for at in range(0, len(records), 16)]
    assert b"".join(piece.data for piece in pieces if piece) == DjiCodec().encode_setpoint(0, 2048)
    assert {piece.can_id for piece in pieces if piece} == {0x223}


def test_line_time_follows_the_framing() -> None:
    assert frame_bits(8) == 135  # 111 bits and 24 stuff bits
    assert line_ns(OverSlcan(DjiCodec()), 1_000_000) == 640_000
    assert line_ns(OverSocketCan(DjiCodec())) == (2 * frame_bits(8) + frame_bits(7)) * 1000
    assert OverSlcan(DjiCodec()).frame_bytes == len(OverSlcan(DjiCodec()).encode_setpoint(0, 4095))
    assert OverSocketCan(DjiCodec()).frame_bytes == 48


REPLY = packet(0x20, 9, 0x0E, 0x12, bytes((0, 0x15, 0, 3, 0x10, 2, 0, 0)))


@pytest.mark.parametrize("wrong_id", [0x221, 0x223])
def test_frames_of_others_on_the_bus_pass_unseen(wrong_id: int) -> None:
    ours = [REPLY[at : at + 8] for at in range(0, len(REPLY), 8)]
    text = b"".join(encode_frame(CanFrame(wrong_id, b"\xaa\xaa")) + encode_frame(CanFrame(0x222, d)) for d in ours)
    assert OverSlcan(DjiCodec()).decode(text) == [PositionReport(0, 0x210, calibrated=True)]
    records = b"".join(pack_record(CanFrame(wrong_id, b"\xaa")) + pack_record(CanFrame(0x222, d)) for d in ours)
    assert OverSocketCan(DjiCodec()).decode(records) == [PositionReport(0, 0x210, calibrated=True)]
