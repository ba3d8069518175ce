"""Timecode that comes as messages, as the conductor hears it: MIDI, Art-Net or OSC, stamped where they arrived."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol, runtime_checkable

from cuefocus.engine.ports import SourceEvent
from cuefocus.shells.glitch_spells import GlitchSpells
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.message_turns import Counted, Inlet, Message, MessageTurns, Standing, WayIn
from cuefocus.shells.source_news import Fields, alarm, came_or_went
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading

_GLITCHES_TOLD_NS: Final = NS_PER_S
_SONG_TOLD_NS: Final = 330 * NS_PER_MS
Heard = Reading | Glitch | SourceEvent


class Listener(Protocol):
    """Turns stamped bytes into readings."""

    def feed(self, data: bytes, stamp_ns: int, /) -> Sequence[Reading | Glitch | PlaybackStopped]:
        """Readings that these bytes complete, and the word that playback stopped."""

    def restart(self) -> None:
        """The way in was closed."""


def inbox_event(found: Reading | Glitch | PlaybackStopped) -> Heard:
    """What a listener made of a message, as the session takes it."""
    if isinstance(found, PlaybackStopped):
        return SourceEvent(found.source, found.stamp_ns, "stopped", found.reason)
    return found


@runtime_checkable
class Samples(Protocol):
    """An inlet that hands over only some of what is no timecode."""

    @property
    def one_in(self) -> int:
        """One in so many."""


@runtime_checkable
class Counts(Protocol):
    """A listener that counts clocks of a song."""

    def resume(self, clocks: int, song: int | None, /) -> None:
        """Playback is on, and the next clock is that one: take it up unless more is known."""

    def slipped(self) -> int:
        """Clocks that were found to be lost (below 0: doubled) since the last call."""


@runtime_checkable
class Corrects(Protocol):
    """An inlet that counts, too, for whoever takes over from us."""

    def correct(self, slip: int, /) -> None:
        """Let it count so many clocks more."""


@runtime_checkable
class Musical(Protocol):
    """A listener that knows where in a song playback is."""

    def told(self) -> Mapping[str, object] | None:
        """Where the song is, for the operator; None while nothing is known of it."""


@runtime_checkable
class Discerning(Protocol):
    """A listener that tells senders apart, and follows one of them."""

    def feed(self, data: bytes, stamp_ns: int, host: str, port: int, /) -> Sequence[Reading | Glitch | PlaybackStopped]:
        """As of a `Listener`, from a host and its port."""

    def rivals(self, at_ns: int, /) -> str:
        """Who sends beside the one that is followed, if that is to be told now; else empty."""

    def restart(self) -> None:
        """The way in was closed."""


def _reader(listener: Listener | Discerning) -> Callable[[Message], Sequence[Reading | Glitch | PlaybackStopped]]:
    """What a message says to a listener."""
    if isinstance(listener, Discerning):
        return lambda came: listener.feed(came.data, came.stamp_ns, came.sender, came.port)
    return lambda came: listener.feed(came.data, came.stamp_ns)


class MessageSource:
    """Readings from messages.

    Args:
        source: the source's id in the rig.
        inlet: where they come in.
        listener: what they mean.
        resumed: a predecessor has already told the session that the source is open.
        clock_ns: the host clock.
    """

    def __init__(
        self,
        source: str,
        inlet: Inlet,
        listener: Listener | Discerning,
        *,
        resumed: bool = False,
        clock_ns: Callable[[], int] = now_ns,
    ) -> None:
        self.source, self._now_ns = source, clock_ns
        self._turns, self._listener, self._read = MessageTurns(inlet), listener, _reader(listener)
        # What they can do is asked once: for each message it would cost more than reading it does.
        self._counts = listener if isinstance(listener, Counts) else None
        self._discerning = listener if isinstance(listener, Discerning) else None
        self._musical = listener if isinstance(listener, Musical) else None
        self._corrects = inlet if isinstance(inlet, Corrects) else None
        self._way = WayIn()
        self._quiet = resumed
        self._news: list[Fields] = []
        self._glitches, self._glitch, self._glitches_told_ns = 0, "", 0
        self._spells = GlitchSpells(one_in=inlet.one_in if isinstance(inlet, Samples) else 1)
        self._song_told_ns = 0
        self.worst_late_ns = 0

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: after a pause, or to open what is closed."""
        return self._turns.next_due_ns

    def fileno(self) -> int:
        """Readable when a message has come, but for the pause after a turn's worth of them."""
        return self._turns.fileno()

    def pump(self) -> list[Heard]:
        """What has come, up to a turn's worth."""
        at_ns = self._now_ns()
        heard: list[Heard] = []
        for came in self._turns.take(at_ns):
            if isinstance(came, Standing):
                heard += self._stands(came, at_ns)
            elif isinstance(came, Counted):
                if self._counts is not None:
                    self._counts.resume(came.clocks, came.song)
            else:
                self.worst_late_ns = max(self.worst_late_ns, at_ns - came.stamp_ns)
                heard += self._hear(came, at_ns)
                if self._counts is not None and (slip := self._counts.slipped()) and self._corrects is not None:
                    self._corrects.correct(slip)
        if self._discerning is not None and (rivals := self._discerning.rivals(at_ns)):
            self._tell_alarm(at_ns, rivals)
        return heard + self._glitches_due(at_ns)

    def news(self, at_ns: int) -> list[Fields]:
        """Events for the operator since the last call: comings and goings, what was no timecode, where the song is."""
        for text in self._spells.news(at_ns):
            self._tell_alarm(at_ns, text)
        if self._musical is not None and at_ns - self._song_told_ns >= _SONG_TOLD_NS:
            self._song_told_ns = at_ns
            if song := self._musical.told():
                self._news.append({"event": "state", "host_ns": at_ns, "source": self.source, "song": dict(song)})
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Let go of the inlet."""
        self._turns.close()

    def _hear(self, message: Message, at_ns: int) -> list[Heard]:
        heard: list[Heard] = []
        if not message.data:
            return heard
        for found in self._read(message):
            if isinstance(found, Glitch):
                self._glitches, self._glitch = self._glitches + 1, found.reason
                self._spells.take(found.reason, at_ns)
            else:
                heard.append(inbox_event(found))
        return heard

    def _glitches_due(self, at_ns: int) -> list[Heard]:
        """What was torn or no timecode, gathered for the journal: a flood of it is one event a second."""
        if not self._glitches or at_ns - self._glitches_told_ns < _GLITCHES_TOLD_NS:
            return []
        count, self._glitches, self._glitches_told_ns = self._glitches, 0, at_ns
        reason = self._glitch if count == 1 else f"{self._glitch}, the last of {count} like it or worse"
        return [Glitch(self.source, reason, at_ns)]

    def _stands(self, standing: Standing, at_ns: int) -> list[Heard]:
        lost, again = self._way.lost_messages(standing), self._way.known
        if lost:
            self._tell_alarm(at_ns, f"{lost} messages lost: nobody fetched them")
        if not self._way.changed(standing):
            return []
        if standing.is_open and again:
            self._listener.restart()
        kind = "opened" if standing.is_open else "lost"
        self._news.append(came_or_went(self.source, at_ns, is_open=standing.is_open, text=standing.text))
        quiet, self._quiet = self._quiet and standing.is_open, False
        return [] if quiet else [SourceEvent(self.source, at_ns, kind, standing.text)]

    def _tell_alarm(self, at_ns: int, text: str) -> None:
        self._news.append(alarm(at_ns, f"source {self.source}: {text}"))
