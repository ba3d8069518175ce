"""What the follower must know of the act it follows."""

from dataclasses import dataclass, field

from cuefocus.chase.speeds import Speeds
from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


@dataclass(frozen=True, slots=True)
class ChaseConfig:
    """One act as the chase sees it; defaults are design §4's.

    Args:
        rate: how the act's labels count; at frame pairs the wire carries half the count.
        starts_show_ns: show time of the act's start; labels are unwrapped to ±12 h round it.
        end_show_ns: show time of its end.
        name: for `locate`.
        speeds: at which speeds it may be played.
        preroll_ns: timecode expected before the act's first departure.
        depart_ns: how long after the last good reading racks may still depart.
        freewheel_ns: how long after it racks under way go on.
        on_loss: `finish`, `hold` or `run` (the last keeps the clock running for good).
        scrub: reverse and shuttle are followed within limits instead of held.
        latency_ns: how much later than true the source's stamps are; taken off. Negative moves show time later.
        common_ns: standard error that all stamps share (sample clock, calibration); no averaging removes it.
    """

    rate: FrameRate
    starts_show_ns: int
    end_show_ns: int
    name: str = ""
    speeds: Speeds = field(default_factory=Speeds)
    preroll_ns: int = 2 * NS_PER_S
    depart_ns: int = 500 * NS_PER_MS
    freewheel_ns: int = 1000 * NS_PER_MS
    on_loss: str = "finish"
    scrub: bool = False
    latency_ns: int = 0
    common_ns: float = 0.0
