"""DJI R SDK: packets for the focus motor of Ronin RS gimbals, positions 0…4095, with read-back.

Source: DJI R SDK Protocol and User Interface v2.5 (2021-06). The packet is the same on any bus; `over_can.py` cuts it.
"""

import struct
from binascii import crc32 as _reflected_crc32

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.codec import SERIAL_BITS_PER_BYTE, MotorComplaint, PositionReport
from cuefocus.motor.noise import NoiseMeter

COUNTS_MAX = 4095
START = 0xAA
HEADER_BYTES = 12  # up to and with CRC16
SETPOINT_BYTES = 23
SHORTEST_BYTES = HEADER_BYTES + 2 + 4
LONGEST_BYTES = 255  # none that concerns a focus motor is longer; longer lengths are noise
CRC16_INIT = 0x3AA3  # 0xC55C reflected
CRC32_INIT = 0x0000_3AA3  # 0xC55C0000 reflected
_CRC16_POLY = 0xA001  # 0x8005 reflected
_ALL_ONES = 0xFFFF_FFFF
NO_REPLY, REPLY_WANTED, IS_REPLY = 0, 3, 0x20
LENS_SET, FOCUS_ID = 0x0E, 0x12
SUB_POSITION, SUB_CALIBRATE, SUB_QUERY = 0x01, 0x02, 0x15
CALIBRATE_AUTO, CALIBRATE_MANUAL, CALIBRATE_MIN, CALIBRATE_MAX, CALIBRATE_STOP = 1, 2, 4, 5, 6
CALIBRATED = 3
_RETURN_CODES = {1: "it could not parse the packet", 2: "it could not carry the order out", 0xFF: "undefined error"}
_SETPOINT = struct.Struct("<8sHHBBBBBH")
_TAIL = struct.Struct("<I")
_POSITION = struct.Struct("<BBBBI")


def _crc16_step(value: int) -> int:
    for _ in range(8):
        value = value >> 1 ^ (_CRC16_POLY if value & 1 else 0)
    return value


_CRC16_TABLE = tuple(_crc16_step(value) for value in range(256))


def crc16(data: bytes, register: int = CRC16_INIT) -> int:
    """CRC of a header's first ten bytes: polynomial 0x8005, reflected both ways."""
    for byte in data:
        register = register >> 8 ^ _CRC16_TABLE[(register ^ byte) & 0xFF]
    return register


def crc32(data: bytes) -> int:
    """CRC of all bytes before it: polynomial 0x04C11DB7, reflected both ways, no final inversion."""
    return _reflected_crc32(data, CRC32_INIT ^ _ALL_ONES) ^ _ALL_ONES


def packet(command_type: int, sequence: int, command_set: int, command_id: int, data: bytes) -> bytes:
    """One whole packet."""
    length = SHORTEST_BYTES + len(data)
    head = struct.pack("<BHBB3xH", START, length, command_type, 0, sequence)
    body = head + struct.pack("<HBB", crc16(head), command_set, command_id) + data
    return body + _TAIL.pack(crc32(body))


_SETPOINT_HEAD = struct.pack("<BHBB3x", START, SETPOINT_BYTES, NO_REPLY, 0)
_SETPOINT_CRC16 = crc16(_SETPOINT_HEAD)


