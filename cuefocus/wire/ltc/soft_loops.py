"""The soft reader's inner loops, plain enough for a compiler to take over (`kernels`)."""

from collections.abc import MutableSequence

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.edges import SOUND
from cuefocus.wire.ltc.word import BITS_PER_WORD, SYNC_BITS

Row = npt.NDArray[np.float64]
Floats = MutableSequence[float] | Row
Ints = MutableSequence[int] | npt.NDArray[np.int64]

# The bit clock's loop: Gardner, "Phaselock Techniques", 3rd ed., ch. 2 (second-order type 2, damping 0.8).
_PLACE_GAIN = 0.1
_LENGTH_GAIN = 0.004
_LEVEL_GAIN = 0.02
_MEMORY = 0.01  # per bit: the lock quality is a mean over about a hundred bits
_LOCKED = 0.85  # true bits: 1.0, and 0.98 at -5 dB; noise: 0.71
_SETTLE_BITS = 160
_AHEAD = 1.3  # bits: how far beyond its start a bit is looked at, with room

_SYNC_MEMORY = 0.85  # per word: how long the place of the sync word is remembered
_NOISE = 0.4  # what chance gives
_SEEN = 0.5


def _shape(bits: tuple[int, ...]) -> tuple[float, ...]:
    """Signs of the half bits of a bit pattern, first half positive."""
    halves, level = [], -1.0
    for bit in bits:
        level = -level
        halves.append(level)
        level = -level if bit else level
        halves.append(level)
    return tuple(halves)


SYNC_SHAPE = _shape(SYNC_BITS)
SYNC_LENGTH = len(SYNC_BITS)
SYNC_TAIL = BITS_PER_WORD - SYNC_LENGTH  # from a word's first bit to the sync pattern that ends it


def high_passed_sums(
    late: npt.NDArray[np.float32], delay: int, first_sums: Row, second_sums: Row, total: float, out: Row
) -> None:
    """Running sums of the samples less what two moving means leave of them.

    Args:
        late: samples, the `delay` before them first; what is no sound is set to 0.
        delay: of the filter: each mean is over one more.
        first_sums: running sums of the samples, those the mean looks back at filled in; the rest is filled.
        second_sums: likewise, of the first mean.
        total: the sum so far.
        out: filled, one entry more than there are new samples.
    """
    length = delay + 1
    share = 1.0 / length
    first, second = first_sums[delay], second_sums[delay]
    out[0] = total
    for at in range(len(late) - delay):
        if not abs(late[at + delay]) < SOUND:
            late[at + delay] = 0.0
        first += np.float64(late[at + delay])
        first_sums[at + length] = first
        second += (first - first_sums[at]) * share
        second_sums[at + length] = second
        total += np.float64(late[at]) - (second - second_sums[at]) * share
        out[at + 1] = total


def follow(
    sums: Floats,
    base: int,
    loop: Floats,
    shortest: float,
    longest: float,
    measured: Floats,
    halves: Floats,
    needs: Ints,
    places: Floats,
) -> tuple[int, bool]:
    """Run the bit clock as far as the sums go.

    Args:
        sums: running sums.
        base: the count of the first of them.
        loop: where the loop stands; moved on: place of the next bit and length of a bit, in sums; size of a half bit's
            mean; sum of the half bit before; lock quality; bits so far.
        shortest: stop of the bit length, samples.
        longest: likewise.
        measured: filled, see `BitRun`.
        halves: likewise.
        needs: likewise.
        places: filled: where the loop expected each bit to begin.

    Returns: bits found; whether the lock was lost.
    """
    place, length, level, before, agreeing = loop[0], loop[1], loop[2], loop[3], loop[4]
    seen = int(loop[5])
    end = base + len(sums)
    count = 0
    lost = False
    while not lost:
        need = int(place + _AHEAD * length) + 3
        if need > end:
            break
        quarter = 0.25 * length
        early = sum_at(sums, base, place - quarter)
        start = sum_at(sums, base, place)
        late = sum_at(sums, base, place + quarter)
        middle = sum_at(sums, base, place + 2 * quarter)
        after = sum_at(sums, base, place + 3 * quarter)
        first, second = middle - start, sum_at(sums, base, place + length) - middle
        height = (abs(first) + abs(second)) / length
        level = height if seen == 0 else level + _LEVEL_GAIN * (height - level)
        scale = 0.5 / level if level > 0.0 else 0.0
        offset = (early - late) * scale if first > before else (late - early) * scale
        offset = min(max(offset, -quarter), quarter)
        off = offset
        if (first > 0.0) != (second > 0.0):  # a 1: its middle is an edge as well
            centre = (late - after) * scale if second > first else (after - late) * scale
            off = 0.5 * (off + min(max(centre, -quarter), quarter))
        places[count] = place
        measured[count] = place + offset
        halves[2 * count], halves[2 * count + 1] = first, second
        needs[count] = need
        size = abs(before) + abs(first)
        if seen > 0:
            agreement = abs(first - before) / size if size > 0.0 else 0.0
            agreeing += _MEMORY * (agreement - agreeing)
        before = second
        seen += 1
        count += 1
        length = min(max(length + _LENGTH_GAIN * off, shortest), longest)
        place += length + _PLACE_GAIN * off
        lost = seen > _SETTLE_BITS and agreeing < _LOCKED
    loop[0], loop[1], loop[2], loop[3], loop[4], loop[5] = place, length, level, before, agreeing, float(seen)
    return count, lost


