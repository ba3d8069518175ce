"""Fired racks that are meant for a moment of the timeline: when that comes by the clock, or why it does not.

One that waits lands when the clock shows its moment. One under way keeps its pull; it is judged by when that came.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cuefocus.chase.clock import ClockState
from cuefocus.engine.cues import Happening, Life
from cuefocus.engine.job import LandOn
from cuefocus.engine.land_on import FAR_NS
from cuefocus.engine.lives import moves_ns
from cuefocus.engine.plan import OnLoss
from cuefocus.engine.takebook import CueRecord, Meant
from cuefocus.motion.racks import PlannedRack
from cuefocus.timebase.units import NS_PER_MS, s_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

#: A clock that shows the moment this near to where it was foreseen did not jump.
_SAME_LINE_NS: Final = 80 * NS_PER_MS


def meant_for(session: "Session", on: LandOn, rack: PlannedRack) -> Meant:
    """The moment of the timeline at which a rack lands that has just been fired."""
    clock = session.clock
    text = "its moment" if on.beats else on.text
    return Meant(text, session.act.name, clock.show_at(rack.land_ns), clock.epoch)


def lands_ns(session: "Session", record: CueRecord) -> int:
    """Host time at which a rack that waits is to land, as far as is known now; its moment lies ahead."""
    return record.rack.land_ns if record.meant is None else session.clock.host_at(record.meant.show_ns)


def why_lost(session: "Session", record: CueRecord, within_ns: int = FAR_NS) -> tuple[Happening | None, str]:
    """What became of a moment that will not come, or not within a time, and why; (None, "") where it comes."""
    meant, clock = record.meant, session.clock
    if meant is None:
        return None, ""
    if session.act.name != meant.act:
        return Happening.PASSED, f"playback went to another act before {meant.text}"
    if not clock.running or clock.speed <= 0.0:
        why = session.chasing.trouble or "no timecode runs forward any more"
        return Happening.LOST, f"{why}, so nobody can say when {meant.text} is"
    if clock.epoch == meant.epoch:
        return None, ""
    comes_ns = clock.host_at(meant.show_ns)
    if abs(comes_ns - record.rack.land_ns) > _SAME_LINE_NS:
        if comes_ns <= session.now_ns:
            return Happening.PASSED, f"playback jumped past {meant.text}"
        if comes_ns - session.now_ns > within_ns:
            far_s = s_from_ns(comes_ns - session.now_ns)
            return Happening.PASSED, f"playback jumped, and {meant.text} would come only in {far_s:.1f} s"
        record.note("playback jumped before it was to land")
    record.meant = replace(meant, epoch=clock.epoch)
    return None, ""


def why_unheard(session: "Session", record: CueRecord) -> tuple[Happening | None, str]:
    """Why a rack may not leave by a clock that freewheels, and what that makes of it; (None, "") when it may."""
    clock, leaves_ns = session.clock, moves_ns(record.rack)
    freewheels = clock.state is ClockState.FREEWHEELING and session.act.on_loss is not OnLoss.RUN
    if record.meant is None or not freewheels or leaves_ns <= session.sources.depart_until_ns:
        return None, ""
    return Happening.LOST, session.taking.why_missed(leaves_ns, session.taking.silence)


def watch(session: "Session") -> None:
    """Note of the racks under way when their moments come, or that they do not."""
    for record in session.book.fired:
        if record.meant is None or record.life is not Life.PULLING or record.watch_until_ns is None:
            continue
        happening, why = why_lost(session, record, record.watch_until_ns - session.now_ns)
        if happening is not None:
            record.note(why)
            record.meant = None
            continue
        clock, came_ns = session.clock, session.clock.host_at(record.meant.show_ns)
        if came_ns <= session.now_ns:
            record.came_ns, record.meant = came_ns, None
            record.uncertainty_ns = session.sources.uncertainty_at(came_ns) / abs(clock.speed)
