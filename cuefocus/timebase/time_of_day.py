"""Labels that say what time it is."""

from fractions import Fraction

from cuefocus.timebase.frames import FrameRate, Timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S


def label_at_time_of_day(day_ns: int, rate: FrameRate) -> tuple[Timecode, int]:
    """The next label that begins at or after a time of day, and when it does.

    Drop-frame labels follow the clock. Non-drop ones at 23.976 or 29.97 cannot: theirs says the time at which it
    begins, and those after it fall behind by 3.6 s an hour. Over 30 fps the first of a pair is meant.

    Args:
        day_ns: since midnight.
        rate: how labels count.

    Returns: the label, and its beginning since midnight, ns (rounded up).
    """
    per_second = (rate.fps if rate.drop else Fraction(rate.nominal)) / rate.pair
    number = -(-day_ns * per_second // NS_PER_S)
    begins_ns = -(-number * NS_PER_S // per_second)
    return timecode_at_frame(int(number) * rate.pair, rate), int(begins_ns)
