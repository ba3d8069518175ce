"""Desks that asked to be kept informed, each in its dialect; and those that the rig says are told anyway."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from cuefocus.engine.peers import Guest
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.dialects.dialect import Dialect, ShowView
from cuefocus.wire.osc import write_message
from cuefocus.wire.said import Right

SILENCE_NS: Final = 61 * NS_PER_S
"""A UDP peer that has said nothing for so long has gone."""
MOST: Final = 64


@dataclass(slots=True)
class _Subscriber:
    told: Guest
    dialect: Dialect
    heard_ns: int
    right: Right


class Subscribers:
    """Who is told.

    Args:
        always: who is told without having asked, and in which dialect.
    """

    def __init__(self, always: Iterable[tuple[Guest, Dialect]]) -> None:
        self._always = tuple(always)
        self._asked: dict[tuple[Guest, str], _Subscriber] = {}
        self.changes = 0
        """How often who is told has changed."""

    def subscribe(self, told: Guest, guest: Guest, dialect: Dialect, now_ns: int, right: Right, *, on: bool) -> bool:
        """Tell `guest` at `told` from now on, or no longer; False where there are too many already.

        Who would be one too many takes the place of the one that may do least, the oldest of these, if it may do more.
        """
        key = (guest, dialect.name)
        known = key in self._asked
        if on and not known and len(self._asked) >= MOST:
            weakest = min(self._asked, key=lambda one: self._asked[one].right)
            if self._asked[weakest].right >= right:
                return False
            del self._asked[weakest]
        if on:
            self._asked[key] = _Subscriber(told, dialect, now_ns, right)
        elif known:
            del self._asked[key]
        self.changes += on is not known
        return True

    def alive(self, guest: Guest, now_ns: int) -> None:
        """A guest has said something."""
        for (other, _), subscriber in self._asked.items():
            if other == guest:
                subscriber.heard_ns = now_ns

    def move(self, guest: Guest, told: Guest) -> None:
        """A guest is told somewhere else from now on."""
        for (other, _), subscriber in self._asked.items():
            if other == guest:
                subscriber.told = told
                self.changes += 1

    def forget(self, guest: Guest) -> None:
        """A guest has gone."""
        for key in [key for key in self._asked if key[0] == guest]:
            del self._asked[key]
            self.changes += 1

    @property
    def asked(self) -> tuple[tuple[Guest, Guest, str], ...]:
        """Where who asked is told, who that is, and in which dialect."""
        return tuple((one.told, guest, name) for (guest, name), one in self._asked.items())

    def news(self, event: Mapping[str, object], view: ShowView, now_ns: int) -> list[tuple[Guest, bytes]]:
        """Packets that tell of an event, and to whom; each dialect words it once."""
        if not (self._always or self._asked):
            return []
        for key, subscriber in list(self._asked.items()):
            if not key[0].line and now_ns - subscriber.heard_ns > SILENCE_NS:
                del self._asked[key]
                self.changes += 1
        worded: dict[Dialect, list[bytes]] = {}
        out: list[tuple[Guest, bytes]] = []
        for told, dialect in self._everybody():
            if dialect not in worded:
                worded[dialect] = [write_message(message) for message in dialect.news(event, view)]
            out += [(told, packet) for packet in worded[dialect]]
        return out

    def _everybody(self) -> list[tuple[Guest, Dialect]]:
        asked = [(subscriber.told, subscriber.dialect) for subscriber in self._asked.values()]
        return [*self._always, *asked]
