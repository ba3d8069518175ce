"""Tilta's frames, against captured ones and under noise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.codec import MotorComplaint, line_ns
from cuefocus.motor.tilta import CALIBRATE, PINGS, RECORD_OFF, RECORD_ON, TiltaCodec


def test_captured_frames_are_reproduced() -> None:
    """`:01060175270D4F` was captured from a hand unit; the others are printed in the public descriptions."""
    assert TiltaCodec(param=0x75).encode_setpoint(1, 0x270D) == b":01060175270D4F\r\n"
    assert TiltaCodec().encode_setpoint(1, 5000) == b":0106010013885D\r\n"
    assert TiltaCodec().encode_setpoint(1, 1) == b":010601000001F7\r\n"
    assert TiltaCodec().encode_calibrate(1) == b":63060001000294\r\n"
    assert TiltaCodec().keep_alive == (b":96060002000161\r\n", b":C90680000000B1\r\n")


@pytest.mark.parametrize("line", [CALIBRATE, *PINGS, RECORD_ON, RECORD_OFF])
def test_fixed_frames_carry_a_right_check_byte(line: bytes) -> None:
    assert sum(bytes.fromhex(line[1:-2].decode())) % 256 == 0
    assert TiltaCodec().decode(line) == []


def test_the_rolling_byte_grows_by_five_and_wraps() -> None:
    codec = TiltaCodec(param=250)
    assert [codec.encode_setpoint(1, 0)[7:9] for _ in range(3)] == [b"FA", b"FF", b"04"]


def test_each_motor_has_its_bit() -> None:
    assert [TiltaCodec().encode_setpoint(motor, 0)[1:3] for motor in (1, 2, 3, 4)] == [b"01", b"02", b"04", b"08"]


def test_the_command_byte_can_be_changed() -> None:
    assert TiltaCodec(command=5).encode_setpoint(1, 0)[5:7] == b"05"


@pytest.mark.parametrize("counts", [-1, 10_000])
def test_positions_the_wire_cannot_carry_are_refused(counts: int) -> None:
    with pytest.raises(TravelError, match="outside 0…9999"):
        TiltaCodec().encode_setpoint(1, counts)


@pytest.mark.parametrize("address", [0, 5, -1])
def test_motors_that_cannot_be_are_refused(address: int) -> None:
    with pytest.raises(RigFileError, match="no motor"):
        TiltaCodec().encode_setpoint(address, 0)


def test_a_frame_is_seventeen_bytes_and_one_and_a_half_milliseconds() -> None:
    codec = TiltaCodec()
    assert len(codec.encode_setpoint(1, 9999)) == codec.frame_bytes == 17
    assert line_ns(codec) == 1_475_695
    assert line_ns(codec, 1_000_000) == 170_000


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b":01060175270D50\r\n", "wrong check byte"),
        (b":0106\r\n", "too short"),
        (b":hello\r\n", "not hexadecimal"),
        (b":0186027\r\n", "not hexadecimal"),
        (b":01860277\r\n", "Modbus exception 2"),
    ],
)
def test_wrong_lines_are_named(line: bytes, reason: str) -> None:
    (complaint,) = TiltaCodec().decode(line)
    assert isinstance(complaint, MotorComplaint)
    assert reason in complaint.reason


@given(counts=st.integers(0, 9999), motor=st.integers(1, 4), noise=st.binary(max_size=600).map(lambda n: n + b"\n"))
def test_an_echo_after_noise_is_no_complaint_of_its_own(counts: int, motor: int, noise: bytes) -> None:
    codec = TiltaCodec()
    codec.decode(noise)
    codec.decode(TiltaCodec().encode_setpoint(motor, counts))  # ends what the noise began
    assert codec.decode(TiltaCodec().encode_setpoint(motor, counts)) == []