def sum_at(sums: Floats, base: int, at: float) -> float:
    """The running sum at a place between two samples."""
    whole = int(at)
    below = sums[whole - base]
    return below + (at - whole) * (sums[whole - base + 1] - below)


def sync_likeness(firsts: Row, seconds: Row, forward: Row, reverse: Row, size: Row) -> None:
    """How much bits look like a sync word, 0 … 1: fills an entry for each bit that 15 more follow.

    Args:
        firsts: sums over the halves of consecutive bits.
        seconds: likewise.
        forward: filled, for a sync word that begins with the bit.
        reverse: filled, for one played backwards.
        size: room for as many.
    """
    count = len(forward)
    forward[:] = 0.0
    reverse[:] = 0.0
    size[:] = 0.0
    for bit in range(SYNC_LENGTH):
        one, other = SYNC_SHAPE[2 * bit], SYNC_SHAPE[2 * bit + 1]
        back_one, back_other = SYNC_SHAPE[2 * SYNC_LENGTH - 1 - 2 * bit], SYNC_SHAPE[2 * SYNC_LENGTH - 2 - 2 * bit]
        for at in range(count):
            first, second = firsts[at + bit], seconds[at + bit]
            forward[at] = (forward[at] + first * one) + second * other
            reverse[at] = (reverse[at] + first * back_one) + second * back_other
            size[at] = (size[at] + abs(first)) + abs(second)
    for at in range(count):
        forward[at] = abs(forward[at]) / size[at] if size[at] > 0.0 else 0.0
        reverse[at] = abs(reverse[at]) / size[at] if size[at] > 0.0 else 0.0


def sync_places(
    forward: Floats, reverse: Floats, first: int, forward_scores: Floats, reverse_scores: Floats, ats: Ints, ways: Ints
) -> int:
    """Where words end, by the likeness of these bits and of all before them in the same phase of 80.

    Args:
        forward: see `sync_likeness`.
        reverse: likewise.
        first: bit count of the first of them.
        forward_scores: of each phase; moved on.
        reverse_scores: likewise.
        ats: filled: the last bit of each word, and 1 or -1, the direction of play.
        ways: likewise.

    Returns: how many.
    """
    found = 0
    for each in range(len(forward)):
        phase = (first + each) % BITS_PER_WORD
        forward_scores[phase] = _SYNC_MEMORY * forward_scores[phase] + max(0.0, forward[each] - _NOISE)
        reverse_scores[phase] = _SYNC_MEMORY * reverse_scores[phase] + max(0.0, reverse[each] - _NOISE)
        if forward[each] > _SEEN or reverse[each] > _SEEN:
            best, best_reverse = greatest(forward_scores), greatest(reverse_scores)
            if forward[each] > _SEEN and forward_scores[phase] == best and best >= best_reverse:
                ats[found], ways[found] = first + each, 1
                found += 1
            if reverse[each] > _SEEN and reverse_scores[phase] == best_reverse and best_reverse >= best:
                ats[found], ways[found] = first + each, -1
                found += 1
    return found


def greatest(values: Floats) -> float:
    """The greatest of some numbers."""
    best = values[0]
    for at in range(1, len(values)):
        best = max(best, values[at])
    return best
