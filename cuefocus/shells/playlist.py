"""When sound files play: once for each take, when the axes stand ready and no stop holds them, with a pause between.

All of them begin at the same moment; one that is shorter ends by itself, and the take's sound is over with the last.

Everything it knows it has from the inbox and the plan: a restarted conductor that replays its journal knows the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cuefocus.engine.plan import Latch, Plan
from cuefocus.engine.ports import InboxEvent, Latched, SourceEvent
from cuefocus.shells.file_source import Playback
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

LEAD_NS: Final = 50 * NS_PER_MS
"""Between the word and sample 0, so that sample 0 is on air at a moment that was announced."""
TAKE_ENDS_NS: Final = 2 * NS_PER_S
"""A take ends this long after its sound (design §4)."""
PAUSE_NS: Final = NS_PER_S
PATIENCE_NS: Final = 10 * NS_PER_S
"""Axes that are not ready by then do not hold the sound up: it plays as a rehearsal, and the alarm has said why."""


@dataclass(slots=True)
class Playlist:
    """Decides when to play, and when all is played.

    Args:
        sources: ids of the files.
        takes: how often the sound plays, what PANIC or RELEASE cut short not counted; 0 = again and again.
        wait_for_axes: hold the sound until every axis follows and stands where it must.
    """

    sources: tuple[str, ...]
    takes: int
    wait_for_axes: bool
    played: int = 0
    playback: Playback | None = None
    _playing: set[str] = field(default_factory=set)
    _begun_ns: int | None = None
    _since_ns: int | None = None
    _ended_ns: int | None = None
    _held: dict[str, Latch] = field(default_factory=dict)
    _cut_short: bool = False
    _waits_for_operator: bool = False

    def observe(self, inbox: Iterable[InboxEvent]) -> None:
        """Take note of what went into the session."""
        for event in inbox:
            if isinstance(event, Latched):
                self._latched(event)
            if isinstance(event, SourceEvent) and event.source in self.sources:
                self._heard(event)

    def _heard(self, event: SourceEvent) -> None:
        """A file begins, or has ended; one that went away before it could begin does both."""
        anew = self._begun_ns != event.stamp_ns
        if (event.kind == "opened" and anew) or (event.kind == "lost" and not self._playing):
            self._begun_ns = event.stamp_ns
            self.playback = Playback(self.played + 1, event.stamp_ns)
            self._playing, self._cut_short = set(self.sources), False
        if event.kind in ("ended", "lost") and self._playing:
            self._playing.discard(event.source)
            if not self._playing:
                self.played, self.playback = self.played + (not self._cut_short), None
                self._ended_ns, self._since_ns = event.stamp_ns, None

    def _latched(self, event: Latched) -> None:
        """PANIC and RELEASE end the take: what plays is not the take's any more, and the next waits for an operator."""
        self._held[event.axis] = event.latch
        if event.latch & (Latch.PANIC | Latch.RELEASE):
            self._cut_short, self._waits_for_operator = True, self.wait_for_axes

    @property
    def _stopped(self) -> bool:
        return any(self._held.values())

    def finished(self, now_ns: int, *, in_take: bool) -> bool:
        """Whether every take is over, and told, and no stop is left for an operator to take back."""
        if not 0 < self.takes <= self.played or self._ended_ns is None or self._stopped:
            return False
        return now_ns >= self._ended_ns + (PATIENCE_NS if in_take else TAKE_ENDS_NS)

    def next_playback(self, now_ns: int, plan: Plan, *, motion_there: bool) -> Playback | None:
        """The playback to begin now, if it is time; ask again each turn."""
        if self.playback is not None or 0 < self.takes <= self.played or not motion_there:
            return None
        rested = self._ended_ns is None or now_ns >= self._ended_ns + TAKE_ENDS_NS + PAUSE_NS
        if not rested or self._stopped:
            return None
        if self._since_ns is None:
            self._since_ns = now_ns
        patient = self._waits_for_operator or now_ns < self._since_ns + PATIENCE_NS
        if self.wait_for_axes and not _ready(plan, now_ns) and patient:
            return None
        self._waits_for_operator = False
        self.playback = Playback(self.played + 1, now_ns + LEAD_NS)
        return self.playback


def _ready(plan: Plan, now_ns: int) -> bool:
    """Whether every axis follows, and is done with its move to where it must stand."""
    return bool(plan.axes) and all(
        orders.follow and (orders.splice is None or orders.splice.until_ns <= now_ns) for orders in plan.axes.values()
    )
