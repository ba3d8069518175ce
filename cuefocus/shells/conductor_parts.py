"""What the conductor's loop touches: the session, the files, the memory, the sockets, the sound."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from cuefocus.engine.outcome import Outcome
from cuefocus.engine.ports import InboxEvent
from cuefocus.landing.rows import LandingRow
from cuefocus.shells.event_pipe import EventWriter
from cuefocus.shells.local_socket import LocalServer
from cuefocus.shells.playlist import Playlist
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.shells.shm_ring import StatusReader


class Steps(Protocol):
    """The session, as the loop uses it."""

    def step(self, now_ns: int, inbox: Sequence[InboxEvent]) -> Outcome:
        """One step."""


class Keeps(Protocol):
    """The journal, as the loop uses it. Never raises: what the disk refuses is its own business."""

    def append(self, now_ns: int, inbox: Sequence[InboxEvent]) -> None:
        """Keep one step."""


class Lists(Protocol):
    """The ledger, as the loop uses it. Raises OSError when the disk does not take it."""

    def append(self, row: LandingRow) -> None:
        """Keep one row."""


class Sounds(Protocol):
    """The sound, from a file or live, as the loop uses it."""

    source: str
    worst_late_ns: int

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang."""

    def fileno(self) -> int:
        """A descriptor that rings when there is something new; -1 for none."""

    def pump(self) -> Sequence[InboxEvent]:
        """What has been heard since the last call."""

    def news(self, at_ns: int) -> Sequence[Mapping[str, object]]:
        """What to tell the operator beside."""


@dataclass(slots=True)
class Surroundings:
    """All the loop touches.

    Args:
        now_ns: the host clock.
        events: all of them, to `run`. takes: those of takes, to the desk.
        journal, ledger: None where nothing is kept.
        playlist: None where no sound file is played.
    """

    now_ns: Callable[[], int]
    memory: SharedMemory
    status: StatusReader
    publisher: Publisher
    server: LocalServer
    events: EventWriter
    takes: EventWriter
    journal: Keeps | None = None
    ledger: Lists | None = None
    sound: Sounds | None = None
    playlist: Playlist | None = None
