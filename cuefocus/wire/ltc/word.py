"""The 80-bit LTC word: where its digits, flags and sync pattern stand.

Source: SMPTE ST 12-1 §9 (linear time code). Bits are numbered in the order of forward play, least significant first.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.timebase.frames import Timecode

BITS_PER_WORD = 80
DATA_BITS = 64
SYNC_BITS: tuple[int, ...] = (0, 0) + (1,) * 12 + (0, 1)

# (first bit, width) of each decimal digit
_FRAME_UNITS, _FRAME_TENS = (0, 4), (8, 2)
_SECOND_UNITS, _SECOND_TENS = (16, 4), (24, 3)
_MINUTE_UNITS, _MINUTE_TENS = (32, 4), (40, 3)
_HOUR_UNITS, _HOUR_TENS = (48, 4), (56, 2)
_DROP_BIT, _COLOUR_BIT = 10, 11
_USER_NIBBLES = tuple(4 + 8 * group for group in range(8))

#: The bits that say the label and how it counts, the eight digits and the drop-frame flag: of bits 0 to 31, 32 to 63.
LABEL_MASK_LOW = 0xF | 0x3 << 8 | 1 << 10 | 0xF << 16 | 0x7 << 24
LABEL_MASK_HIGH = 0xF | 0x7 << 8 | 0xF << 16 | 0x3 << 24

# The three binary group flags and the polarity correction trade places at 25 fps.
_GROUP_FLAG_BITS = (43, 58, 59)
_GROUP_FLAG_BITS_25 = (27, 58, 43)
_POLARITY_BIT, _POLARITY_BIT_25 = 27, 59


@dataclass(frozen=True, slots=True)
class WordFlags:
    """What an LTC word carries beside its label.

    Args:
        user_bits: the eight binary groups, group 1 in the lowest four bits.
        group_flags: BGF0, BGF1, BGF2 (what the user bits mean).
        colour_frame: the label is tied to the colour frame sequence.
    """

    user_bits: int = 0
    group_flags: tuple[int, int, int] = (0, 0, 0)
    colour_frame: bool = False


PLAIN = WordFlags()


def data_word(label: Timecode, *, drop: bool, at_25: bool, flags: WordFlags = PLAIN) -> int:
    """Bits 0 to 63 as an integer, polarity correction included: every word then holds an even number of zeros.

    `at_25` says that it is for 25 (or 50) fps, where flags and polarity bit have other places.
    """
    word = 0
    digits = (
        (_FRAME_UNITS, label.frames % 10), (_FRAME_TENS, label.frames // 10),
        (_SECOND_UNITS, label.seconds % 10), (_SECOND_TENS, label.seconds // 10),
        (_MINUTE_UNITS, label.minutes % 10), (_MINUTE_TENS, label.minutes // 10),
        (_HOUR_UNITS, label.hours % 10), (_HOUR_TENS, label.hours // 10),
    )  # fmt: skip
    for (first, _), digit in digits:
        word |= digit << first
    word |= int(drop) << _DROP_BIT | int(flags.colour_frame) << _COLOUR_BIT
    for group, first in enumerate(_USER_NIBBLES):
        word |= (flags.user_bits >> 4 * group & 0xF) << first
    for bit, flag in zip(_GROUP_FLAG_BITS_25 if at_25 else _GROUP_FLAG_BITS, flags.group_flags, strict=True):
        word |= (flag & 1) << bit
    # 80 bits with an even number of zeros have an even number of ones; the sync word has 13
    odd = (word.bit_count() + sum(SYNC_BITS)) & 1
    return word | odd << (_POLARITY_BIT_25 if at_25 else _POLARITY_BIT)


def word_bits(words: list[int]) -> npt.NDArray[np.int8]:
    """Data words as rows of 80 bits, sync pattern appended; shape (words, 80)."""
    data = np.array(words, dtype=np.uint64)[:, None] >> np.arange(DATA_BITS, dtype=np.uint64) & np.uint64(1)
    sync = np.tile(np.array(SYNC_BITS, dtype=np.int8), (len(words), 1))
    return np.hstack([data.astype(np.int8), sync])


def drop_flag(word: int) -> bool:
    """The drop-frame flag of a data word."""
    return bool(word >> _DROP_BIT & 1)


def user_bits(word: int) -> int:
    """The eight binary groups of a data word, group 1 in the lowest four bits."""
    return sum((word >> first & 0xF) << 4 * group for group, first in enumerate(_USER_NIBBLES))


def group_flags(word: int, *, at_25: bool) -> tuple[int, int, int]:
    """BGF0, BGF1, BGF2 of a data word; their places depend on the rate, so the caller must know it."""
    first, second, third = _GROUP_FLAG_BITS_25 if at_25 else _GROUP_FLAG_BITS
    return word >> first & 1, word >> second & 1, word >> third & 1


def label_of(word: int) -> Timecode | None:
    """The label a data word names, or None when it names no frame at any rate: see `packed_label`."""
    packed = packed_label(word & 0xFFFFFFFF, word >> 32 & 0xFFFFFFFF)
    return None if packed < 0 else Timecode(*unpacked(packed))


def unpacked(label: int) -> tuple[int, int, int, int]:
    """Hours, minutes, seconds and frames of a packed label."""
    return label >> 24, label >> 16 & 0xFF, label >> 8 & 0xFF, label & 0xFF


def packed_label(low: int, high: int) -> int:
    """The label a data word names, a byte each for hours, minutes, seconds and frames; -1 when it names no frame.

    Refused: digits above 9, hours above 23, minutes or seconds above 59, frames above 29, and the two frame
    numbers that drop-frame counting skips. The polarity bit is not looked at: many generators leave it clear.

    Args:
        low: bits 0 to 31.
        high: bits 32 to 63.
    """
    frame_units, frame_tens = low & 15, low >> 8 & 3
    second_units, second_tens = low >> 16 & 15, low >> 24 & 7
    minute_units, minute_tens = high & 15, high >> 8 & 7
    hour_units, hour_tens = high >> 16 & 15, high >> 24 & 3
    if frame_units > 9 or second_units > 9 or minute_units > 9 or hour_units > 9:
        return -1
    frames, seconds = frame_units + 10 * frame_tens, second_units + 10 * second_tens
    minutes, hours = minute_units + 10 * minute_tens, hour_units + 10 * hour_tens
    if hours > 23 or minutes > 59 or seconds > 59 or frames > 29:
        return -1
    if low >> 10 & 1 and frames < 2 and seconds == 0 and minutes % 10:
        return -1
    return hours << 24 | minutes << 16 | seconds << 8 | frames


def label_in_word(label: int, drop: int) -> tuple[int, int]:
    """What a packed label and its drop-frame flag say of bits 0 to 31 and 32 to 63; the others are 0."""
    hours, minutes, seconds, frames = label >> 24, label >> 16 & 0xFF, label >> 8 & 0xFF, label & 0xFF
    low = frames % 10 | frames // 10 << 8 | drop << 10 | seconds % 10 << 16 | seconds // 10 << 24
    return low, minutes % 10 | minutes // 10 << 8 | hours % 10 << 16 | hours // 10 << 24


def label_counted_on(label: int, steps: int, nominal: int, drop: int) -> int:
    """The packed label so many frames later, or earlier, as `timebase.frames` counts; -1 if the rate lacks the label.

    Args:
        label: packed.
        steps: frames, of either sign.
        nominal: labels a second, at most 30.
        drop: 1 if two are dropped each minute but the tenth, else 0.
    """
    hours, minutes, seconds, frames = label >> 24, label >> 16 & 0xFF, label >> 8 & 0xFF, label & 0xFF
    gap = 2 * drop
    if frames >= nominal or (frames < gap and seconds == 0 and minutes % 10 != 0):
        return -1
    total = hours * 60 + minutes
    count = (total * 60 + seconds) * nominal + frames - gap * (total - total // 10)
    count = (count + steps) % (1440 * 60 * nominal - gap * 1296)
    if drop:
        per_minute = 60 * nominal - gap
        tens, rest = count // (10 * per_minute + gap), count % (10 * per_minute + gap)
        count += 9 * gap * tens + (gap * ((rest - gap) // per_minute) if rest >= gap else 0)
    second = count // nominal
    return second // 3600 << 24 | second // 60 % 60 << 16 | second % 60 << 8 | count % nominal
