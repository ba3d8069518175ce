"""What the operator sees at a glance, and when it is told anew."""

import re
from typing import TYPE_CHECKING, Final

from cuefocus.chase.clock import ClockState
from cuefocus.engine import offsets
from cuefocus.engine.cues import Life
from cuefocus.engine.moves import Moves
from cuefocus.engine.takebook import CueRecord
from cuefocus.timebase.frames import timecode_at
from cuefocus.timebase.units import NS_PER_S, ms_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

_STATE_EVERY_NS = NS_PER_S
#: How late or how far something is differs from step to step: that alone is nothing new.
_FIGURES: Final = re.compile(r"[0-9.]+")


def status(session: "Session") -> dict[str, object]:
    """The show at a glance: clock, take, axes, what comes next."""
    clock, rate = session.clock, session.act.chase.rate
    orders, lists = session.stage.orders, session.casting.lists
    known = clock.state is not ClockState.NO_SIGNAL
    return {
        "state": clock.state.word,
        "timecode": timecode_at(clock.show_ns, rate).text(rate) if known else None,
        "show_ns": clock.show_ns,
        "speed": round(clock.speed, 6),
        "scrubbing": session.chasing.scrub.active,
        "rate": rate.name,
        "source": session.sources.leader,
        "sources": sources(session),
        "act": session.act.name,
        "take": session.book.take,
        "pass": session.book.pass_,
        "armed": session.book.armed,
        "engaged": [name for name, one in orders.items() if one.engaged],
        "stopped": {name: one.latch.words for name, one in orders.items() if one.latch},
        "faults": {name: one.fault for name, one in orders.items() if one.fault},
        "assumed": [name for name, one in orders.items() if not one.known],
        "list": lists.main.name if lists.main is not None else None,
        "standby": lists.main.standby if lists.main is not None else None,
        "standbys": lists.standbys(),
        "standby_refusals": dict(session.foresight.refused(session)),
        "waiting": session.casting.waits.shown(session.now_ns),
        "refusal": session.refusal,
        "setup": session.settings.shown(session.act, clock.show_ns if known else None),
        "offset_ms": offsets.shown(session),
        "next": next_rack(session),
    }


def sources(session: "Session") -> dict[str, dict[str, object]]:
    """Every source of the act: what it says, and by how much it differs from the one that leads."""
    arbiter, rate, speed = session.sources, session.act.chase.rate, session.clock.speed
    shown: dict[str, dict[str, object]] = {}
    for source, clock in arbiter.clocks.items():
        standby, leads = arbiter.standbys[source], source == arbiter.leader
        apart_ns = standby.difference_ns if not leads and speed else None
        heard = arbiter.followers[source].heard_rate
        shown[source] = {
            "leads": leads,
            "state": clock.state.word,
            "timecode": None if clock.state is ClockState.NO_SIGNAL else timecode_at(clock.show_ns, rate).text(rate),
            "speed": round(clock.speed, 6),
            "fps": None if heard is None else round(heard.fps, 5),
            "heard_rate": None if heard is None else heard.rate,
            "ppm": None if heard is None else round(heard.ppm, 2),
            "ppm_sigma": None if heard is None else round(heard.sigma_ppm, 2),
            "late_ms": None if apart_ns is None else ms_from_ns(-apart_ns / speed),
            "corrected_ms": ms_from_ns(standby.correction_ns),
            "may_stand_in": standby.qualified,
            "refusal": arbiter.followers[source].refusal,
        }
    return shown


def next_rack(session: "Session") -> dict[str, object] | None:
    """The rack that lands next, for the operator."""
    record = _coming_next(session)
    if record is None:
        return None
    rate = session.act.chase.rate
    return {
        "cue": record.rack.cue,
        "name": record.rack.name,
        "axis": record.axis,
        "target": record.rack.target,
        "anchor": record.rack.anchor,
        "land_at": timecode_at(record.rack.land_ns, rate).text(rate),
        "land_show_ns": record.rack.land_ns,
        "life": (Life.REFUSED if record.barred else record.life).value,
    }


def _coming_next(session: "Session") -> CueRecord | None:
    firsts = [next(session.book.coming(name), None) for name in session.stage.orders]
    coming = [record for record in firsts if record is not None]
    return min(coming, key=lambda record: record.rack.land_ns, default=None)


class Teller:
    """Tells the state whenever something in it has changed, and once a second while the clock runs."""

    def __init__(self) -> None:
        self._told: tuple[object, ...] = ()
        self._told_ns = 0
        self._moves = Moves()

    def tell(self, session: "Session") -> None:
        """Tell it if it is due."""
        self._moves.tell(session)
        clock = session.clock
        upcoming = _coming_next(session)
        facts: tuple[object, ...] = (
            clock.state,
            clock.epoch,
            session.chasing.scrub.active,
            session.book.armed,
            session.book.take,
            session.book.pass_,
            session.act.name,
            session.sources.leader,
            session.refusal,
            *(follower.refusal for follower in session.sources.followers.values()),
            tuple(one.standby for one in session.casting.lists),
            tuple((name, _FIGURES.sub("", why)) for name, why in session.foresight.refused(session).items()),
            tuple((wait.cue, wait.left_ns) for wait in session.casting.waits),
            None if upcoming is None else (upcoming.rack.cue, upcoming.barred),
            tuple(session.settings.live.items()),
            session.settings.offsets,
            *((one.engaged, one.latch, one.fault) for one in session.stage.orders.values()),
        )
        runs = clock.running or session.chasing.scrub.active
        stale = runs and session.now_ns - self._told_ns >= _STATE_EVERY_NS
        if facts != self._told or stale:
            self._told, self._told_ns = facts, session.now_ns
            session.tell("state", **status(session))
