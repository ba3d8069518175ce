"""The edge finder's inner loops, written out sample by sample for a compiler (`kernels`); `edges` has them in numpy.

Both give the same numbers, bit for bit: the same sums in the same order.
"""

import numpy as np
import numpy.typing as npt

_LOW_BITS = np.int64(0x0101010101010101)  # of the sides of eight samples: 1, 0 or -1 in a byte each
_HIGH_BITS = np.int64(-0x7F7F7F7F7F7F7F80)
_LONGEST_IN_EIGHTS = 15  # samples from one clear one to the next, if each eight have one
_SIGN_PLACE = np.int32(31)
_MAGNITUDE = np.int32(0x7FFFFFFF)


def hop_extremes(
    bits: npt.NDArray[np.int32], first: int, hop: int, highs: npt.NDArray[np.int32], lows: npt.NDArray[np.int32]
) -> None:
    """The greatest and the least sample of each hop, as keys.

    Keys order float32s as integers do, which compilers lay out in wide registers: a negative float's bits count
    downwards, so all but its sign are turned round. The key of a key is the float's bits again.

    Args:
        bits: float32 samples as their bits.
        first: index of the first hop's first sample.
        hop: samples in each.
        highs: filled, one entry a hop.
        lows: filled likewise.
    """
    for row in range(len(highs)):
        begin = first + row * hop
        high, low = np.int32(-0x80000000), np.int32(0x7FFFFFFF)
        for at in range(begin, begin + hop):
            each = bits[at]
            key = np.int32(each ^ np.int32(np.int32(each >> _SIGN_PLACE) & _MAGNITUDE))
            high = max(high, key)
            low = min(low, key)
        highs[row] = high
        lows[row] = low


def edge_places(
    window: npt.NDArray[np.float32],
    first: int,
    hop: int,
    middle: npt.NDArray[np.float32],
    margin: npt.NDArray[np.float32],
    pause: int,
    to_stream: int,
    side: int,
    last: int,
    out: npt.NDArray[np.float64],
    sides: npt.NDArray[np.int8],
    eights: npt.NDArray[np.int64],
) -> tuple[int, int, int]:
    """Edges between the clear runs of some hops.

    A processor cannot guess what noise does next: so nothing is asked of a sample but whether it makes an edge, of
    eight at once where the signal cannot have been away.

    Args:
        window: samples, some of those before the first hop included.
        first: index of the first hop's first sample.
        hop: samples in each.
        middle: per hop, the midway line.
        margin: per hop, how far from it a sample is clearly on one side.
        pause: samples between two clear ones after which the signal was away.
        to_stream: what to add to an index to get a place in the stream.
        side: 1 or -1, that of the last clear sample; 0 when a pause has followed.
        last: index of the last clear sample.
        out: filled with places in the stream, ascending.
        sides: room for a hop, and up to a multiple of 8; zeros.
        eights: the same, eight of them as one.

    Returns: how many, and the new `side` and `last`.
    """
    found = 0
    for row in range(len(middle)):
        line = np.float64(middle[row])
        above, below = middle[row] + margin[row], middle[row] - margin[row]
        begin = first + row * hop
        for each in range(hop):
            sides[each] = np.int8(window[begin + each] > above) - np.int8(window[begin + each] < below)
        away = side == 0 or pause < _LONGEST_IN_EIGHTS or begin + 7 - last > pause
        for eight in eights:
            away |= eight == 0
        if not away:
            for place in range(len(eights)):
                eight = eights[place]
                against = eight & _HIGH_BITS if side > 0 else eight & ~(eight >> 7) & _LOW_BITS
                if against == 0:
                    continue
                for each in range(8 * place, min(8 * place + 8, hop)):
                    if sides[each] * side < 0:
                        clear = each - 1
                        while clear >= 0 and sides[clear] == 0:
                            clear -= 1
                        last = begin + clear if clear >= 0 else last
                        side = int(sides[each])
                        out[found] = crossing(window, last, begin + each, side, line, to_stream)
                        found += 1
            clear = hop - 1
            while sides[clear] == 0:
                clear -= 1
            last = begin + clear
            continue
        for each in range(hop):
            now, at = int(sides[each]), begin + each
            paused = (side == 0) | (at - last > pause)
            if (now * side < 0) | ((now != 0) & paused):
                if paused:
                    if side != 0:
                        out[found] = (last + to_stream) + 0.5
                        found += 1
                    before = min((np.float64(window[at - 1]) - line) * now, 0.0)
                    out[found] = cut_at(at - 1 + to_stream, before, (np.float64(window[at]) - line) * now)
                    if at + to_stream == 0:
                        out[found] = 0.0
                else:
                    out[found] = crossing(window, last, at, now, line, to_stream)
                found += 1
                side, last = now, at
            else:
                last = at if now != 0 else last
    return found, side, last


def crossing(
    window: npt.NDArray[np.float32], last_old: int, first_new: int, side: int, line: float, to_stream: int
) -> float:
    """Where the signal crosses `line` between two clear samples: the mean of the first and the last crossing."""
    earliest = last_old
    before = (np.float64(window[earliest]) - line) * side
    after = (np.float64(window[earliest + 1]) - line) * side
    while earliest + 1 < first_new and after <= 0.0:
        earliest += 1
        before = after
        after = (np.float64(window[earliest + 1]) - line) * side
    place = cut_at(earliest + to_stream, before, after)
    latest = first_new - 1
    before = (np.float64(window[latest]) - line) * side
    after = (np.float64(window[first_new]) - line) * side
    while latest > last_old and before > 0.0:
        latest -= 1
        after = before
        before = (np.float64(window[latest]) - line) * side
    if latest == earliest:
        return place
    return 0.5 * (place + cut_at(latest + to_stream, before, after))


def cut_at(at: int, before: float, after: float) -> float:
    """Straight-line crossing of zero between samples `at` and `at` + 1 of the stream."""
    swing = after - before
    part = -before / swing if swing > 0.0 else 0.5
    return at + min(max(part, 0.0), 1.0)
