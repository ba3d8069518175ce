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

#: The bits that say the label and how it counts: the eight digits and the drop-frame flag.
LABEL_BITS: tuple[int, ...] = (
    *(
        bit
        for first, width in (
            _FRAME_UNITS, _FRAME_TENS, _SECOND_UNITS, _SECOND_TENS, _MINUTE_UNITS, _MINUTE_TENS, _HOUR_UNITS, _HOUR_TENS
        )
        for bit in range(first, first + width)
    ),
    _DROP_BIT,
)  # fmt: skip

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
    """The label a data word names, or None when it names no frame at any rate.

    Refused: digits above 9, hours above 23, minutes or seconds above 59, frames above 29, and the two frame
    numbers that drop-frame counting skips. The polarity bit is not looked at: many generators leave it clear.
    """

    def digit(place: tuple[int, int]) -> int:
        first, width = place
        return word >> first & ((1 << width) - 1)

    if max(digit(_FRAME_UNITS), digit(_SECOND_UNITS), digit(_MINUTE_UNITS), digit(_HOUR_UNITS)) > 9:
        return None
    frames = digit(_FRAME_UNITS) + 10 * digit(_FRAME_TENS)
    seconds = digit(_SECOND_UNITS) + 10 * digit(_SECOND_TENS)
    minutes = digit(_MINUTE_UNITS) + 10 * digit(_MINUTE_TENS)
    hours = digit(_HOUR_UNITS) + 10 * digit(_HOUR_TENS)
    if hours > 23 or minutes > 59 or seconds > 59 or frames > 29:
        return None
    if drop_flag(word) and frames < 2 and seconds == 0 and minutes % 10:
        return None
    return Timecode(hours, minutes, seconds, frames)
