"""What the conductor's loop touches: the session, the files, the memory, the sockets, the sources."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from cuefocus.engine.outcome import Outcome
from cuefocus.engine.ports import InboxEvent
from cuefocus.landing.rows import LandingRow
from cuefocus.shells.event_pipe import EventWriter
from cuefocus.shells.local_socket import LocalServer
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.sender import Sender
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.shells.shm_ring import StatusReader
from cuefocus.shells.source_set import SourceSet


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


@dataclass(slots=True)
class Surroundings:
    """All the loop touches.

    Args:
        now_ns: the host clock.
        events: all of them, to `run`. takes: those of takes, to the desk. page: what its page shows, apart from those,
            so that however much it is no take is lost with it.
        journal, ledger: None where nothing is kept.
        sources: where timecode comes from.
        desk: who speaks OSC; None where nobody is heard.
        sender: tells others; None where nobody is told.
        numbers: of the commands heard, above every one in the journal.
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
    sources: SourceSet = field(default_factory=SourceSet)
    desk: OscDesk | None = None
    sender: Sender | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    page: EventWriter = field(default_factory=lambda: EventWriter(-1))

    def tell(self, fields: Mapping[str, object]) -> None:
        """Tell of something: `run`, and the page; neither is waited for."""
        self.events.put(fields)
        if "sound" not in fields:
            self.page.put(fields)
