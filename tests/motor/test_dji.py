"""DJI's packets, against the vendor's vectors and an independent, bitwise CRC."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.codec import MotorComplaint, PositionReport
from cuefocus.motor.dji import (
    CALIBRATE_MANUAL,
    CALIBRATE_MAX,
    CALIBRATE_MIN,
    CALIBRATE_STOP,
    DjiCodec,
    crc16,
    crc32,
    packet,
)

VENDOR_VECTOR = bytes.fromhex("AA1A00030000000022 11A2420E00200030004000011 47B409 7BE".replace(" ", ""))


def bitwise_crc(data: bytes, width: int, poly: int, start: int) -> int:
    """Straight register, one bit at a time, bits of each byte and of the result mirrored (RevEng: refin, refout)."""
    register = start
    for byte in data:
        for bit in range(8):  # least significant first
            feedback = (register >> (width - 1) ^ byte >> bit) & 1
            register = (register << 1 & (1 << width) - 1) ^ (poly if feedback else 0)
    return int(f"{register:0{width}b}"[::-1], 2)


def reply(data: bytes, *, sequence: int = 1) -> bytes:
    """A reply packet on the focus command, with CRCs from the bitwise routine."""
    head = bytes((0xAA, 18 + len(data), 0, 0x20, 0, 0, 0, 0)) + sequence.to_bytes(2, "little")
    body = head + bitwise_crc(head, 16, 0x8005, 0xC55C).to_bytes(2, "little") + b"\x0e\x12" + data
    return body + bitwise_crc(body, 32, 0x04C11DB7, 0xC55C0000).to_bytes(4, "little")


def position_reply(counts: int, state: int = 3) -> bytes:
    return reply(bytes((0, 0x15, 0, state)) + counts.to_bytes(4, "little"))


def test_the_vendors_sample_packet_is_reproduced() -> None:
    assert packet(3, 0x1122, 0x0E, 0x00, bytes.fromhex("2000300040000114")) == VENDOR_VECTOR


def test_focus_packets_match_the_reference() -> None:
    assert DjiCodec(sequence=1).encode_setpoint(0, 2048) == bytes.fromhex(
        "aa17000000000000010010ee0e120100020008c5eda4a5"
    )
    assert DjiCodec(sequence=2).encode_query(0) == bytes.fromhex("aa14000300000000020037ee0e12150014eb7101")
    assert DjiCodec(sequence=3).encode_calibrate(0) == bytes.fromhex("aa1500030000000003003bee0e1202000153cf060a")


@given(data=st.binary(max_size=80))
def test_tables_agree_with_the_bitwise_crc(data: bytes) -> None:
    assert crc16(data) == bitwise_crc(data, 16, 0x8005, 0xC55C)
    assert crc32(data) == bitwise_crc(data, 32, 0x04C11DB7, 0xC55C0000)


@given(counts=st.integers(0, 4095), sequence=st.integers(0, 65_535))
def test_a_setpoint_is_the_general_packet(counts: int, sequence: int) -> None:
    wanted = packet(0, sequence, 0x0E, 0x12, bytes((1, 0, 2)) + counts.to_bytes(2, "little"))
    assert DjiCodec(sequence=sequence).encode_setpoint(0, counts) == wanted


def test_packets_are_numbered_and_the_number_wraps() -> None:
    codec = DjiCodec(sequence=65_535)
    numbers = [codec.encode_setpoint(0, 1)[8:10], codec.encode_query(0)[8:10], codec.encode_calibrate(0)[8:10]]
    assert numbers == [b"\xff\xff", b"\x00\x00", b"\x01\x00"]


def test_calibration_by_hand_is_four_steps() -> None:
    codec = DjiCodec()
    steps = (CALIBRATE_MANUAL, CALIBRATE_MIN, CALIBRATE_MAX, CALIBRATE_STOP)
    assert [codec.encode_calibration_step(0, step)[14:17] for step in steps] == [
        b"\x02\x00\x02",
        b"\x02\x00\x04",
        b"\x02\x00\x05",
        b"\x02\x00\x06",
    ]


@pytest.mark.parametrize("counts", [-1, 4096])
def test_positions_the_wire_cannot_carry_are_refused(counts: int) -> None:
    with pytest.raises(TravelError, match="outside 0…4095"):
        DjiCodec().encode_setpoint(0, counts)


def test_an_impossible_motor_is_refused() -> None:
    with pytest.raises(RigFileError, match="no focus motor 300"):
        DjiCodec().encode_query(300)


def test_positions_are_read_with_their_calibration() -> None:
    codec = DjiCodec()
    assert codec.decode(position_reply(4095)) == [PositionReport(0, 4095, calibrated=True)]
    assert codec.decode(position_reply(7, state=1)) == [PositionReport(0, 7, calibrated=False)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x02\x15\x00", "could not carry"),
        (b"\x01", "could not parse"),
        (b"\xff\x02\x00", "undefined"),
        (b"\x09\x15\x00", "return code 9"),
        (b"\x00\x02\x00\x01", "calibration failed"),
        (b"\x00\x15\x00\x03\x00\x10\x00\x00", "outside 0…4095"),
    ],
)
def test_refusals_are_complaints(data: bytes, reason: str) -> None:
    (complaint,) = DjiCodec().decode(reply(data))
    assert isinstance(complaint, MotorComplaint)
    assert reason in complaint.reason


def test_packets_about_other_things_pass_unseen() -> None:
    angle_push = packet(0, 7, 0x0E, 0x08, bytes(12))
    assert DjiCodec().decode(angle_push + reply(b"\x00\x02\x00\x00")) == []


@given(noise=st.binary(max_size=300), counts=st.integers(0, 4095))
def test_a_clean_packet_after_noise_is_read(noise: bytes, counts: int) -> None:
    codec = DjiCodec()
    found = codec.decode(noise + position_reply(counts))
    assert found[-1:] == [PositionReport(0, counts, calibrated=True)]


@given(cut=st.integers(1, 25), counts=st.integers(0, 4095))
def test_a_cut_packet_costs_itself_only(cut: int, counts: int) -> None:
    codec = DjiCodec()
    found = codec.decode(position_reply(1)[:cut] + position_reply(counts) + position_reply(counts))
    reports = [item for item in found if isinstance(item, PositionReport)]
    assert reports == [PositionReport(0, counts, calibrated=True)] * 2
