"""Tilta Nucleus (M, Nano, N) by wire: Modbus-ASCII function 06 at 115200 8N1, positions 0…9999, no read-back.

Source: public descriptions of the wired Nucleus protocol (err4o4/tilta-nucleus and its issues 2 and 3,
RainbowLabsDE/Fujinon2TiltaNucleus); the vendor gives its own only under agreement.
"""

from collections.abc import Sequence

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.codec import SERIAL_BITS_PER_BYTE, MotorComplaint, PositionReport
from cuefocus.motor.noise import NO_ADDRESS, NoiseMeter

COUNTS_MAX = 9999
FRAME_BYTES = 17
MOTORS = 4
PARAM_STEP = 5  # RainbowLabs: the second register byte grows by 5 from packet to packet
WRITE_REGISTER = 0x06
EXCEPTION_BIT = 0x80  # Modbus over serial line V1.02 §2.3
PINGS = (b":96060002000161\r\n", b":C90680000000B1\r\n")
CALIBRATE = b":63060001000294\r\n"
RECORD_ON = b":C9060000000130\r\n"
RECORD_OFF = b":C9060000000031\r\n"
_LONGEST_LINE_BYTES = 64


class TiltaCodec:
    """Frames for up to four motors on one line; address 1…4 is the motor's number (its bit in DEV).

    Args:
        command: register page of the focus set-point; 1 as captured from hand units, 5 in other descriptions.
        param: what the first packet carries in the rolling second register byte.
    """

    counts_max = COUNTS_MAX
    default_address = 1
    feedback = False
    frame_bytes = FRAME_BYTES
    line_bits = FRAME_BYTES * SERIAL_BITS_PER_BYTE
    default_baud = 115_200
    keep_alive: Sequence[bytes] = PINGS

    def __init__(self, *, command: int = 1, param: int = 0) -> None:
        if not 0 <= command <= 0xFF:
            raise RigFileError(f"tilta command {command} is no byte", hint="use 1, or 5 for other firmware")
        self._command, self._param = command, param & 0xFF
        self._heads = {n: (1 << (n - 1)) for n in range(1, MOTORS + 1)}
        self._buffer = bytearray()
        self._noise = NoiseMeter()

    def encode_setpoint(self, address: int, counts: int) -> bytes:
        """The frame that sends the motor to `counts`. Raises TravelError outside 0…9999."""
        if not 0 <= counts <= COUNTS_MAX:
            raise TravelError(f"{counts} counts is outside 0…{COUNTS_MAX}", where="tilta")
        device = self._device(address)
        command, param = self._command, self._param
        self._param = (param + PARAM_STEP) & 0xFF
        lrc = -(device + WRITE_REGISTER + command + param + (counts >> 8) + counts) & 0xFF
        return b":%02X06%02X%02X%04X%02X\r\n" % (device, command, param, counts, lrc)

    def encode_query(self, address: int) -> bytes:
        """Nothing: the family has no read-back."""
        return b""

    def encode_release(self, address: int) -> bytes:
        """Nothing: the family cannot take torque off by wire."""
        return b""

    def encode_calibrate(self, address: int) -> bytes:
        """The frame that calibrates every motor on the line (DEV 0x63)."""
        return CALIBRATE

    def decode(self, data: bytes) -> list[PositionReport | MotorComplaint]:
        """Complaints only: echoes and other hand units' frames are fine and say nothing of where the motor stands."""
        buffer, found = self._buffer, list[PositionReport | MotorComplaint]()
        buffer += data
        while buffer:
            start = buffer.find(b":")
            found += self._noise.skip(start if start >= 0 else len(buffer))
            del buffer[: start if start >= 0 else len(buffer)]
            if not buffer:
                break
            end = buffer.find(b"\n", 1, _LONGEST_LINE_BYTES)
            again = buffer.find(b":", 1, end if end >= 0 else _LONGEST_LINE_BYTES)
            if again >= 0:  # a frame torn by the next one
                found += self._noise.skip(again)
                del buffer[:again]
            elif end >= 0:
                found += self._noise.settle() + _complaints(bytes(buffer[1:end]))
                del buffer[: end + 1]
            elif len(buffer) >= _LONGEST_LINE_BYTES:
                found += self._noise.skip(1)
                del buffer[:1]
            else:
                break
        return found

    def _device(self, address: int) -> int:
        try:
            return self._heads[address]
        except KeyError:
            raise RigFileError(
                f"no motor {address} on a Tilta line", where="tilta", hint=f"motors are 1…{MOTORS}"
            ) from None


def _complaints(line: bytes) -> list[MotorComplaint]:
    """What is wrong with the text between `:` and LF; nothing for a sound frame."""
    try:
        frame = bytes.fromhex(line.decode("ascii"))
    except ValueError:
        return [MotorComplaint(NO_ADDRESS, "a line that is not hexadecimal")]
    if len(frame) < 3:
        return [MotorComplaint(NO_ADDRESS, "a line too short for a frame")]
    if sum(frame) & 0xFF:
        return [MotorComplaint(NO_ADDRESS, "a line with a wrong check byte")]
    if frame[1] & EXCEPTION_BIT:
        return [MotorComplaint(_motor_number(frame[0]), f"refused with Modbus exception {frame[2]}")]
    return []


def _motor_number(device: int) -> int:
    return device.bit_length() if device in (1, 2, 4, 8) else NO_ADDRESS
