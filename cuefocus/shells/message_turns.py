"""Messages of an inlet in turns: however many come, a turn of the loop takes a bounded number of them, and rests.

Their stamps do not depend on when they are fetched.
"""

import select
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from cuefocus.timebase.units import NS_PER_MS

MOST_A_TURN: Final = 32
_PAUSE_NS: Final = 4 * NS_PER_MS


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


class MessageTurns:
    """Takes what has come, and rings when there is more.

    Args:
        inlet: where it comes in.
    """

    def __init__(self, inlet: Inlet) -> None:
        self._inlet = inlet
        self._bell = _Bell()
        self._pause_until_ns: int | None = None

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: after a pause, or to open what is closed."""
        return self._pause_until_ns if self._pause_until_ns is not None else self._inlet.next_due_ns

    def fileno(self) -> int:
        """Readable when a message has come, but for the pause after a turn's worth of them."""
        return self._bell.fileno()

    def take(self, at_ns: int) -> Iterator[Message | Standing | Counted]:
        """What has come, up to a turn's worth; to be gone through to its end. Nothing during a pause."""
        if self._pause_until_ns is not None and at_ns < self._pause_until_ns:
            return
        self._pause_until_ns = at_ns + _PAUSE_NS
        for _ in range(MOST_A_TURN):
            came = self._inlet.receive()
            if came is None:
                self._pause_until_ns = None
                self._bell.watch(self._inlet.fileno())
                return
            yield came
        self._bell.pause()

    def close(self) -> None:
        """Let go of the inlet."""
        self._bell.close()
        self._inlet.close()


class WayIn:
    """How an inlet stands, and what is new in it."""

    def __init__(self) -> None:
        self._standing: Standing | None = None
        self._dropped: int | None = None

    def lost_messages(self, standing: Standing) -> int:
        """How many were lost on the way since it was said last."""
        before, self._dropped = self._dropped, standing.dropped
        return max(0, standing.dropped - before) if before is not None else 0

    def changed(self, standing: Standing) -> bool:
        """Whether it came or went: one that is lost stays so however often it is tried, an opening is one."""
        before, self._standing = self._standing, standing
        if before is None:
            return True
        if not (standing.is_open or before.is_open):
            return False
        return (standing.is_open, standing.opening) != (before.is_open, before.opening)

    @property
    def known(self) -> bool:
        """Whether anything was said of it yet."""
        return self._standing is not None


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
            try:
                self._epoll.register(fd, select.EPOLLIN)
            except OSError:  # it can watch no more just now: this is looked at with each turn, and tried again
                fd = -1
        self._fd, self._rings = fd, True  # one that was closed is forgotten by itself

    def pause(self) -> None:
        """Do not ring."""
        if self._fd >= 0 and self._rings:
            self._epoll.modify(self._fd, 0)
            self._rings = False

    def close(self) -> None:
        self._epoll.close()
