"""Which count do the words follow? Every readable word opens a timeline; each later word bears it out or does not.

A word is read freely, and again under each open timeline, which says what its label must be. What the timeline costs
(the free path's metric less its own) is small if it is true, however noisy the word: so words far too noisy to be read
alone are read together. A timeline that is one wrong digit from the truth pays for that digit in every word. Nothing
comes out before one timeline has been borne out several times, leads all others, and its `eye` is open.

Plain loops that a compiler may take over (`kernels`): timelines are rows of arrays.
"""

import math

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.eye import EYE_COLUMNS, is_open, look
from cuefocus.wire.ltc.likeliest import Bits, Halves, likeliest_word
from cuefocus.wire.ltc.word import BITS_PER_WORD, label_counted_on, packed_label

Numbers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

# Rates a timeline may count at, (labels a second, drop), each with a bit of its own; the first two thirds are tried in
# this order, the last goes with the drop-frame flag.
_COUNTS = ((25, 0), (30, 0), (24, 0), (30, 1))
_WHOLE, _DROP = 0b0111, 0b1000

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
_MOST = 8
WAITING = 40  # words: 1.6 s

# A timeline's row: the last word's bit count, its packed label, drop flag, the rates that can have counted so, how
# often borne out, strikes in a row, the slot in which its words wait, how many do, the label that last bore it out.
_INDEX, _LABEL, _DROPS, _RATES, _BORNE, _STRIKES, _SLOT, _WAITS, _LAST = range(9)
_COLUMNS = 9


class Timelines:
    """Open timelines of both directions of play, forward first, as arrays that `offer` works on."""

    def __init__(self) -> None:
        self.open = np.zeros((2, 3), dtype=np.int64)  # how many; the last believed word's bit count and packed label
        self.open[:, 2] = -1
        self.lines = np.zeros((2, _MOST + 1, _COLUMNS), dtype=np.int64)
        self.lines[:, :, _SLOT] = np.arange(_MOST + 1)
        self.scores = np.zeros((2, _MOST + 1))
        self.waiting = np.zeros((2, _MOST + 1, WAITING, 4), dtype=np.int64)
        self.agreements = np.zeros((2, _MOST + 1, WAITING))
        self.eyes = np.zeros((2, _MOST + 1, EYE_COLUMNS))


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
    freely, low, high = likeliest_word(firsts, seconds, 0.0, -1, 0, bits)
    label = packed_label(low, high)
    seen = False
    count = 0
    for at in range(open_lines[0]):
        line = lines[at]
        score = carried_on(
            line, scores[at], waiting, agreements, eyes, step, index, before, lead, firsts, seconds, bits, size,
            freely, allowed,
        )  # fmt: skip
        seen = seen or (line[_INDEX] == index and line[_LABEL] == label and line[_STRIKES] == 0)
        if line[_STRIKES] < _GIVEN_UP and index - line[_INDEX] < _GIVEN_UP * BITS_PER_WORD:
            swap(lines, scores, count, at)
            scores[count] = score
            count += 1
    if label >= 0 and not seen and freely > _AGREES * size:
        line = lines[count]
        drop = low >> 10 & 1
        line[_INDEX], line[_LABEL], line[_DROPS], line[_LAST] = index, label, drop, label
        line[_RATES] = rates_with(label, _DROP if drop else _WHOLE)
        line[_BORNE], line[_STRIKES], line[_WAITS] = 1, 0, 0
        scores[count] = _LIKED
        wait(line, waiting, agreements, low, high, freely / size)
        eyes[line[_SLOT], :] = 0.0
        look(eyes[line[_SLOT]], before, firsts, seconds, low, high, size)
        count += 1
    sort(lines, scores, count)
    open_lines[0] = min(without_twins(lines, scores, count), _MOST)
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
    freely: float,
    allowed: float,
) -> float:
    """Judge a timeline by a word, if that is where it expects one; its new score."""
    behind = index - int(line[_INDEX])
    words = behind // BITS_PER_WORD
    if words < 1 or behind % BITS_PER_WORD != 0:
        return score
    best = second = -math.inf
    label, rates, low, high = -1, 0, 0, 0
    tried = 0
    for first in range(len(_COUNTS)):
        there, saying = counted_on(line, first, step * words)
        if there < 0:
            continue
        metric, bits_low, bits_high = likeliest_word(firsts, seconds, 0.0, there, int(line[_DROPS]), bits)
        tried += 1
        if metric > best:
            best, second = metric, best
            label, rates, low, high = there, saying, bits_low, bits_high
        elif metric > second:
            second = metric
    if tried == 0:
        line[_STRIKES] = _GIVEN_UP
        return score
    half = size / (2 * BITS_PER_WORD)
    cost = (freely - best) / half
    agreement = best / size
    agrees = agreement > _AGREES
    if tried > 1 and (best - second) / half <= allowed:
        return score  # which way the count goes is left to the next word
    line[_INDEX], line[_LABEL] = index, label
    kept = 1.0
    for _ in range(words):
        kept *= _MEMORY
    score = kept * score + (_LIKED * max(-1.0, 1.0 - cost / allowed) if agrees else -_LIKED)
    stands = allowed < _TOO_DEAR and is_said_again(line, label, lead, firsts, seconds, bits, half)
    if not agrees or cost >= allowed or stands:
        line[_STRIKES] += 1
        return score
    eye = eyes[line[_SLOT]]
    sharp = agreement > _SHARP and cost < _FREE and (best - second) / half > _FAR * allowed
    if tried > 1 and not (sharp or is_open(eye)):  # those before may have been counted otherwise
        line[_WAITS] = 0
        eye[:] = 0.0
    line[_BORNE] += 1
    line[_STRIKES] = 0
    line[_LAST] = label
    line[_RATES] = rates
    wait(line, waiting, agreements, low, high, agreement)
    look(eye, before, firsts, seconds, low, high, size)
    return score


