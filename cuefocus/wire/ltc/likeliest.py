"""The likeliest bits behind noisy half-bit sums: a two-state Viterbi search over biphase mark.

The state is the level at the end of a bit. Since every bit begins with a transition, one wrong half bit alone is no
possible signal: the nearest wrong word differs in two, which is worth 3 dB over deciding bit by bit.
Source of the method: Forney, "The Viterbi Algorithm", Proc. IEEE 61(3), 1973, 268-278.
"""

from collections.abc import Sequence

FREE = -1  # a bit nothing is known of
_NEVER = -1e300


def likeliest_bits(
    first_halves: Sequence[float], second_halves: Sequence[float], known: Sequence[int]
) -> tuple[float, list[int]]:
    """The best path's metric (the halves' sum, each signed as the path says) and its bits.

    Args:
        first_halves: sum of the samples in the first half of each bit.
        second_halves: likewise, second half.
        known: per bit 0, 1 or `FREE`.
    """
    high = low = 0.0
    into_high: list[int] = []
    into_low: list[int] = []
    for first, second, must in zip(first_halves, second_halves, known, strict=True):
        same, change = first + second, first - second
        zero_high = low + same if must != 1 else _NEVER
        one_high = high - change if must != 0 else _NEVER
        zero_low = high - same if must != 1 else _NEVER
        one_low = low + change if must != 0 else _NEVER
        into_high.append(one_high > zero_high)
        into_low.append(one_low > zero_low)
        high = max(zero_high, one_high)
        low = max(zero_low, one_low)
    best = max(high, low)
    at_high = high >= low
    bits = [0] * len(into_high)
    for index in range(len(bits) - 1, -1, -1):
        bit = into_high[index] if at_high else into_low[index]
        bits[index] = int(bit)
        at_high = at_high if bit else not at_high
    return best, bits
