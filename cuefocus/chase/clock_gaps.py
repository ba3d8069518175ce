"""Whether MIDI clocks that seem to come at a slower tempo are in truth lost here and there.

A sequencer at another tempo sends all its clocks further apart. Where some of them are lost the others keep their
distance, and double ones lie between: by the count it is slower, step by step it is not.
"""

from collections.abc import Sequence
from itertools import dropwhile, pairwise
from typing import Final

Placed = tuple[int, int]
"""A clock: its show time by the count, and its stamp."""
# So much slower by the count is no crystal's and no hand's at a knob.
_SLOWER: Final = 0.95
# Which of the shorter steps is taken for a single one, how near to the tempo it must be, and what counts as alike.
_LOW, _KEPT, _ALIKE = 0.3, 0.2, 0.3
# On the whole single steps keep the tempo, and better than what is slower does.
_EXACT: Final = 0.05
_DOUBLE, _TREBLE = 2, 3
# Of all steps so many must be single, double or treble ones, and so many more than single, two at least.
_WHOLE, _MISSED, _LEAST = 0.85, 0.05, 2
_FEWEST: Final = 5


def some_are_missing(clocks: Sequence[Placed], speed: float) -> bool:
    """Whether clocks in a row are fewer than were sent.

    Args:
        clocks: by the count, in order.
        speed: show ns per host ns of what was played before, or is to be played.
    """
    steps = [
        (at_ns - before_ns) * speed / (show_ns - shown_ns)
        for (shown_ns, before_ns), (show_ns, at_ns) in pairwise(clocks)
        if show_ns > shown_ns
    ]
    # From the first long one on: a tempo that becomes half of what it was has single steps before it and none after.
    steps = list(dropwhile(lambda step: step < _DOUBLE - _ALIKE, steps))
    if len(steps) < _FEWEST or len(steps) >= _SLOWER * sum(steps):
        return False
    single = sorted(steps)[int(len(steps) * _LOW)]
    if abs(single - 1.0) > _KEPT:
        return False
    singles = [step for step in steps if abs(step / single - 1.0) < _ALIKE]
    if abs(sum(singles) / len(singles) - 1.0) > _EXACT:
        return False
    missed = sum(min(abs(step / single - times) for times in (_DOUBLE, _TREBLE)) < _ALIKE for step in steps)
    return missed + len(singles) >= _WHOLE * len(steps) and missed >= max(_LEAST, _MISSED * len(steps))
