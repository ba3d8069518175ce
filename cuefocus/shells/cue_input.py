"""A MIDI port that carries cues, as the conductor hears it: stamped messages in; triggers, words and glitches out.

It is no source of timecode: that it is gone costs nothing but its cues, and is said in plain words.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from cuefocus.engine.outcome import Reply
from cuefocus.engine.ports import Command, Trigger
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.message_turns import Inlet, Message, MessageTurns, Standing, WayIn
from cuefocus.shells.source_news import alarm, came_or_went
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch

_TOLD_NS: Final = NS_PER_S
_MOST_TOLD: Final = 4
Heard = Trigger | Command | Glitch


class Desk(Protocol):
    """Says what messages mean."""

    def feed(self, data: bytes, stamp_ns: int, /) -> Sequence[Heard]:
        """What these bytes complete."""

    def restart(self) -> None:
        """The way in was closed."""

    def remarks(self) -> Sequence[str]:
        """What was meant for us and led nowhere, since the last call."""


class CueInput:
    """Cues from one port.

    Args:
        source: as the rig names it, `midi:PORT`.
        inlet: where messages come in.
        desk: what they mean.
        clock_ns: the host clock.
    """

    def __init__(self, source: str, inlet: Inlet, desk: Desk, *, clock_ns: Callable[[], int] = now_ns) -> None:
        self.source, self._now_ns = source, clock_ns
        self._turns, self._desk, self._way = MessageTurns(inlet), desk, WayIn()
        self._lost = False
        self._news: list[Mapping[str, object]] = []
        self._glitches, self._glitch, self._told_ns = 0, "", -_TOLD_NS
        self._in_vain: list[str] = []
        self._unsaid = 0
        self.worst_late_ns = 0

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang."""
        return self._turns.next_due_ns

    def fileno(self) -> int:
        """Rings when a message has come."""
        return self._turns.fileno()

    def pump(self) -> list[Heard]:
        """What has come, up to a turn's worth. Of glitches one a second, which says how many they were."""
        at_ns = self._now_ns()
        heard: list[Heard] = []
        for came in self._turns.take(at_ns):
            if isinstance(came, Standing):
                self._stands(came, at_ns)
            elif isinstance(came, Message):
                self.worst_late_ns = max(self.worst_late_ns, at_ns - came.stamp_ns)
                for found in self._desk.feed(came.data, came.stamp_ns):
                    if isinstance(found, Glitch):
                        self._glitches, self._glitch = self._glitches + 1, found.reason
                    else:
                        heard.append(found)
        for remark in self._desk.remarks():
            self._remark(remark)
        return heard + self._in_vain_due(at_ns)

    def heard_back(self, reply: Reply) -> None:
        """The answer to a word that came by this port: MIDI has none, so what was refused is told here, once."""
        if not (reply.ok or reply.alarmed):
            self._remark(reply.text)

    def news(self, at_ns: int) -> list[Mapping[str, object]]:
        """Events for the operator since the last call: comings, goings, and once a second what led nowhere."""
        del at_ns
        news, self._news = self._news, []
        return news

    def close(self) -> None:
        """Let go of the inlet."""
        self._turns.close()

    def _remark(self, text: str) -> None:
        if len(self._in_vain) < _MOST_TOLD:
            self._in_vain.append(text)
        else:
            self._unsaid += 1

    def _in_vain_due(self, at_ns: int) -> list[Heard]:
        """What led nowhere, gathered: a flood of it is told once a second."""
        if not (self._glitches or self._in_vain) or at_ns - self._told_ns < _TOLD_NS:
            return []
        self._told_ns = at_ns
        counted: list[Heard] = [Glitch(self.source, self._glitch, at_ns)] if self._glitches else []
        if self._glitches:
            times = f" ({self._glitches} like it or worse)" if self._glitches > 1 else ""
            self._alarm(at_ns, f"{self._glitch}{times}; it is not obeyed")
        if self._in_vain:
            more = [f"and {self._unsaid} more"] if self._unsaid else []
            self._alarm(at_ns, "; ".join([*dict.fromkeys(self._in_vain), *more]))
        self._glitches, self._in_vain, self._unsaid = 0, [], 0
        return counted

    def _stands(self, standing: Standing, at_ns: int) -> None:
        if lost := self._way.lost_messages(standing):
            self._alarm(at_ns, f"{lost} messages lost: more came than can be heard")
        known = self._way.known
        if not self._way.changed(standing):
            return
        if known or not standing.is_open:
            self._desk.restart()
        self._news.append(came_or_went(self.source, at_ns, is_open=standing.is_open, text=standing.text))
        if not standing.is_open:
            self._alarm(at_ns, f"{standing.text}; no cue is heard from it until it is back")
        elif self._lost:
            self._alarm(at_ns, "it is back, its cues are heard again")
        self._lost = not standing.is_open

    def _alarm(self, at_ns: int, text: str) -> None:
        said = text if text.startswith(self.source) else f"{self.source}: {text}"  # ears name their port themselves
        self._news.append(alarm(at_ns, said))
