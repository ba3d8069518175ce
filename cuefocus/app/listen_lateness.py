"""How late messages come about the earliest of them."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from cuefocus.timebase.units import NS_PER_MS

LATE_MS: Final = 10.0
"""Messages that are held up for longer than this are worth a word."""
_ENOUGH: Final = 8


def lateness_ms(arrivals: Sequence[tuple[float, int]]) -> tuple[float, float]:
    """How late messages are about the earliest of them, ms: the median and the worst.

    Args:
        arrivals: where each is in the timecode, frames, and its stamp.
    """
    if len(arrivals) < _ENOUGH:
        return 0.0, 0.0
    frames = np.array([frame for frame, _ in arrivals])
    stamps_ns = np.array([stamp_ns - arrivals[0][1] for _, stamp_ns in arrivals], dtype=np.float64)
    late_ns = stamps_ns - np.polyval(np.polyfit(frames, stamps_ns, 1), frames)
    late_ns -= late_ns.min()
    return float(np.median(late_ns)) / NS_PER_MS, float(late_ns.max()) / NS_PER_MS