def is_said_again(
    line: Numbers, label: int, lead: float, firsts: Halves, seconds: Halves, bits: Bits, half: float
) -> bool:
    """Whether a word is rather the one that last bore the line out than the label it should be by now."""
    drop = int(line[_DROPS])
    lead = max(-2.0 * half, min(lead, 2.0 * half))
    moved, _, _ = likeliest_word(firsts, seconds, lead, label, drop, bits)
    held, _, _ = likeliest_word(firsts, seconds, lead, int(line[_LAST]), drop, bits)
    return held - moved > _STANDS * half


def counted_on(line: Numbers, first: int, steps: int) -> tuple[int, int]:
    """The label that may stand `steps` frames on, by rate number `first`, and all rates that say so.

    -1 if the line cannot have counted at that rate, or one before it says the same.
    """
    label, can = int(line[_LABEL]), int(line[_RATES])
    if can >> first & 1 == 0:
        return -1, 0
    there = label_counted_on(label, steps, _COUNTS[first][0], _COUNTS[first][1])
    rates = 0
    for each in range(len(_COUNTS)):
        if can >> each & 1:
            if label_counted_on(label, steps, _COUNTS[each][0], _COUNTS[each][1]) == there:
                if each < first:
                    return -1, 0
                rates |= 1 << each
    return there, rates


def rates_with(label: int, rates: int) -> int:
    """Those of some rates that have the label."""
    found = 0
    for each in range(len(_COUNTS)):
        if rates >> each & 1 and label_counted_on(label, 0, _COUNTS[each][0], _COUNTS[each][1]) >= 0:
            found |= 1 << each
    return found


def wait(line: Numbers, waiting: Numbers, agreements: Scores, low: int, high: int, agreement: float) -> None:
    """Keep a word until its timeline is believed; the oldest gives way."""
    slot = line[_SLOT]
    if line[_WAITS] == WAITING:
        for at in range(1, WAITING):
            agreements[slot, at - 1] = agreements[slot, at]
            for column in range(4):
                waiting[slot, at - 1, column] = waiting[slot, at, column]
        line[_WAITS] -= 1
    row = waiting[slot, line[_WAITS]]
    row[0], row[1], row[2], row[3] = line[_INDEX], line[_LABEL], low, high
    agreements[slot, line[_WAITS]] = agreement
    line[_WAITS] += 1


def swap(lines: Numbers, scores: Scores, one: int, other: int) -> None:
    """Two timelines change places."""
    if one != other:
        scores[one], scores[other] = scores[other], scores[one]
        for column in range(_COLUMNS):
            lines[one, column], lines[other, column] = lines[other, column], lines[one, column]


def sort(lines: Numbers, scores: Scores, count: int) -> None:
    """The best first; equals stay as they stand."""
    for last in range(1, count):
        at = last
        while at > 0 and scores[at - 1] < scores[at]:
            swap(lines, scores, at - 1, at)
            at -= 1


def without_twins(lines: Numbers, scores: Scores, count: int) -> int:
    """Of timelines that have come to say the same, keep the first; how many are left."""
    kept = 0
    for at in range(count):
        twin = False
        for other in range(kept):
            one, two = lines[other], lines[at]
            same = one[_INDEX] == two[_INDEX] and one[_LABEL] == two[_LABEL] and one[_DROPS] == two[_DROPS]
            twin = twin or same
        if not twin:
            swap(lines, scores, kept, at)
            kept += 1
    return kept


def believed(lines: Numbers, scores: Scores, eyes: Scores, open_lines: Numbers, step: int) -> tuple[int, int]:
    """How many words of the leading timeline are believed, and in which slot they are."""
    if open_lines[0] == 0:
        return 0, 0
    line, slot = lines[0], lines[0, _SLOT]
    lead = scores[0] - (scores[1] if open_lines[0] > 1 else 0.0)
    borne_out = _BORNE_OUT_ANEW if counts_otherwise(line, open_lines, step) else _BORNE_OUT
    if line[_BORNE] < borne_out or lead < _LEAD or not is_open(eyes[slot]):
        return 0, 0
    open_lines[1], open_lines[2] = line[_INDEX], line[_LABEL]
    words, line[_WAITS] = line[_WAITS], 0
    return words, slot


def counts_otherwise(line: Numbers, open_lines: Numbers, step: int) -> bool:
    """Whether a timeline's words lie on the grid of those believed lately, and say something else."""
    bits = line[_INDEX] - open_lines[1]
    words = bits // BITS_PER_WORD
    if open_lines[2] < 0 or bits % BITS_PER_WORD != 0 or words > _LATELY:
        return False
    for each in range(len(_COUNTS)):
        if line[_RATES] >> each & 1:
            there = label_counted_on(open_lines[2], step * words, _COUNTS[each][0], _COUNTS[each][1])
            if there == line[_LABEL]:
                return False
    return True
