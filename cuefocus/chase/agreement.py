"""Whether the sources of an act say the same, and what is told where they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.chase.events import ChaseEvent, ChaseKind
from cuefocus.chase.standby import Standby
from cuefocus.chase.state import ADVANCING
from cuefocus.timebase.units import NS_PER_S

COURTESY_NS = NS_PER_S // 2
"""So long a stop may take to reach all, and so long a better source is waited for."""
_BARRED = "; it cannot stand in"


class Agreement:
    """The leader beside the others.

    Args:
        standbys: what is known of each source.
        frame_ns: length of a frame, show time.
    """

    def __init__(self, standbys: Mapping[str, Standby], frame_ns: float) -> None:
        self._standbys, self._frame_ns = standbys, frame_ns
        self._against_since_ns: int | None = None
        self._told = False

    def tell_anew(self) -> None:
        """Another source leads from now on: what was told was told of the old one."""
        self._told = False

    def differing(self, leader: str, clocks: Mapping[str, Clock], now_ns: int, elapsed_ns: int) -> list[str]:
        """Keep the standbys' differences to the leader, and whether they still qualify.

        Args:
            leader: who leads.
            clocks: of all sources, corrected.
            now_ns: host time.
            elapsed_ns: how much of it passed since the last step.

        Returns: whose difference has to be told now, in words.
        """
        lead, told = clocks[leader], []
        for source, standby in self._standbys.items():
            clock = clocks[source]
            if source == leader or not standby.compare(clock, lead, self._frame_ns, now_ns, elapsed_ns):
                continue
            apart_s = (clock.show_ns - lead.show_ns) / 1e9
            told.append(f"{source} is {abs(apart_s):.3f} s {'ahead of' if apart_s > 0 else 'behind'} {leader}{_BARRED}")
        return told

    def checked(
        self, leader: str, lead: Clock, clocks: Mapping[str, Clock], *, refused: bool, now_ns: int
    ) -> tuple[Clock, str]:
        """Notice that the leader's run has ended, others go on, and none of them may take over.

        Args:
            leader: who leads.
            lead: its clock as it would go out.
            clocks: of all sources, corrected.
            refused: the leader's rate or speed is not the act's.
            now_ns: host time.

        Returns: the clock that goes out, and what has to be told now; empty for nothing.
        """
        against = [
            source
            for source, standby in self._standbys.items()
            if standby.barred and source != leader and clocks[source].state in ADVANCING
        ]
        if lead.state not in (ClockState.NO_SIGNAL, ClockState.HOLDING) or not against or refused:
            self._against_since_ns, self._told = None, False
            return lead, ""
        if self._against_since_ns is None:
            self._against_since_ns = now_ns
        if now_ns - self._against_since_ns < COURTESY_NS:
            return lead, ""
        clock = replace(lead, state=ClockState.DISAGREE)
        if self._told:
            return clock, ""
        self._told = True
        ended = "stopped" if lead.state is ClockState.HOLDING else "is gone"
        return clock, f"{leader} {ended}, {', '.join(against)} did not agree with it and goes on"


def barred_by_rate(events: Mapping[str, Sequence[ChaseEvent]], leader: str, refused: Mapping[str, bool]) -> list[str]:
    """Standbys whose rate or speed turns out not to be the act's, in words.

    Args:
        events: what happened to each source's clock in this step.
        leader: who leads: of it the event itself tells.
        refused: whether a source may not be played on.
    """
    return [
        f"{source}: {event.reason}{_BARRED if refused[source] else ''}"
        for source, happened in events.items()
        for event in happened
        if source != leader and event.kind in (ChaseKind.WRONG_RATE, ChaseKind.WRONG_SPEED)
    ]
