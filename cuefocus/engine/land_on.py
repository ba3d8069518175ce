"""Triggered racks that land in the music: some beats after the trigger, or on what comes next on the timeline."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from math import floor
from typing import TYPE_CHECKING, Final

from cuefocus.anchors.anchor import AnchorMissing
from cuefocus.anchors.beat_grid import BeatMap
from cuefocus.engine.job import LandOn, TriggerJob
from cuefocus.engine.settings import shown_ns
from cuefocus.errors import PlanError
from cuefocus.motion.racks import PlannedRack
from cuefocus.motion.requests import TooFast
from cuefocus.timebase.units import NS_PER_S, s_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: What comes later than this is not what somebody means who gives a GO now.
FAR_NS: Final = 30 * NS_PER_S
_BARS_LOOKED_AT: Final = 64
_ROUNDING_BEATS: Final = 1e-6


def planned(
    session: "Session",
    job: TriggerJob,
    stamp_ns: int,
    *,
    anew: bool = False,
    land_ns: int | None = None,
    from_ns: int | None = None,
    at_rest: bool = False,
) -> PlannedRack:
    """The rack of a triggered cue from where its axis is now, or will be at `from_ns`, as far as is known now.

    Of moments on the timeline, the first that the axis can still reach within its limits. `anew`: as soon as its pull
    allows, whatever the cue says. `land_ns`: then, as found when it was fired. `at_rest`: as if the axis stood.

    Raises: PlanError where it cannot land as written, or nothing says where the next moment is.
    """
    on, at_ns = job.land_on, session.now_ns if from_ns is None else from_ns
    if land_ns is not None:
        rack = _plan(session, job, stamp_ns, land_ns, at_ns, at_rest=at_rest)
        return rack if on is None else _named(rack, on)
    if on is None or anew:
        return _plan(session, job, stamp_ns, None, at_ns, anew=anew)
    reachable_ns = stamp_ns
    for moment_ns in _moments(session, on, stamp_ns, session.settings.planner.offset_ns(job.cue)):
        if moment_ns < reachable_ns:
            continue
        if moment_ns - stamp_ns > FAR_NS:
            far_s, most_s = s_from_ns(moment_ns - stamp_ns), s_from_ns(FAR_NS)
            raise PlanError(f"{on.text} comes in {far_s:.1f} s; a rack is fired at most {most_s:.0f} s ahead")
        try:
            return _named(_plan(session, job, stamp_ns, moment_ns, at_ns), on)
        except TooFast as error:
            if on.beats:
                raise
            reachable_ns = max(error.earliest_ns, moment_ns + 1)
    raise PlanError(f"{on.text} does not come any more in act {session.act.name}")


def _named(rack: PlannedRack, on: LandOn) -> PlannedRack:
    return replace(rack, anchor=on.text, offset_ns=rack.offset_ns + on.offset_ns)


def _plan(
    session: "Session",
    job: TriggerJob,
    stamp_ns: int,
    land_ns: int | None,
    at_ns: int,
    *,
    anew: bool = False,
    at_rest: bool = False,
) -> PlannedRack:
    clock, orders = session.clock, session.stage.orders[job.axis]
    lens, speed, acceleration = orders.lens_state(at_ns, clock)
    return orders.planner.triggered(
        job.cue,
        (lens, 0.0, 0.0) if at_rest else (lens, speed, acceleration),
        stamp_ns,
        at_ns,
        orders.turned_at(at_ns + orders.job.spec.dead_ns),
        act=session.act.name,
        show_ns=shown_ns(clock, at_ns),
        land_ns=land_ns,
        pull_ns=job.travel_ns,
        anew=anew,
    )


def _moments(session: "Session", on: LandOn, stamp_ns: int, told_ns: int) -> Iterator[int]:
    """Host times to land at, rising. Raises: PlanError where none can be known."""
    clock, act = session.clock, session.act
    if not clock.running or clock.speed <= 0.0:
        raise PlanError(f"no timecode runs forward now, so nobody can say when {on.text} is")
    later_ns = on.offset_ns + told_ns
    zero_ns = act.chase.starts_show_ns + act.offset_ns + later_ns
    counted_ns = zero_ns - later_ns if on.beats else zero_ns  # beats are counted from the trigger itself
    from_s = (clock.show_at(stamp_ns) - counted_ns) / NS_PER_S
    if not (on.word or on.next == "word"):
        times = _beats(act.beats, act.name, on, from_s)
    elif act.said_s:
        onsets_s = act.said_s.get(on.word, ())
        times = iter(onsets_s[bisect_right(onsets_s, from_s) :])
    else:
        raise PlanError(f"act {act.name} has no words to land on")
    for time_s in times:
        yield clock.host_at(zero_ns + round(time_s * NS_PER_S))


def _beats(beats: BeatMap | None, act: str, on: LandOn, from_s: float) -> Iterator[float]:
    if beats is None:
        raise PlanError(f"act {act} has no tempo map, so it has no beats to land on")
    now = beats.count_at(from_s)
    if on.beats:
        return iter((beats.time_at(now + on.beats),))
    if on.next == "bar":
        return (time_s for time_s in _downbeats(beats, from_s) if time_s > from_s)
    first = floor(now + _ROUNDING_BEATS) + 1
    return (beats.time_at(float(number)) for number in count(first))


def _downbeats(beats: BeatMap, from_s: float) -> Iterator[float]:
    first = beats.bar_at(from_s)
    for bar in islice(count(first), _BARS_LOOKED_AT):
        try:
            yield beats.find(bar).time_s
        except AnchorMissing:  # before the map's first bar, or after the beat file's last
            continue
