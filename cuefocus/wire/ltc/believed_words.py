"""From the ends of words to words that are believed.

A plain loop that a compiler may take over (`kernels`).
"""

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.judging import offer
from cuefocus.wire.ltc.likeliest import Bits
from cuefocus.wire.ltc.soft_loops import Floats
from cuefocus.wire.ltc.timelines import Numbers, Scores
from cuefocus.wire.ltc.word import BITS_PER_WORD

KEPT_BITS = 3000  # 1.5 s: a word believed later than that is past caring for

Ints = list[int] | npt.NDArray[np.int64]


def believed_words(
    ends: Ints,
    directions: Ints,
    base: int,
    halves: Floats,
    open_lines: Numbers,
    lines: Numbers,
    scores: Scores,
    waiting: Numbers,
    agreements: Scores,
    eyes: Scores,
    bits: Bits,
    firsts: Floats,
    seconds: Floats,
    numbers: Numbers,
    agreed: Scores,
) -> int:
    """Judge all timelines by each word in turn.

    Args:
        ends: the last bit of each word.
        directions: 1 where it is heard in forward play, -1 in reverse.
        base: count of the first bit of `halves`.
        halves: see `BitRun`.
        open_lines: of the `Timelines`, as all that follow.
        lines: see there.
        scores: see there.
        waiting: see there.
        agreements: see there.
        eyes: see there.
        bits: room for 80.
        firsts: likewise.
        seconds: likewise.
        numbers: filled, a row a believed word: its last bit, its packed label, bits 0 to 31, bits 32 to 63, direction,
            and the last bit of the word that made it believed.
        agreed: filled: what part of the halves' size is as the word says.

    Returns: how many words are believed.
    """
    found = 0
    for each in range(len(ends)):
        end, direction = ends[each], directions[each]
        way = 0 if direction > 0 else 1
        for at in range(BITS_PER_WORD):
            first = 2 * (end - BITS_PER_WORD + 1 - base + at)
            if direction > 0:
                firsts[at], seconds[at] = halves[first], halves[first + 1]
            else:
                firsts[BITS_PER_WORD - 1 - at], seconds[BITS_PER_WORD - 1 - at] = halves[first + 1], halves[first]
        # Played backwards, the bit before the word is the next to come.
        start = 2 * (end - BITS_PER_WORD + 1 - base)
        before, lead = -firsts[0], 0.0
        if direction > 0 and start > 1:
            before, lead = halves[start - 1], halves[start - 1] - halves[start - 2]
        count, slot = offer(
            direction,
            open_lines[way],
            lines[way],
            scores[way],
            waiting[way],
            agreements[way],
            eyes[way],
            end,
            before,
            lead,
            firsts,
            seconds,
            bits,
        )
        for word in range(count):
            row, out = waiting[way, slot, word], numbers[found]
            if row[0] - BITS_PER_WORD + 1 > end - KEPT_BITS:
                out[0], out[1], out[2], out[3], out[4], out[5] = row[0], row[1], row[2], row[3], direction, end
                agreed[found] = agreements[way, slot, word]
                found += 1
    return found
