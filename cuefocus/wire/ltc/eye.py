"""Is the eye open at every change of level that tells a label from another? That words agree proves little.

Noise differs from word to word. Band limits, hum and echoes of a label that stays do not: they bend every word alike,
and a wrong digit can be the likeliest in all of them. So each timeline keeps the mean of what was heard where a bit
meets the next: by how much the level changes there, in the direction its words say. Under a true timeline these means
come to about one height, however strong the noise.

Biphase mark changes its level wherever a bit begins, so the directions of those changes are all there is to a word. Of
two words that differ in a digit, one is wrong about a direction: its mean there is as far below zero as it should be
above, unless the sound pushes it by more than that. A sound that pushes so hard shows it at other places, too, above
all in the sync pattern, which is known: a place stays low, or one stands out, or words scatter. Then nothing is
believed. Noise cancels in the means as words are added; the rest does not, and no number of words opens such an eye.

Plain loops that a compiler may take over (`kernels`).
"""

import math

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.likeliest import Halves
from cuefocus.wire.ltc.word import BITS_PER_WORD, DATA_BITS, LABEL_MASK_HIGH, LABEL_MASK_LOW, SYNC_BITS

Means = npt.NDArray[np.float64]

_WORDS = 16  # remembered
_AROUND = 4  # bits to each side say what a change is measured by: a level may swing within a word
# What an open eye needs, in the mean height of its places:
_OPEN = 0.12  # what its lowest place stands at
_SURE = 2.0  # by how many standard deviations of that place's mean it stands higher than that
_PUSH = 1.45  # how much more it would take to have turned that place over than what lifts the highest one
_LOUD = 0.6  # how much words scatter at most: 0.4 at -5 dB; more is another sound as loud, and as fast, as timecode
_WORDS_FOR_SPREAD = 40.0  # how many words if places differ by their mean: the more they differ, the longer it takes

# Where an eye's row holds the words in it, and their mean square; before that, the mean at the start of each bit.
_COUNT, _SQUARE = BITS_PER_WORD, BITS_PER_WORD + 1
EYE_COLUMNS = BITS_PER_WORD + 2


def _looked_at() -> tuple[int, ...]:
    """Bits whose start tells a label or a sync pattern from another: those of each digit, and the bit after."""
    mask = LABEL_MASK_LOW | LABEL_MASK_HIGH << 32 | 0xFFFF << DATA_BITS
    return tuple(at for at in range(BITS_PER_WORD) if (mask >> at | mask << 1 >> at) & 1)


#: Where a level changes differently if a label or a sync pattern does.
PLACES = _looked_at()


def look(eye: Means, before: float, firsts: Halves, seconds: Halves, low: int, high: int, size: float) -> None:
    """Add a word to an eye.

    Args:
        eye: a row of `EYE_COLUMNS`, all 0 before its first word.
        before: sum over the half bit before it.
        firsts: sums over the first halves of its bits.
        seconds: likewise, second halves.
        low: bits 0 to 31, as the timeline says they are.
        high: bits 32 to 63.
        size: of all halves together.
    """
    whole, level = 0.0, 1.0
    for at in range(BITS_PER_WORD):
        if bit_of(low, high, at):
            whole += level * (firsts[at] - seconds[at])
        else:
            whole += level * (firsts[at] + seconds[at])
            level = -level
    level = 1.0 if whole >= 0.0 else -1.0
    count = min(eye[_COUNT] + 1.0, float(_WORDS))
    share = 1.0 / count
    around, wide = 0.0, 0
    for at in range(_AROUND):
        around += abs(firsts[at]) + abs(seconds[at])
        wide += 1
    each = 0
    square = 0.0
    for at in range(BITS_PER_WORD):
        if each < len(PLACES) and PLACES[each] == at:
            height = level * (firsts[at] - before) * wide / around if around > 0.0 else 0.0
            eye[at] += share * (height - eye[at])
            square += height * height
            each += 1
        before = seconds[at]
        if not bit_of(low, high, at):
            level = -level
        if at + _AROUND < BITS_PER_WORD:
            around += abs(firsts[at + _AROUND]) + abs(seconds[at + _AROUND])
            wide += 1
        if at >= _AROUND:
            around -= abs(firsts[at - _AROUND]) + abs(seconds[at - _AROUND])
            wide -= 1
    eye[_COUNT] = count
    eye[_SQUARE] += share * (square / len(PLACES) - eye[_SQUARE])


def bit_of(low: int, high: int, at: int) -> int:
    """A bit of a word."""
    if at < DATA_BITS // 2:
        return low >> at & 1
    return high >> (at - DATA_BITS // 2) & 1 if at < DATA_BITS else SYNC_BITS[at - DATA_BITS]


def is_open(eye: Means) -> bool:
    """Whether nothing that bends all words alike can have made a digit look like another."""
    count = eye[_COUNT]
    if count < 2.0:
        return False
    lowest, highest = math.inf, -math.inf
    total = squares = 0.0
    for at in PLACES:
        height = eye[at]
        lowest, highest = min(lowest, height), max(highest, height)
        total += height
        squares += height * height
    mean = total / len(PLACES)
    scatter = max(0.0, eye[_SQUARE] - squares / len(PLACES))  # of words around the means, squared
    if mean <= 0.0 or scatter > (_LOUD * mean) ** 2:
        return False
    spread = math.sqrt(max(0.0, squares / len(PLACES) - mean * mean))
    if count * mean < _WORDS_FOR_SPREAD * spread:
        return False
    doubt = math.sqrt(scatter / (count - 1.0))
    return bool(lowest > _OPEN * mean + _SURE * doubt and lowest + mean > _PUSH * (highest - mean))


def is_turned(eye: Means) -> bool:
    """Whether some change of level is, in the mean, the other way than the words say: then a digit is wrong."""
    for at in PLACES:
        if eye[at] <= 0.0:
            return True
    return False
