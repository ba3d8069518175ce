"""The likeliest bits behind noisy half-bit sums: a two-state Viterbi search over biphase mark.

The state is the level at the end of a bit. Since every bit begins with a transition, one wrong half bit alone is no
possible signal: the nearest wrong word differs in two, which is worth 3 dB over deciding bit by bit.
Source of the method: Forney, "The Viterbi Algorithm", Proc. IEEE 61(3), 1973, 268-278.

Plain loops that a compiler may take over (`kernels`).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.word import DATA_BITS, LABEL_MASK_HIGH, LABEL_MASK_LOW, SYNC_BITS, label_in_word

FREE = -1  # a bit nothing is known of
NEVER = -1e300

Halves = Sequence[float] | npt.NDArray[np.float64]
Bits = list[int] | npt.NDArray[np.int64]


def likeliest_bits(
    first_halves: Sequence[float], second_halves: Sequence[float], known: Sequence[int]
) -> tuple[float, list[int]]:
    """The best path's metric (the halves' sum, each signed as the path says) and its bits.

    Args:
        first_halves: sum of the samples in the first half of each bit.
        second_halves: likewise, second half.
        known: per bit 0, 1 or `FREE`.
    """
    bits = list(known)
    return best_path(first_halves, second_halves, 0.0, bits)[0], bits


def best_path(first_halves: Halves, second_halves: Halves, lead: float, bits: Bits) -> tuple[float, int]:
    """The same metric, and the level before the first bit, 1 or -1; `bits`, what is known, becomes the path.

    Args:
        first_halves: see `likeliest_bits`.
        second_halves: likewise.
        lead: how much says that the level before the first bit is high; 0 if nothing is known of it.
        bits: what is known, per bit.
    """
    high, low = lead, -lead
    count = len(bits)
    for at in range(count):
        first, second, must = first_halves[at], second_halves[at], bits[at]
        same, change = first + second, first - second
        zero_high = low + same if must != 1 else NEVER
        one_high = high - change if must != 0 else NEVER
        zero_low = high - same if must != 1 else NEVER
        one_low = low + change if must != 0 else NEVER
        into_high = 1 if one_high > zero_high else 0
        into_low = 1 if one_low > zero_low else 0
        bits[at] = into_high | into_low << 1
        high = one_high if into_high else zero_high
        low = one_low if into_low else zero_low
    at_high = high >= low
    for at in range(count - 1, -1, -1):
        bit = bits[at] & 1 if at_high else bits[at] >> 1
        bits[at] = bit
        at_high = at_high if bit else not at_high
    return (high if high >= low else low), (1 if at_high else -1)


def likeliest_word(
    first_halves: Halves, second_halves: Halves, lead: float, label: int, drop: int, bits: Bits
) -> tuple[float, int, int, int]:
    """The best word under a label, or of all; the sync pattern is known.

    Args:
        first_halves: sum of the samples in the first half of each of the word's 80 bits.
        second_halves: likewise, second half.
        lead: see `best_path`.
        label: packed; below 0 leaves it free. User bits, flags and the polarity bit are always free.
        drop: the drop-frame flag that goes with it.
        bits: room for 80.

    Returns: the path's metric, the level before it, 1 or -1, bits 0 to 31, bits 32 to 63.
    """
    low, high = label_in_word(label, drop)
    known_low, known_high = (LABEL_MASK_LOW, LABEL_MASK_HIGH) if label >= 0 else (0, 0)
    for at in range(32):
        bits[at] = low >> at & 1 if known_low >> at & 1 else FREE
        bits[32 + at] = high >> at & 1 if known_high >> at & 1 else FREE
    for at in range(len(SYNC_BITS)):
        bits[DATA_BITS + at] = SYNC_BITS[at]
    metric, level = best_path(first_halves, second_halves, lead, bits)
    low = high = 0
    for at in range(32):
        low |= bits[at] << at
        high |= bits[32 + at] << at
    return metric, level, low, high
