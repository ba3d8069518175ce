"""The timelines that are open: what each has counted, at which rates, and the words that wait until one is believed.

Plain loops that a compiler may take over (`kernels`): timelines are rows of arrays. How they are judged: `judging`.
"""

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.eye import EYE_COLUMNS
from cuefocus.wire.ltc.word import label_counted_on

Numbers = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float64]

# Rates a timeline may count at, (labels a second, drop), each with a bit of its own; the first two thirds are tried in
# this order, the last goes with the drop-frame flag.
COUNTS = ((25, 0), (30, 0), (24, 0), (30, 1))
WHOLE, DROP = 0b0111, 0b1000

MOST = 8
WAITING = 40  # words: 1.6 s

# A timeline's row: the last word's bit count, its packed label, drop flag, the rates that can have counted so, how
# often borne out, strikes in a row, the slot in which its words wait, how many do, the label that last bore it out.
INDEX, LABEL, DROPS, RATES, BORNE, STRIKES, SLOT, WAITS, LAST = range(9)
_COLUMNS = 9


class Timelines:
    """Open timelines of both directions of play, forward first, as arrays that `judging.offer` works on."""

    def __init__(self) -> None:
        self.open = np.zeros((2, 3), dtype=np.int64)  # how many; the last believed word's bit count and packed label
        self.open[:, 2] = -1
        self.lines = np.zeros((2, MOST + 1, _COLUMNS), dtype=np.int64)
        self.lines[:, :, SLOT] = np.arange(MOST + 1)
        self.scores = np.zeros((2, MOST + 1))
        self.waiting = np.zeros((2, MOST + 1, WAITING, 4), dtype=np.int64)
        self.agreements = np.zeros((2, MOST + 1, WAITING))
        self.eyes = np.zeros((2, MOST + 1, EYE_COLUMNS))


def counted_on(line: Numbers, first: int, steps: int) -> tuple[int, int]:
    """The label that may stand `steps` frames on, by rate number `first`, and all rates that say so.

    -1 if the line cannot have counted at that rate, or one before it says the same.
    """
    label, can = int(line[LABEL]), int(line[RATES])
    if can >> first & 1 == 0:
        return -1, 0
    there = label_counted_on(label, steps, COUNTS[first][0], COUNTS[first][1])
    rates = 0
    for each in range(len(COUNTS)):
        if can >> each & 1:
            if label_counted_on(label, steps, COUNTS[each][0], COUNTS[each][1]) == there:
                if each < first:
                    return -1, 0
                rates |= 1 << each
    return there, rates


def rates_with(label: int, rates: int) -> int:
    """Those of some rates that have the label."""
    found = 0
    for each in range(len(COUNTS)):
        if rates >> each & 1 and label_counted_on(label, 0, COUNTS[each][0], COUNTS[each][1]) >= 0:
            found |= 1 << each
    return found


def wait(line: Numbers, waiting: Numbers, agreements: Scores, low: int, high: int, agreement: float) -> None:
    """Keep a word until its timeline is believed; the oldest gives way."""
    slot = line[SLOT]
    if line[WAITS] == WAITING:
        for at in range(1, WAITING):
            agreements[slot, at - 1] = agreements[slot, at]
            for column in range(4):
                waiting[slot, at - 1, column] = waiting[slot, at, column]
        line[WAITS] -= 1
    row = waiting[slot, line[WAITS]]
    row[0], row[1], row[2], row[3] = line[INDEX], line[LABEL], low, high
    agreements[slot, line[WAITS]] = agreement
    line[WAITS] += 1


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
            same = one[INDEX] == two[INDEX] and one[LABEL] == two[LABEL] and one[DROPS] == two[DROPS]
            twin = twin or same
        if not twin:
            swap(lines, scores, kept, at)
            kept += 1
    return kept
