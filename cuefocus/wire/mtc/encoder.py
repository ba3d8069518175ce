"""MIDI timecode to send: quarter frames with the moment each is due, and full frames.

Source: MIDI Time Code and Cueing, supplement to MIDI 1.0 (1987): four quarter frames a frame, evenly spread; a word
begins on an even frame (x42/ltc-tools does the same).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import NamedTuple

from cuefocus.errors import TimecodeError
from cuefocus.timebase.frames import FrameRate, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.mtc.word import FRAMES_PER_WORD, PIECES_PER_FRAME, PIECES_PER_WORD, nibbles_of

_ALL_DEVICES = 0x7F


@dataclass(frozen=True, slots=True)
class MtcPiece:
    """One quarter frame to be sent.

    Args:
        due_ns: when, host ns.
        message: its two bytes.
    """

    due_ns: int
    message: bytes


@dataclass(frozen=True, slots=True)
class MtcRun:
    """Playback at one constant speed, as MIDI timecode.

    Args:
        rate: how labels count. Above 30 fps words count at half the rate; 23.976 is sent as 24, 29.97 non-drop as 30.
        start: the label at `origin_ns`. The first word begins with the first even frame from there.
        origin_ns: host time at which `start` begins.
        speed: media frames per frame, exact; negative is reverse.

    Raises: TimecodeError if `start` does not exist at `rate`; ValueError at speed 0, which sends nothing.
    """

    rate: FrameRate
    start: Timecode
    origin_ns: int
    speed: Fraction = Fraction(1)

    def __post_init__(self) -> None:
        self.start.frame_number(self.rate)
        if self.speed == 0:
            raise ValueError("a run needs a speed; a standstill is told by a full frame")

    @property
    def direction(self) -> int:
        """1 forward, -1 reverse."""
        return 1 if self.speed > 0 else -1

    def piece(self, index: int) -> MtcPiece:
        """Quarter frame number `index` of the run, counted from 0; its time depends on no other's."""
        first, wait_frames = self._first_word()
        place = PIECES_PER_FRAME * first + self.direction * index
        quarters = PIECES_PER_FRAME * wait_frames + index
        word_fps = self.rate.fps / self.rate.pair
        after_ns = quarters * NS_PER_S / (PIECES_PER_FRAME * word_fps * abs(self.speed))
        message = quarter_frame_at(place, self.rate, direction=self.direction).message
        return MtcPiece(self.origin_ns + round(after_ns), message)

    def pieces(self) -> Iterator[MtcPiece]:
        """All quarter frames of the run, without end."""
        return map(self.piece, count())

    def _first_word(self) -> tuple[int, Fraction]:
        """Count of the first word's frame at the wire's rate, and how many of its frames after the origin it begins."""
        frames = Fraction(self.start.frame_number(self.rate), self.rate.pair)
        steps = frames / FRAMES_PER_WORD * self.direction
        first = FRAMES_PER_WORD * self.direction * -(-steps.numerator // steps.denominator)
        return first, abs(first - frames)


class QuarterFrame(NamedTuple):
    """A quarter frame's two bytes, and whether a word begins with it."""

    message: bytes
    begins: bool


def quarter_frame_at(place: int, rate: FrameRate, *, direction: int = 1) -> QuarterFrame:
    """The quarter frame that is sent where media passes a quarter of a frame.

    Args:
        place: quarters of a frame (over 30 fps: of a pair) from 00:00:00:00; any past midnight, or before.
        rate: how labels count.
        direction: 1 forward; -1 reverse, where a word names the frame that its piece 7 was sent at.

    Raises: TimecodeError as for `rate_code`.
    """
    word, part = divmod(place * direction, PIECES_PER_WORD)
    label = timecode_at_frame(FRAMES_PER_WORD * word * direction * rate.pair, rate)
    wire = Timecode(label.hours, label.minutes, label.seconds, label.frames // rate.pair)
    piece = part if direction > 0 else PIECES_PER_WORD - 1 - part
    return QuarterFrame(bytes((0xF1, piece << 4 | nibbles_of(wire, rate_code(rate))[piece])), part == 0)


def quarter_frames(label: Timecode, rate: FrameRate, *, direction: int = 1) -> list[bytes]:
    """The eight messages of one word, in the order they are sent.

    Args:
        label: the frame on air when the first of them is sent.
        rate: how labels count; 30 fps or below.
        direction: 1 forward, -1 reverse.

    Raises: TimecodeError as for `rate_code`, or for a label that does not exist.
    """
    label.frame_number(rate)
    pieces = [bytes((0xF1, piece << 4 | nibble)) for piece, nibble in enumerate(nibbles_of(label, rate_code(rate)))]
    return pieces if direction > 0 else pieces[::-1]


def full_frame(label: Timecode, rate: FrameRate, *, device: int = _ALL_DEVICES) -> bytes:
    """The message that says where playback stands (a locate).

    Args:
        label: the frame playback stands at.
        rate: how labels count; above 30 fps the frame pair's half count is sent.
        device: 0 to 127, 127 for all.

    Raises: TimecodeError as for `rate_code`, or for a label that does not exist.
    """
    label.frame_number(rate)
    hours = rate_code(rate) << 5 | label.hours
    frames = label.frames // rate.pair
    return bytes((0xF0, 0x7F, device, 0x01, 0x01, hours, label.minutes, label.seconds, frames, 0xF7))


def rate_code(rate: FrameRate) -> int:
    """The two rate bits.

    Raises: TimecodeError for a rate that MIDI timecode cannot carry.
    """
    code = {24: 0, 25: 1, 30: 2 if rate.drop else 3}.get(rate.word_nominal)
    if code is None:
        raise TimecodeError(f"MIDI timecode does not carry {rate.name} fps", hint="it counts 24, 25 or 30")
    return code
