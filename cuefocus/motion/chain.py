"""The timed cues of one axis in one act, one after the other: each planned from where the one before it ends. Pure.

Used before a take for all of them, and during one for those that another stop or focal length makes different.
"""

from dataclasses import dataclass

from cuefocus.errors import CueFocusError
from cuefocus.motion.planner import plan_rack
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest, TooFast
from cuefocus.motor.axis import AxisSpec
from cuefocus.timebase.frames import FrameRate, timecode_at, timecode_at_frame


@dataclass(frozen=True, slots=True)
class ActBounds:
    """Where an act begins and ends, show ns.

    Args:
        preroll: as written, for a sentence.
        ends_ns: None where nothing says; `ends` is the label.
    """

    act: str
    rate: FrameRate
    start_ns: int
    preroll_ns: int
    preroll: str
    ends_ns: int | None
    ends: str

    def label(self, show_ns: int) -> str:
        """A moment as timecode."""
        return timecode_at(show_ns, self.rate).text(self.rate)

    def label_from(self, show_ns: int) -> str:
        """The first label that begins no earlier than a moment."""
        frames = self.rate.frames_at(show_ns)
        return timecode_at_frame(frames + (self.rate.show_ns(frames) < show_ns), self.rate).text(self.rate)

    def outside(self, rack: PlannedRack) -> tuple[str, str] | None:
        """Why a rack does not lie within the act, and a hint; None where it does."""
        leaves_ns = rack.depart_ns - rack.takeup_ns
        if leaves_ns < self.start_ns - self.preroll_ns:
            problem = f"it must leave at {self.label(leaves_ns)}, before act {self.act!r} rolls"
            return problem, "land later, or pull faster"
        if self.ends_ns is not None and rack.land_ns > self.ends_ns:
            return f"it lands after act {self.act!r} ends ({self.ends})", "move it, or correct ends"
        return None


@dataclass(frozen=True, slots=True)
class Chain:
    """Every timed cue of an axis in an act that could be resolved, in order, whether or not it can land.

    Args:
        dues_ns: when each is due (`RackRequest.due_ns`).
        start_ring: where the lens stands before the first.
    """

    cues: tuple[str, ...]
    dues_ns: tuple[int, ...]
    start_ring: float
    bounds: ActBounds


@dataclass(frozen=True, slots=True)
class Link:
    """A cue of a chain: its rack, or why it cannot land."""

    rack: PlannedRack | None
    refusal: str = ""


def link(
    request: RackRequest, before: PlannedRack | None, start_ring: float, direction: int, spec: AxisSpec, act: ActBounds
) -> Link:
    """Plan a cue from where the rack before it ends (without one, from `start_ring`); `direction` it last moved in."""
    ring = before.band.target_ring if before is not None else start_ring
    try:
        rack = plan_rack(request, ring, spec, last_direction=direction)
    except TooFast as error:
        return Link(None, too_fast(error, act))
    except CueFocusError as error:
        return Link(None, error.sentence)
    if before is not None and rack.depart_ns < before.stop_ns:
        return Link(None, overlap(rack, before, act))
    outside = act.outside(rack)
    return Link(rack) if outside is None else Link(None, outside[0])


def too_fast(error: TooFast, act: ActBounds) -> str:
    """Why the motor cannot do it in the time."""
    return f"{error.sentence}; earliest landing {act.label_from(error.earliest_ns)}"


def overlap(rack: PlannedRack, before: PlannedRack, act: ActBounds) -> str:
    """Why a rack cannot leave while the one before it moves."""
    leaves, stops = act.label(rack.depart_ns), act.label(before.stop_ns)
    return f"it must leave at {leaves}, while cue {before.cue!r} moves until {stops}"
