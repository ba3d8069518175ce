"""CueFocus' own bridge: one JSON object a datagram, for any motor that has no driver of its own.

Grown from IO Builder's `{"f": 0-100.0, "i": …, "z": …, "f_cal": false}` with a sequence number and an optional
read-back. The wire is described in docs/bridge-protocol.md.
"""

import json

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.codec import MotorComplaint, PositionReport
from cuefocus.motor.noise import NO_ADDRESS, NoiseMeter
from cuefocus.wire.plain import plain

COUNTS_MAX = 65_535
AXIS_LETTERS = "fiz"  # focus, iris, zoom: addresses 0, 1, 2
_LONGEST_BYTES = 512
_PERCENT_PER_COUNT = 100.0 / COUNTS_MAX


class BridgeCodec:
    """Datagrams for one box; address 0 focus, 1 iris, 2 zoom.

    Args:
        feedback: whether the box answers `_get`; one that does not is driven blind.
        sequence: number of the first datagram; counts up by one, wraps at 2³².
    """

    counts_max = COUNTS_MAX
    default_address = 0
    line_bits = 0
    default_baud = 1_000_000_000
    keep_alive: tuple[bytes, ...] = ()

    def __init__(self, *, feedback: bool = True, sequence: int = 1) -> None:
        self.feedback = feedback
        self._sequence = sequence
        self._heads = [letter.encode("ascii") for letter in AXIS_LETTERS]
        self.frame_bytes = len(b'{"f":100.0000,"seq":4294967295}')
        self._buffer = bytearray()
        self._noise = NoiseMeter()

    def encode_setpoint(self, address: int, counts: int) -> bytes:
        """The datagram that sends the motor to `counts`. Raises TravelError outside 0…65535."""
        if not 0 <= counts <= COUNTS_MAX:
            raise TravelError(f"{counts} counts is outside 0…{COUNTS_MAX}", where="bridge")
        return b'{"%b":%.4f,"seq":%d}' % (self._letter(address), counts * _PERCENT_PER_COUNT, self._next())

    def encode_query(self, address: int) -> bytes:
        """The datagram that asks for the position; empty for a box that does not answer."""
        return b'{"%b_get":true,"seq":%d}' % (self._letter(address), self._next()) if self.feedback else b""

    def encode_release(self, address: int) -> bytes:
        """The datagram that switches the motor off (a negative position)."""
        return b'{"%b":-1,"seq":%d}' % (self._letter(address), self._next())

    def encode_calibrate(self, address: int) -> bytes:
        """The datagram that makes the box calibrate the motor."""
        return b'{"%b_cal":true,"seq":%d}' % (self._letter(address), self._next())

    def decode(self, data: bytes) -> list[PositionReport | MotorComplaint]:
        """Position answers, complaints of the box, and noise. Objects are flat, so `}` ends one."""
        buffer, found = self._buffer, list[PositionReport | MotorComplaint]()
        buffer += data
        while (end := buffer.find(b"}")) >= 0:
            start = buffer.rfind(b"{", 0, end)
            fits = start >= 0 and end - start <= _LONGEST_BYTES
            answer = _object(bytes(buffer[start : end + 1])) if fits else None
            del buffer[: end + 1]
            if answer is None:
                found += self._noise.skip(end + 1)
                continue
            found += self._noise.skip(start) + self._noise.settle() + _meaning(answer)
        if len(buffer) > _LONGEST_BYTES:
            surplus = len(buffer) - _LONGEST_BYTES
            found += self._noise.skip(surplus)
            del buffer[:surplus]
        return found

    def _letter(self, address: int) -> bytes:
        if not 0 <= address < len(self._heads):
            raise RigFileError(f"no motor {address} on a bridge", where="bridge", hint="0 focus, 1 iris, 2 zoom")
        return self._heads[address]

    def _next(self) -> int:
        sequence = self._sequence
        self._sequence = (sequence + 1) & 0xFFFF_FFFF
        return sequence


def _object(text: bytes) -> dict[str, object] | None:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _meaning(answer: dict[str, object]) -> list[PositionReport | MotorComplaint]:
    found = list[PositionReport | MotorComplaint]()
    for address, letter in enumerate(AXIS_LETTERS):
        percent = answer.get(f"{letter}_pos")
        if percent is None:
            continue
        if isinstance(percent, bool) or not isinstance(percent, int | float) or not 0.0 <= percent <= 100.0:
            found.append(MotorComplaint(address, f"reports position {percent!r}, outside 0…100"))
            continue
        calibrated = answer.get(f"{letter}_calibrated", True) is True
        found.append(PositionReport(address, round(percent / _PERCENT_PER_COUNT), calibrated))
    if "error" in answer:
        found.append(MotorComplaint(NO_ADDRESS, f"the bridge says: {plain(str(answer['error']))}"))
    return found
