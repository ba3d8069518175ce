"""All sources of timecode that a run listens to, as the conductor's loop uses them: one wait, one playlist."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

from cuefocus.engine.outcome import Reply
from cuefocus.engine.plan import Plan
from cuefocus.engine.ports import InboxEvent
from cuefocus.shells.file_source import Playback
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.playlist import Playlist
from cuefocus.timebase.units import NS_PER_MS

LONGEST_PUMP_NS: Final = 8 * NS_PER_MS
"""Sources that all have a backlog are fetched from in turns: signs of life and commands go between them."""


class Heard(Protocol):
    """One source, whatever it hears."""

    source: str
    worst_late_ns: int

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang."""

    def fileno(self) -> int:
        """A descriptor that rings when there is something new; -1 for none. The same one for life."""

    def pump(self) -> Sequence[InboxEvent]:
        """What has been heard since the last call."""

    def news(self, at_ns: int) -> Sequence[Mapping[str, object]]:
        """What to tell the operator beside."""

    def close(self) -> None:
        """Let go of what it holds."""


@runtime_checkable
class Plays(Protocol):
    """A source that sounds when it is told to."""

    source: str

    @property
    def duration_ns(self) -> int:
        """How long it plays."""

    @property
    def playing(self) -> bool:
        """Whether sound is on air or about to be."""

    def play(self, playback: Playback) -> None:
        """Play with sample 0 on air at `playback.origin_ns`."""


@runtime_checkable
class Answered(Protocol):
    """A source of words that are answered."""

    source: str

    def heard_back(self, reply: Reply, /) -> None:
        """The answer to a word that came from it."""


class TurnClock:
    """The host clock as sound files see it: it stands still during a turn.

    Otherwise what falls due while a backlog is decoded would make the turn longer and longer.

    Args:
        clock_ns: the host clock.
    """

    def __init__(self, clock_ns: Callable[[], int] = now_ns) -> None:
        self.live_ns = clock_ns
        self._turn_ns = clock_ns()

    def begin_turn(self) -> int:
        """Another turn begins; host time now."""
        self._turn_ns = self.live_ns()
        return self._turn_ns

    def __call__(self) -> int:
        """Host time at which the turn began."""
        return self._turn_ns


class SourceSet:
    """The sources of a run, in order of priority.

    Args:
        sources: all of them.
        playlist: when the sound files among them play; None where there is none.
        clock: what stamps the files' blocks.
    """

    def __init__(
        self,
        sources: Sequence[Heard] = (),
        playlist: Playlist | None = None,
        clock: TurnClock | None = None,
    ) -> None:
        self._sources, self._playlist = tuple(sources), playlist
        self._clock = clock if clock is not None else TurnClock()
        self._files = [source for source in self._sources if isinstance(source, Plays)]
        self._first = 0

    def descriptors(self) -> Sequence[int]:
        """What to wait for; -1 among them for sources that have none."""
        return [source.fileno() for source in self._sources]

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: the earliest of all."""
        return min((due for source in self._sources if (due := source.next_due_ns) is not None), default=None)

    @property
    def worst_late_ns(self) -> int:
        """How late the latest block of all was fetched."""
        return max((source.worst_late_ns for source in self._sources), default=0)

    def pump(self) -> list[InboxEvent]:
        """What has been heard since the last call; where that takes long, what is left is fetched first next time."""
        heard: list[InboxEvent] = []
        begun_ns, count = self._clock.begin_turn(), len(self._sources)
        first, self._first = self._first, 0
        for place in range(first, first + count):
            if place > first and self._clock.live_ns() - begun_ns > LONGEST_PUMP_NS:
                self._first = place % count
                break
            heard += self._sources[place % count].pump()
        return heard

    def news(self, at_ns: int) -> list[Mapping[str, object]]:
        """What to tell the operator beside."""
        return [fields for source in self._sources for fields in source.news(at_ns)]

    def answer(self, reply: Reply) -> None:
        """Hand an answer to the source whose word it answers, if it was one's."""
        for source in self._sources:
            if source.source == reply.source and isinstance(source, Answered):
                source.heard_back(reply)

    def observe(self, inbox: Iterable[InboxEvent]) -> None:
        """Take note of what went into the session."""
        if self._playlist is not None:
            self._playlist.observe(inbox)

    def play(self, at_ns: int, plan: Plan, *, motion_there: bool) -> list[dict[str, object]]:
        """Begin the next playback if it is time; events that say so. Ask again each turn."""
        if self._playlist is None or not self._files or any(file.playing for file in self._files):
            return []
        playback = self._playlist.next_playback(at_ns, plan, motion_there=motion_there)
        if playback is None:
            return []
        for file in self._files:
            file.play(playback)
        return [
            {
                "event": "source",
                "host_ns": playback.origin_ns,
                "source": file.source,
                "kind": "opened",
                "playback": playback.number,
                "duration_ns": file.duration_ns,
            }
            for file in self._files
        ]

    def finished(self, at_ns: int, *, in_take: bool) -> bool:
        """Whether all there was to play has been played, and told."""
        return self._playlist is not None and self._playlist.finished(at_ns, in_take=in_take)

    def close(self) -> None:
        """Let go of what the sources hold."""
        for source in self._sources:
            source.close()
