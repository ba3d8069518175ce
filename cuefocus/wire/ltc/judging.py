"""Which count do the words follow? Every readable word opens a timeline; each later word bears it out or does not.

A word is read freely, and again under each open timeline, which says what its label must be. What the timeline costs
(the free path's metric less its own) is small if it is true, however noisy the word: so words far too noisy to be read
alone are read together. A timeline that is one wrong digit from the truth pays for that digit in every word. Nothing
comes out before one timeline has been borne out several times, leads all others, and its `eye` is open.

Plain loops that a compiler may take over (`kernels`).
"""

import math

from cuefocus.wire.ltc.eye import is_open, is_turned, look
from cuefocus.wire.ltc.likeliest import Bits, Halves, likeliest_word
from cuefocus.wire.ltc.timelines import (
    BORNE,
    COUNTS,
    DROP,
    DROPS,
    INDEX,
    LABEL,
    LAST,
    MOST,
    RATES,
    SLOT,
    STRIKES,
    WAITS,
    WHOLE,
    Numbers,
    Scores,
    counted_on,
    rates_with,
    sort,
    swap,
    wait,
    without_twins,
)  # fmt: skip
from cuefocus.wire.ltc.word import BITS_PER_WORD, label_counted_on, packed_label

_LIKED = 6.0  # what a word that costs nothing adds to its timeline's score
# What a word may cost a timeline and still bear it out, in mean half bits: a wrong digit costs four in a clean signal.
# More is allowed the more the halves differ in size, since noise, and droop to a sixth, make true words cost more, too.
_CHEAP, _PER_UNEVENNESS, _TOO_DEAR = 1.0, 12.0, 8.0
# Where rates part, a word that nothing bends speaks for those before it, too: its agreement, its cost in half bits, and
# how far the next likeliest count stays behind, in what a word is allowed to cost.
_SHARP = 0.999
_FREE = 0.05
_FAR = 3.2
_STANDS = 1.5  # half bits: how far the last label must lead the next if it is said again; in a clean signal it is six
_AGREES = 0.6  # of the halves' size, signed as the word says: noise alone gives less than 0.3
_MEMORY = 0.8  # per word
_BORNE_OUT = 3
_BORNE_OUT_ANEW = 5  # where words go on as before but now count otherwise: a jump hardly ever hits their grid
_LATELY = 50  # words
_LEAD = 4.0
_GIVEN_UP = 12  # words in a row


def offer(
    step: int,
    open_lines: Numbers,
    lines: Numbers,
    scores: Scores,
    waiting: Numbers,
    agreements: Scores,
    eyes: Scores,
    index: int,
    before: float,
    lead: float,
    firsts: Halves,
    seconds: Halves,
    bits: Bits,
) -> tuple[int, int]:
    """Judge all timelines by a word.

    Args:
        step: 1 forward, -1 reverse: what each word adds to the count.
        open_lines: of the `Timelines`, those of that direction, as all that follow.
        lines: see there.
        scores: see there.
        waiting: see there.
        agreements: see there.
        eyes: see there.
        index: bit count of the stream where this word's sync pattern ends (or begins, in reverse play).
        before: sum over the half bit before it, in the order of the word.
        lead: what the bit before it, the last of a sync pattern and so a 1, says of the level that it begins from.
        firsts: sums over the first halves of its 80 bits, in the order of the word.
        seconds: likewise, second halves.
        bits: room for 80.

    Returns: how many words are believed now that this one is there, and the slot they are in: `waiting` has a row a
        word (index, label, bits 0 to 31, bits 32 to 63), `agreements` what part of the halves' size is as it says.
    """
    size, allowed = weighed(firsts, seconds)
    if size <= 0.0:
        return 0, 0
    freely, level, low, high = likeliest_word(firsts, seconds, 0.0, -1, 0, bits)
    label = packed_label(low, high)
    seen = False
    count = 0
    for at in range(open_lines[0]):
        line = lines[at]
        score = carried_on(
            line, scores[at], waiting, agreements, eyes, step, index, before, lead, firsts, seconds, bits, size,
            allowed, freely, level, low, high, label,
        )  # fmt: skip
        seen = seen or (line[INDEX] == index and line[LABEL] == label and line[STRIKES] == 0)
        if line[STRIKES] < _GIVEN_UP and index - line[INDEX] < _GIVEN_UP * BITS_PER_WORD:
            swap(lines, scores, count, at)
            scores[count] = score
            count += 1
    if label >= 0 and not seen and freely > _AGREES * size:
        line = lines[count]
        drop = low >> 10 & 1
        line[INDEX], line[LABEL], line[DROPS], line[LAST] = index, label, drop, label
        line[RATES] = rates_with(label, DROP if drop else WHOLE)
        line[BORNE], line[STRIKES], line[WAITS] = 1, 0, 0
        scores[count] = _LIKED
        wait(line, waiting, agreements, low, high, freely / size)
        eyes[line[SLOT], :] = 0.0
        look(eyes[line[SLOT]], before, firsts, seconds, low, high, size)
        count += 1
    sort(lines, scores, count)
    open_lines[0] = min(without_twins(lines, scores, count), MOST)
    return believed(lines, scores, eyes, open_lines, step)


def weighed(firsts: Halves, seconds: Halves) -> tuple[float, float]:
    """The size of a word's half sums, and what it may cost the right timeline, in mean half bits."""
    ones = twos = squares = 0.0
    for at in range(BITS_PER_WORD):
        ones += abs(firsts[at])
        twos += abs(seconds[at])
        squares += firsts[at] * firsts[at] + seconds[at] * seconds[at]
    size = ones + twos
    if size <= 0.0:
        return 0.0, 0.0
    unevenness = math.sqrt(max(0.0, squares * (2 * BITS_PER_WORD) / (size * size) - 1.0))
    return size, min(_CHEAP + _PER_UNEVENNESS * unevenness, _TOO_DEAR)


