"""What MIDI timecode says: words of eight quarter frames, and full frames; how their bits make labels.

Source: MIDI Time Code and Cueing, supplement to MIDI 1.0 (1987).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cuefocus.timebase.frames import RATES, FrameRate, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S

PIECES_PER_WORD: Final = 8
FRAMES_PER_WORD: Final = 2
PIECES_PER_FRAME: Final = 4
MTC_RATES: Final = (RATES["24"], RATES["25"], RATES["29.97df"], RATES["30"])
"""How labels count, by the two rate bits. 24 also carries 23.976, and 30 also 29.97 non-drop."""

# Bits that each piece may have set: frames 0-29, seconds and minutes 0-59, hours 0-23 with the rate above them.
_PIECE_BITS = (0xF, 0x1, 0xF, 0x3, 0xF, 0x3, 0xF, 0x7)


@dataclass(frozen=True, slots=True)
class MtcWord:
    """Eight quarter frames that belong together.

    The label names the frame that began when the *first* of them was sent, in both directions; that is two frames ago
    when the next word begins.

    Args:
        frame: the label's count from 00:00:00:00 at `rate`, drop-frame exact.
        rate: how labels count, by the rate bits.
        direction: 1 forward (pieces 0 to 7), -1 reverse (7 to 0).
        stamps_ns: when each piece arrived, host ns, in order of arrival: a quarter of a frame apart.
    """

    frame: int
    rate: FrameRate
    direction: int
    stamps_ns: tuple[int, ...]

    @property
    def label(self) -> Timecode:
        """The label as sent."""
        return timecode_at_frame(self.frame, self.rate)

    @property
    def next_frame(self) -> int:
        """The frame that begins when the next word does; past midnight it counts on from 0."""
        return (self.frame + FRAMES_PER_WORD * self.direction) % self.rate.frames_per_day

    @property
    def next_label(self) -> Timecode:
        """The label on air when the word has been sent: the two-frame correction, exact in drop-frame."""
        return timecode_at_frame(self.next_frame, self.rate)

    def leads_to(self, other: "MtcWord") -> bool:
        """Whether `other` is what a running source says next."""
        alike = other.direction == self.direction and other.rate is self.rate
        return alike and other.frame == self.next_frame


@dataclass(frozen=True, slots=True)
class MtcLocate:
    """A full frame message, or a locate by machine control: where playback stands. It starts no motion.

    Args:
        label: as sent; exists at `rate`.
        rate: how labels count.
        stamp_ns: when it arrived, host ns.
    """

    label: Timecode
    rate: FrameRate
    stamp_ns: int


def quarter_ns(rate: FrameRate, quarters: int) -> int:
    """Show time of a count of quarter frames from 00:00:00:00, ns."""
    return round(quarters * NS_PER_S / (rate.fps * PIECES_PER_FRAME))


def nibbles_of(label: Timecode, rate_code: int) -> tuple[int, ...]:
    """The eight nibbles of a word, piece 0 first."""
    high_hours = rate_code << 1 | label.hours >> 4
    parts = (label.frames, label.seconds, label.minutes)
    low = [nibble for part in parts for nibble in (part & 0xF, part >> 4)]
    return (*low, label.hours & 0xF, high_hours)


def label_of(nibbles: Sequence[int]) -> tuple[Timecode, FrameRate] | None:
    """Label and rate of eight nibbles, piece 0 first; None where they name no frame."""
    if any(nibble & ~bits for nibble, bits in zip(nibbles, _PIECE_BITS, strict=True)):
        return None
    frames, seconds, minutes = (nibbles[at] | nibbles[at + 1] << 4 for at in (0, 2, 4))
    return _checked(Timecode(nibbles[6] | (nibbles[7] & 1) << 4, minutes, seconds, frames), nibbles[7] >> 1)


def label_of_full_frame(body: bytes) -> tuple[Timecode, FrameRate] | None:
    """Label and rate of a full frame's four bytes (hours with rate bits, minutes, seconds, frames); None as above."""
    hours, minutes, seconds, frames = body
    return _checked(Timecode(hours & 0x1F, minutes, seconds, frames), hours >> 5)


def _checked(label: Timecode, rate_code: int) -> tuple[Timecode, FrameRate] | None:
    rate = MTC_RATES[rate_code & 3]
    return (label, rate) if label.exists_in(rate) else None