class DjiCodec:
    """Packets for the focus motor; address is the control byte (0 focus, as in the vendor's document).

    Args:
        sequence: number of the first packet; counts up by one a packet.
    """

    counts_max = COUNTS_MAX
    default_address = 0
    feedback = True
    frame_bytes = SETPOINT_BYTES
    line_bits = SETPOINT_BYTES * SERIAL_BITS_PER_BYTE
    default_baud = 115_200
    keep_alive: tuple[bytes, ...] = ()

    def __init__(self, *, sequence: int = 1) -> None:
        self._sequence = sequence & 0xFFFF
        self._buffer = bytearray()
        self._noise = NoiseMeter()

    def encode_setpoint(self, address: int, counts: int) -> bytes:
        """The packet that sends the motor to `counts`; it is not answered. Raises TravelError outside 0…4095."""
        if not 0 <= counts <= COUNTS_MAX:
            raise TravelError(f"{counts} counts is outside 0…{COUNTS_MAX}", where="dji")
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF
        register = _SETPOINT_CRC16 >> 8 ^ _CRC16_TABLE[(_SETPOINT_CRC16 ^ sequence) & 0xFF]
        register = register >> 8 ^ _CRC16_TABLE[(register ^ sequence >> 8) & 0xFF]
        body = _SETPOINT.pack(
            _SETPOINT_HEAD, sequence, register, LENS_SET, FOCUS_ID, SUB_POSITION, _control(address), 2, counts
        )
        return body + _TAIL.pack(crc32(body))

    def encode_query(self, address: int) -> bytes:
        """The packet that asks for the position."""
        return self._packet(REPLY_WANTED, bytes((SUB_QUERY, _control(address))))

    def encode_release(self, address: int) -> bytes:
        """Nothing: the family cannot take torque off by wire."""
        return b""

    def encode_calibrate(self, address: int) -> bytes:
        """The packet that makes the motor find both end stops by itself."""
        return self.encode_calibration_step(address, CALIBRATE_AUTO)

    def encode_calibration_step(self, address: int, step: int) -> bytes:
        """One step of a calibration by hand: CALIBRATE_MANUAL, _MIN at one end, _MAX at the other, _STOP."""
        return self._packet(REPLY_WANTED, bytes((SUB_CALIBRATE, _control(address), step)))

    def decode(self, data: bytes) -> list[PositionReport | MotorComplaint]:
        """Position replies, refusals and noise; packets about other things pass unseen."""
        buffer, found = self._buffer, list[PositionReport | MotorComplaint]()
        buffer += data
        while True:
            start = buffer.find(START)
            skipped = start if start >= 0 else len(buffer)
            found += self._noise.skip(skipped)
            del buffer[:skipped]
            if len(buffer) < HEADER_BYTES:
                return found
            length = (buffer[1] | buffer[2] << 8) & 0x3FF
            sound = SHORTEST_BYTES <= length <= LONGEST_BYTES
            sound = sound and crc16(bytes(buffer[:10])) == buffer[10] | buffer[11] << 8
            if sound and len(buffer) < length:
                return found
            if not sound or crc32(bytes(buffer[: length - 4])) != _TAIL.unpack_from(buffer, length - 4)[0]:
                found += self._noise.skip(1)
                del buffer[0]
                continue
            found += self._noise.settle() + _meaning(bytes(buffer[:length]))
            del buffer[:length]

    def _packet(self, command_type: int, data: bytes) -> bytes:
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF
        return packet(command_type, sequence, LENS_SET, FOCUS_ID, data)


def _control(address: int) -> int:
    if not 0 <= address <= 0xFF:
        raise RigFileError(f"no focus motor {address} on a DJI gimbal", where="dji", hint="the focus motor is 0")
    return address


def _meaning(whole: bytes) -> list[PositionReport | MotorComplaint]:
    """What a sound packet says to us."""
    if not whole[3] & IS_REPLY or whole[12] != LENS_SET or whole[13] != FOCUS_ID:
        return []
    answer = whole[14:-4]
    if len(answer) < 3:
        code = answer[0] if answer else 0xFF
        return [MotorComplaint(0, _refusal(code))] if code else []
    code, sub, address = answer[:3]
    if code:
        return [MotorComplaint(address, _refusal(code))]
    if sub == SUB_QUERY and len(answer) == _POSITION.size:
        _, _, _, state, counts = _POSITION.unpack(answer)
        if counts > COUNTS_MAX:
            return [MotorComplaint(address, f"reports {counts} counts, outside 0…{COUNTS_MAX}")]
        return [PositionReport(address, counts, state == CALIBRATED)]
    if sub == SUB_CALIBRATE and len(answer) > 3 and answer[3]:
        return [MotorComplaint(address, "calibration failed")]
    return []


def _refusal(code: int) -> str:
    return f"refused: {_RETURN_CODES.get(code, f'return code {code}')}"