def carried_on(
    line: Numbers,
    score: float,
    waiting: Numbers,
    agreements: Scores,
    eyes: Scores,
    step: int,
    index: int,
    before: float,
    lead: float,
    firsts: Halves,
    seconds: Halves,
    bits: Bits,
    size: float,
    allowed: float,
    freely: float,
    free_level: int,
    free_low: int,
    free_high: int,
    free_label: int,
) -> float:
    """Judge a timeline by a word, if that is where it expects one; its new score.

    The word read freely is what a line says of it that expects that very label: it is not searched for again.
    """
    behind = index - int(line[INDEX])
    words = behind // BITS_PER_WORD
    if words < 1 or behind % BITS_PER_WORD != 0:
        return score
    best = second = -math.inf
    label, rates, level, low, high = -1, 0, 0, 0, 0
    tried = 0
    for first in range(len(COUNTS)):
        there, saying = counted_on(line, first, step * words)
        if there < 0:
            continue
        if there == free_label and free_low >> 10 & 1 == line[DROPS]:
            metric, before_it, bits_low, bits_high = freely, free_level, free_low, free_high
        else:
            metric, before_it, bits_low, bits_high = likeliest_word(firsts, seconds, 0.0, there, int(line[DROPS]), bits)
        tried += 1
        if metric > best:
            best, second = metric, best
            label, rates, level, low, high = there, saying, before_it, bits_low, bits_high
        elif metric > second:
            second = metric
    if tried == 0:
        line[STRIKES] = _GIVEN_UP
        return score
    half = size / (2 * BITS_PER_WORD)
    cost = (freely - best) / half
    agreement = best / size
    agrees = agreement > _AGREES
    if tried > 1 and (best - second) / half <= allowed:
        return score  # which way the count goes is left to the next word
    line[INDEX], line[LABEL] = index, label
    kept = 1.0
    for _ in range(words):
        kept *= _MEMORY
    score = kept * score + (_LIKED * max(-1.0, 1.0 - cost / allowed) if agrees else -_LIKED)
    if not agrees or cost >= allowed:
        line[STRIKES] += 1
        return score
    if allowed < _TOO_DEAR and is_said_again(line, label, best, level, lead, freely, firsts, seconds, bits, half):
        line[STRIKES] += 1
        return score
    eye = eyes[line[SLOT]]
    sharp = agreement > _SHARP and cost < _FREE and (best - second) / half > _FAR * allowed
    if tried > 1 and not (
        is_open(eye) or (sharp and not is_turned(eye))
    ):  # those before may have been counted otherwise
        line[WAITS] = 0
        eye[:] = 0.0
    line[BORNE] += 1
    line[STRIKES] = 0
    line[LAST] = label
    line[RATES] = rates
    wait(line, waiting, agreements, low, high, agreement)
    look(eye, before, firsts, seconds, low, high, size)
    return score


def is_said_again(
    line: Numbers,
    label: int,
    metric: float,
    level: int,
    lead: float,
    freely: float,
    firsts: Halves,
    seconds: Halves,
    bits: Bits,
    half: float,
) -> bool:
    """Whether a word is rather the one that last bore the line out than the label it should be by now.

    Args:
        line: the timeline, its word's label not yet the last that bore it out.
        label: what it should be.
        metric: of that label's path, nothing known of the level before it.
        level: before that path, 1 or -1.
        lead: see `offer`.
        freely: metric of the freest path.
        firsts: see `offer`.
        seconds: likewise.
        bits: room for 80.
        half: mean size of a half bit.
    """
    drop, margin = int(line[DROPS]), _STANDS * half
    lead = max(-2.0 * half, min(lead, 2.0 * half))
    if level * lead >= 0.0:  # then the path is the best with the lead as well
        if freely - metric <= margin:
            return False  # no word can lead by so much
        moved = metric + abs(lead)
    else:
        moved, _, _, _ = likeliest_word(firsts, seconds, lead, label, drop, bits)
    held, _, _, _ = likeliest_word(firsts, seconds, lead, int(line[LAST]), drop, bits)
    return held - moved > margin


def believed(lines: Numbers, scores: Scores, eyes: Scores, open_lines: Numbers, step: int) -> tuple[int, int]:
    """How many words of the leading timeline are believed, and in which slot they are."""
    if open_lines[0] == 0:
        return 0, 0
    line, slot = lines[0], lines[0, SLOT]
    lead = scores[0] - (scores[1] if open_lines[0] > 1 else 0.0)
    borne_out = _BORNE_OUT_ANEW if counts_otherwise(line, open_lines, step) else _BORNE_OUT
    if line[BORNE] < borne_out or lead < _LEAD or not is_open(eyes[slot]):
        return 0, 0
    open_lines[1], open_lines[2] = line[INDEX], line[LABEL]
    words, line[WAITS] = line[WAITS], 0
    return words, slot


def counts_otherwise(line: Numbers, open_lines: Numbers, step: int) -> bool:
    """Whether a timeline's words lie on the grid of those believed lately, and say something else."""
    bits = line[INDEX] - open_lines[1]
    words = bits // BITS_PER_WORD
    if open_lines[2] < 0 or bits % BITS_PER_WORD != 0 or words > _LATELY:
        return False
    for each in range(len(COUNTS)):
        if line[RATES] >> each & 1:
            there = label_counted_on(open_lines[2], step * words, COUNTS[each][0], COUNTS[each][1])
            if there == line[LABEL]:
                return False
    return True
