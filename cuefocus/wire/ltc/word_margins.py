"""How surely each bit of a noisy word is what it seems: the price of its being the other one.

White noise errs now here, now there. What is always the same, an echo, a codec, a voice's own resonance, other timecode
beside, errs at the same bits in every word, and would have a wrong digit borne out again and again: but never by much.
So the prices of a label's bits are added up over its words, and the least of them must be fair.
Source of the method: max-marginals of the Viterbi search, e.g. Hagenauer, Offer, Papke, IEEE Trans. IT 42(2), 1996.

Plain loops that a compiler may take over (`kernels`).
"""

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.likeliest import Halves
from cuefocus.wire.ltc.word import (
    BITS_PER_WORD,
    DATA_BITS,
    LABEL_MASK_HIGH,
    LABEL_MASK_LOW,
    SYNC_BITS,
    label_in_word,
)

Evidence = npt.NDArray[np.float64]

EVIDENCE = DATA_BITS + 1  # a price for each data bit, and how many words' worth they are
_MEMORY = 0.9  # per word
_AROUND = 4  # bits to each side say how large halves are here: a level may swing within a word


def bit_margins(firsts: Halves, seconds: Halves, forward: Evidence, margins: Evidence) -> None:
    """What the best word with each bit set has more than the best with it clear.

    Args:
        firsts: sums over the first halves of its 80 bits.
        seconds: likewise, second halves.
        forward: room for 80 rows of 2.
        margins: filled, an entry a data bit, in mean half bits around it.
    """
    size = 0.0
    for at in range(_AROUND):
        size += abs(firsts[at]) + abs(seconds[at])
    high = low = 0.0
    for at in range(BITS_PER_WORD):
        forward[at, 0], forward[at, 1] = high, low
        if at < DATA_BITS:
            if at + _AROUND < BITS_PER_WORD:
                size += abs(firsts[at + _AROUND]) + abs(seconds[at + _AROUND])
            if at > _AROUND:
                size -= abs(firsts[at - _AROUND - 1]) + abs(seconds[at - _AROUND - 1])
            margins[at] = size / (2 * (_AROUND + 1 + min(at, _AROUND)))
        same, change = firsts[at] + seconds[at], firsts[at] - seconds[at]
        zero_high, one_high, zero_low, one_low = low + same, high - change, high - same, low + change
        if at >= DATA_BITS:
            known = SYNC_BITS[at - DATA_BITS]
            high, low = (one_high, one_low) if known else (zero_high, zero_low)
        else:
            high, low = max(zero_high, one_high), max(zero_low, one_low)
    high = low = 0.0  # from here on: what can still come after the bit, by the level it ends at
    for at in range(BITS_PER_WORD - 1, -1, -1):
        same, change = firsts[at] + seconds[at], firsts[at] - seconds[at]
        before_high, before_low = forward[at, 0], forward[at, 1]
        if at < DATA_BITS:
            zero = max(before_low + same + high, before_high - same + low)
            one = max(before_high - change + high, before_low + change + low)
            margins[at] = (one - zero) / margins[at] if margins[at] > 0.0 else 0.0
        zero_high, one_high, zero_low, one_low = low - same, high - change, high + same, low + change
        if at >= DATA_BITS:
            known = SYNC_BITS[at - DATA_BITS]
            high, low = (one_high, one_low) if known else (zero_high, zero_low)
        else:
            high, low = max(zero_high, one_high), max(zero_low, one_low)


def weigh_in(evidence: Evidence, margins: Evidence, label: int, drop: int, words: int) -> None:
    """Add a word's margins to what speaks for a timeline.

    Args:
        evidence: of the timeline; moved on.
        margins: see `bit_margins`.
        label: packed, what the word must say.
        drop: its drop-frame flag.
        words: since the last one that was weighed; 0 begins anew.
    """
    low, high = label_in_word(label, drop)
    kept = 1.0 if words > 0 else 0.0
    for _ in range(words):
        kept *= _MEMORY
    for at in range(DATA_BITS):
        is_set = (low >> at if at < 32 else high >> (at - 32)) & 1
        evidence[at] = kept * evidence[at] + (margins[at] if is_set else -margins[at])
    evidence[DATA_BITS] = kept * evidence[DATA_BITS] + 1.0


def least_margin(evidence: Evidence) -> float:
    """What speaks for the bit of the label that least speaks for, a word, in mean half bits."""
    least = evidence[0]
    for at in range(1, DATA_BITS):
        counts = (LABEL_MASK_LOW >> at if at < 32 else LABEL_MASK_HIGH >> (at - 32)) & 1
        if counts and evidence[at] < least:
            least = evidence[at]
    return float(least / evidence[DATA_BITS])
