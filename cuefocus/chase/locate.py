"""Which act a label belongs to, when nobody has said so."""

from collections.abc import Sequence
from dataclasses import dataclass

from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.labels import word_rate
from cuefocus.timebase.frames import Timecode, unwrap_near


@dataclass(frozen=True, slots=True)
class Located:
    """Where a label falls among the acts.

    Args:
        index: which act.
        show_ns: the label's show time, unwrapped round that act's start.
        inside: whether the act, from the beginning of its pre-roll, holds it; else the act is only the nearest.
        away_ns: how far outside it is; 0 inside.
    """

    index: int
    show_ns: int
    inside: bool
    away_ns: int


def locate(label: Timecode, acts: Sequence[ChaseConfig], *, drop: bool | None = None) -> Located | None:
    """The act a word's label belongs to: the one that holds it, else the nearest.

    An act whose rate cannot have the label (a frame number too high, a dropped one) is none; one that the drop-frame
    flag speaks against comes after all others. Where pre-rolls reach into the act before, the running act goes on.

    Args:
        label: as on the wire (half the count at frame pairs).
        acts: in the show's order.
        drop: the word's drop-frame flag; None if it has none.

    Returns: None where no act's rate has such a label.
    """
    best: tuple[tuple[bool, int, int], Located] | None = None
    for index, act in enumerate(acts):
        rate = word_rate(act.rate)
        if not label.exists_in(rate):
            continue
        show_ns = unwrap_near(label.show_ns(rate), act.starts_show_ns, act.rate)
        away_ns = max(act.starts_show_ns - act.preroll_ns - show_ns, show_ns - act.end_show_ns, 0)
        before_ns = max(act.starts_show_ns - show_ns, 0)
        contradicted = drop is not None and drop != rate.drop
        order = (contradicted, away_ns, before_ns)
        if best is None or order < best[0]:
            best = order, Located(index, show_ns, away_ns == 0, away_ns)
    return None if best is None else best[1]
