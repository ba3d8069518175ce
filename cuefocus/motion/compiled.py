"""A show as it is planned: what the session is made from, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass

from cuefocus.files.complaint import Complaint
from cuefocus.motion.chain import Chain
from cuefocus.motion.live import Glass
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.show_planner import ShowPlanner
from cuefocus.motor.axis import AxisSpec
from cuefocus.optics.lens_map import LensMap


@dataclass(frozen=True, slots=True)
class CompiledAct:
    """One act, planned.

    Args:
        racks: timed racks in order, by axis; racks that cannot be done are left out.
        opening: lens ring where an axis stands before playback rolls.
        infeasible: cue → why it cannot land.
        lens_maps: focus maps by camera, for reading motors back.
        chains: all that could be resolved, by axis, for planning them anew.
        glass: what cameras wear in it, by camera, where the act says something of them.
    """

    act: str
    start_show_ns: int
    racks: Mapping[str, tuple[PlannedRack, ...]]
    opening: Mapping[str, float]
    infeasible: Mapping[str, str]
    lens_maps: Mapping[str, LensMap]
    chains: Mapping[str, Chain]
    glass: Mapping[str, Glass]


@dataclass(frozen=True, slots=True)
class CompiledShow:
    """A show ready to be followed.

    Args:
        acts: by id, in show order.
        requests: every cue that could be resolved, by id; triggered ones count host time from their trigger.
        refused: triggered cues that could not, and why.
        lens_maps: focus maps by camera, as the rig has them.
        glass: what cameras wear by the rig.
        complaints: what is wrong, in file order.
        cannot_land: those of them that are no mistake in a file, but a rack its axis cannot make: it is refused in the
            take, the others stand.
    """

    specs: Mapping[str, AxisSpec]
    acts: Mapping[str, CompiledAct]
    requests: Mapping[str, RackRequest]
    refused: Mapping[str, str]
    lens_maps: Mapping[str, LensMap]
    glass: Mapping[str, Glass]
    planner: ShowPlanner
    complaints: tuple[Complaint, ...]
    cannot_land: frozenset[Complaint] = frozenset()
