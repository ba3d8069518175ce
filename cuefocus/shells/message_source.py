"""Timecode that comes as messages, as the conductor hears it: MIDI, Art-Net or OSC, stamped where they arrived.

However many messages come, a turn of the loop takes a bounded number of them, and then lets a moment pass: their stamps
do not depend on when they are fetched.
"""

import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

from cuefocus.engine.ports import SourceEvent
from cuefocus.shells.host_clock import now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading

MOST_A_TURN: Final = 32
_PAUSE_NS: Final = 4 * NS_PER_MS
_GLITCHES_TOLD_NS: Final = NS_PER_S
_SONG_TOLD_NS: Final = 330 * NS_PER_MS
Heard = Reading | Glitch | SourceEvent
Fields = dict[str, object]


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes that arrived together, and the host time at which they did. None at all: they were not meant for us.

    Args:
        sender, port: the host that sent them and its port, where the way they came tells.
    """

    data: bytes
    stamp_ns: int
    sender: str = ""
    port: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How the way in is.

    Args:
        is_open: whether messages can come.
        text: what it is, or why it is lost.
        opening: another number is another opening.
        dropped: messages lost between the port and us since the start.
    """

    is_open: bool
    text: str
    opening: int = 1
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """Playback is on, and the next MIDI clock is this one of the song.

    Args:
        clocks: 24ths of a quarter since the song's start.
        song: the one that was selected last; None for none.
    """

    clocks: int
    song: int | None = None


class Inlet(Protocol):
    """Where messages come in."""

    def fileno(self) -> int:
        """A descriptor that is readable while there are messages; -1 while there is none."""

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing is readable."""

    def receive(self) -> Message | Standing | Counted | None:
        """The next message, how the inlet is if that may be new, or the count; None when there is nothing more."""

    def close(self) -> None:
        """Let go of what it holds."""


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
class Counts(Protocol):
    """A listener that counts clocks of a song."""

    def resume(self, clocks: int, song: int | None, /) -> None:
        """Playback is on, and the next clock is that one: take it up unless more is known."""


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
        self._inlet, self._listener = inlet, listener
        self._bell = _Bell()
        self._standing: Standing | None = None
        self._quiet = resumed
        self._pause_until_ns: int | None = None
        self._news: list[Fields] = []
        self._glitches, self._glitch, self._glitches_told_ns = 0, "", 0
        self._dropped_told: int | None = None
        self._song_told_ns = 0
        self.worst_late_ns = 0

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: after a pause, or to open what is closed."""
        return self._pause_until_ns if self._pause_until_ns is not None else self._inlet.next_due_ns

    def fileno(self) -> int:
        """Readable when a message has come, but for the pause after a turn's worth of them."""
        return self._bell.fileno()

    def pump(self) -> list[Heard]:
        """What has come, up to a turn's worth."""
        at_ns = self._now_ns()
        if self._pause_until_ns is not None and at_ns < self._pause_until_ns:
            return []
        heard: list[Heard] = []
        self._pause_until_ns = at_ns + _PAUSE_NS
        for _ in range(MOST_A_TURN):
            came = self._inlet.receive()
            if came is None:
                self._pause_until_ns = None
                self._bell.watch(self._inlet.fileno())
                break
            if isinstance(came, Standing):
                heard += self._stands(came, at_ns)
            elif isinstance(came, Counted):
                if isinstance(self._listener, Counts):
                    self._listener.resume(came.clocks, came.song)
            else:
                self.worst_late_ns = max(self.worst_late_ns, at_ns - came.stamp_ns)
                heard += self._hear(came)
        else:
            self._bell.pause()
        if isinstance(self._listener, Discerning) and (rivals := self._listener.rivals(at_ns)):
            self._tell_alarm(at_ns, rivals)
        return heard + self._glitches_due(at_ns)

    def news(self, at_ns: int) -> list[Fields]:
        """Events for the operator since the last call: comings and goings, what was no timecode, where the song is."""
        if isinstance(self._listener, Musical) and at_ns - self._song_told_ns >= _SONG_TOLD_NS:
            self._song_told_ns = at_ns
            if song := self._listener.told():
                self._news.append({"event": "state", "host_ns": at_ns, "source": self.source, "song": dict(song)})
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Let go of the inlet."""
        self._bell.close()
        self._inlet.close()

    def _hear(self, message: Message) -> list[Heard]:
        heard: list[Heard] = []
        if not message.data:
            return heard
        listener = self._listener
        if isinstance(listener, Discerning):
            found_now = listener.feed(message.data, message.stamp_ns, message.sender, message.port)
        else:
            found_now = listener.feed(message.data, message.stamp_ns)
        for found in found_now:
            if isinstance(found, Glitch):
                self._glitches, self._glitch = self._glitches + 1, found.reason
            else:
                heard.append(inbox_event(found))
        return heard

    def _glitches_due(self, at_ns: int) -> list[Heard]:
        """What was torn or no timecode, gathered: a flood of it is one event a second."""
        if not self._glitches or at_ns - self._glitches_told_ns < _GLITCHES_TOLD_NS:
            return []
        count, self._glitches, self._glitches_told_ns = self._glitches, 0, at_ns
        reason = self._glitch if count == 1 else f"{self._glitch}, the last of {count} like it or worse"
        self._tell_alarm(at_ns, reason)
        return [Glitch(self.source, reason, at_ns)]

    def _stands(self, standing: Standing, at_ns: int) -> list[Heard]:
        before, self._standing = self._standing, standing
        if self._dropped_told is not None and standing.dropped > self._dropped_told:
            self._tell_alarm(at_ns, f"{standing.dropped - self._dropped_told} messages lost: nobody fetched them")
        self._dropped_told = standing.dropped
        if before is not None and not (standing.is_open or before.is_open):
            return []  # lost as it was, however often it was tried meanwhile
        if before is not None and (standing.is_open, standing.opening) == (before.is_open, before.opening):
            return []
        if standing.is_open and before is not None:
            self._listener.restart()
        kind = "opened" if standing.is_open else "lost"
        self._news.append(
            {"event": "source", "host_ns": at_ns, "source": self.source, "kind": kind, "text": standing.text}
        )
        quiet, self._quiet = self._quiet and standing.is_open, False
        return [] if quiet else [SourceEvent(self.source, at_ns, kind, standing.text)]

    def _tell_alarm(self, at_ns: int, text: str) -> None:
        self._news.append(
            {"event": "alarm", "host_ns": at_ns, "text": f"source {self.source}: {text}", "source": "conductor"}
        )


class _Bell:
    """Rings for a descriptor, whichever it is just now, but for the pauses."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._fd = -1
        self._rings = False

    def fileno(self) -> int:
        return self._epoll.fileno()

    def watch(self, fd: int) -> None:
        """Ring while it is readable."""
        if fd == self._fd and self._rings:
            return
        if fd >= 0 and fd == self._fd:
            self._epoll.modify(fd, select.EPOLLIN)
        elif fd >= 0:
            self._epoll.register(fd, select.EPOLLIN)
        self._fd, self._rings = fd, True  # one that was closed is forgotten by itself

    def pause(self) -> None:
        """Do not ring."""
        if self._fd >= 0 and self._rings:
            self._epoll.modify(self._fd, 0)
            self._rings = False

    def close(self) -> None:
        self._epoll.close()
