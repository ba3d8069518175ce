"""How much sooner the frame of a landing goes out for a motor with lag. Loaded by the motion process: plain Python."""

from functools import lru_cache
from math import exp, log1p

_STEP_NS = 16_000


@lru_cache(maxsize=4096)
def _crossing_lead(held: int, period: int, lag: int) -> int:
    """As `crossing_lead_ns`, all in steps of 16 µs."""
    decay, regular_decay = exp(-held / lag), exp(-period / lag)
    regular = period / 2 + lag - period / (1 - regular_decay)
    behind = held - (held / 2 + lag) * (1 - decay) - regular * decay
    return round(lag * log1p(max(0.0, behind) / lag) * _STEP_NS)


def crossing_lead_ns(held_ns: int, period_ns: int, lag_ns: int) -> int:
    """How much sooner a landing's frame must be out for a motor with lag to be on the edge in time, ns.

    Between set-points the motor coasts towards the last one, so at the end of each span it is a little behind the path
    it follows on the average. The landing's set-point must make up for that much: t = τ·ln(1 + behind/τ).

    Args:
        held_ns: how long the set-point before it has been held; the others are held `period_ns`.
        period_ns: how long the set-points before that one were held.
        lag_ns: first-order time constant of the motor.
    """
    return _crossing_lead(held_ns // _STEP_NS, period_ns // _STEP_NS, max(1, lag_ns // _STEP_NS))
