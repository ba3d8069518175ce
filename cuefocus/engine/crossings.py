"""Triggered racks that timecode fires: when it runs forward over their moment, and only then."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from cuefocus.chase.clock import ClockState
from cuefocus.engine.plan import OnLoss

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


@dataclass(frozen=True, slots=True)
class Crossed:
    """A moment that timecode ran over.

    Args:
        stamp_ns: host time at which it did.
        unheard: nobody could tell when, as timecode was lost over it: it fires nothing.
    """

    cue: str
    stamp_ns: int
    unheard: bool


class Crossings:
    """How far running timecode has come.

    A moment is crossed when one step stands before it and a later one at or after it, on the same line of the clock:
    no label need ever be met exactly, and where playback was located past it, it was not crossed.
    """

    def __init__(self) -> None:
        self._at: tuple[str, int, int] | None = None  # act, epoch, show ns
        self._lost = False

    def forget(self) -> None:
        """Wherever timecode is next, it has crossed nothing to come there."""
        self._at = None

    def step(self, session: "Session") -> Iterator[Crossed]:
        """What was crossed since the last step, in order."""
        act, clock = session.act, session.clock
        if not act.crossings or session.chasing.scrub.active:
            self._at = None
            return
        if not clock.running or clock.speed <= 0.0 or self._doubtful(session):
            self._lost = True
            return
        to_ns = clock.show_at(session.now_ns)
        before, lost = self._at, self._lost
        same = before is not None and before[:2] == (act.name, clock.epoch)
        from_ns = before[2] if before is not None and same else to_ns
        self._at, self._lost = (act.name, clock.epoch, max(from_ns, to_ns)), False
        first, after = (bisect_right(act.crossings, show_ns, key=itemgetter(0)) for show_ns in (from_ns, to_ns))
        for show_ns, cue in act.crossings[first:after]:
            yield Crossed(cue, clock.host_at(show_ns), lost)

    def _doubtful(self, session: "Session") -> bool:
        """Freewheeling has gone on for longer than anything may depart by it."""
        freewheels = session.clock.state is ClockState.FREEWHEELING and session.act.on_loss is not OnLoss.RUN
        return freewheels and session.now_ns > session.sources.depart_until_ns

    def next_ns(self, session: "Session") -> int | None:
        """Host time at which the next moment will be crossed; None while none is ahead."""
        clock = session.clock
        if self._at is None or self._lost or not clock.running or clock.speed <= 0.0:
            return None
        ahead = session.act.crossings[bisect_right(session.act.crossings, self._at[2], key=itemgetter(0)) :][:1]
        return clock.host_at(ahead[0][0]) if ahead else None
