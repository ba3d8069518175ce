"""Art-Net timecode (ArtTimeCode): one datagram a frame, both ways.

Source: Art-Net 4 protocol specification, Artistic Licence, "ArtTimeCode": UDP port 6454, the opcode low byte first,
the protocol version high byte first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Final

from cuefocus.errors import TimecodeError
from cuefocus.timebase.frames import RATES, FrameRate, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch

PORT: Final = 6454
PACKET_BYTES: Final = 19
ART_NET_RATES: Final = (RATES["24"], RATES["25"], RATES["29.97df"], RATES["30"])
"""How labels count, by the type byte: film, EBU, drop-frame, SMPTE."""

OP_TIMECODE: Final = b"\x00\x97"
VERSION: Final = 14
"""The oldest that may be believed."""
_MAGIC: Final = b"Art-Net\0"


@dataclass(frozen=True, slots=True)
class ArtTimeCode:
    """One datagram.

    Args:
        label: the frame that begins when it is sent.
        rate: how labels count; 24 also carries 23.976, and 30 also 29.97 non-drop.
        stream: which of a sender's timecodes; 0 is the main one, and all that older senders have.
    """

    label: Timecode
    rate: FrameRate
    stream: int = 0


class ArtNetDecoder:
    """Reads datagrams from Art-Net's port; what is not timecode is passed over.

    Args:
        source: id of the source, for glitches.
        stream: the stream to follow; None follows all, as older senders need.

    `others` counts Art-Net datagrams of other kinds and streams, `malformed` those that are no Art-Net timecode.
    """

    def __init__(self, source: str, *, stream: int | None = None) -> None:
        self._source, self._stream = source, stream
        self.others = 0
        self.malformed = 0

    def feed(self, datagram: bytes, stamp_ns: int) -> ArtTimeCode | Glitch | None:
        """Take one datagram that arrived at `stamp_ns`, host ns."""
        if datagram[:8] == _MAGIC and len(datagram) >= 10 and datagram[8:10] != OP_TIMECODE:
            self.others += 1
            return None
        packet = _parsed(datagram)
        if isinstance(packet, str):
            self.malformed += 1
            return Glitch(self._source, packet, stamp_ns)
        if self._stream is not None and packet.stream != self._stream:
            self.others += 1
            return None
        return packet


def _parsed(datagram: bytes) -> ArtTimeCode | str:
    """The timecode, or why there is none."""
    if datagram[:8] != _MAGIC:
        return "a datagram that is not Art-Net"
    if len(datagram) < PACKET_BYTES:
        return f"Art-Net timecode of {len(datagram)} bytes, not {PACKET_BYTES}"
    version = int.from_bytes(datagram[10:12], "big")
    if version < VERSION:
        return f"Art-Net version {version}, before {VERSION}"
    stream, frames, seconds, minutes, hours, kind = datagram[13:PACKET_BYTES]
    if kind >= len(ART_NET_RATES):
        return f"Art-Net timecode of unknown type {kind}"
    label, rate = Timecode(hours, minutes, seconds, frames), ART_NET_RATES[kind]
    if not label.exists_in(rate):
        return f"Art-Net timecode {label.text(rate)} does not exist at {rate.name} fps"
    return ArtTimeCode(label, rate, stream)


def timecode_packet(label: Timecode, rate: FrameRate, *, stream: int = 0) -> bytes:
    """The datagram that says `label` begins now.

    Args:
        label: the frame that begins.
        rate: how labels count; above 30 fps the frame pair's half count is sent.
        stream: 0 to 255.

    Raises: TimecodeError for a label that does not exist, or a rate that Art-Net cannot carry.
    """
    label.frame_number(rate)
    kind = {24: 0, 25: 1, 30: 2 if rate.drop else 3}.get(rate.word_nominal)
    if kind is None:
        raise TimecodeError(f"Art-Net timecode does not carry {rate.name} fps", hint="it counts 24, 25 or 30")
    body = bytes((0, stream, label.frames // rate.pair, label.seconds, label.minutes, label.hours, kind))
    return _MAGIC + OP_TIMECODE + VERSION.to_bytes(2, "big") + body


@dataclass(frozen=True, slots=True)
class ArtNetRun:
    """Playback at one constant speed, as datagrams with the moment each is due.

    Args:
        rate: how labels count; above 30 fps a datagram is sent for each pair of frames.
        start: the label at `origin_ns`; of a pair, its first frame.
        origin_ns: host time at which it begins.
        speed: media frames per frame, exact; negative is reverse.
        stream: 0 to 255.

    Raises: TimecodeError if `start` does not exist at `rate`; ValueError at speed 0.
    """

    rate: FrameRate
    start: Timecode
    origin_ns: int
    speed: Fraction = Fraction(1)
    stream: int = 0

    def __post_init__(self) -> None:
        self.start.frame_number(self.rate)
        if self.speed == 0:
            raise ValueError("a run needs a speed")

    def packet(self, index: int) -> tuple[int, bytes]:
        """When datagram number `index`, counted from 0, is due (host ns), and its bytes."""
        rate, direction = self.rate, 1 if self.speed > 0 else -1
        first = self.start.frame_number(rate) // rate.pair
        label = timecode_at_frame((first + direction * index) * rate.pair, rate)
        due_ns = self.origin_ns + round(index * rate.pair * NS_PER_S / (rate.fps * abs(self.speed)))
        return due_ns, timecode_packet(label, rate, stream=self.stream)

    def packets(self) -> Iterator[tuple[int, bytes]]:
        """All datagrams of the run, without end."""
        return map(self.packet, count())
