"""Playback by a program that says by OSC where it is, instead of sending timecode."""

from collections.abc import Iterator, Sequence
from heapq import merge

from cuefocus.app.stated_doubt import SCREEN_COMMON_NS
from cuefocus.chase.ableton import AbletonInput
from cuefocus.chase.link import LinkInput
from cuefocus.chase.musical import Song
from cuefocus.chase.reaper import ReaperInput
from cuefocus.engine.ports import InboxEvent, SourceEvent
from cuefocus.shells.message_source import Listener, inbox_event
from cuefocus.timebase.frames import parse_timecode
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.link import LinkMoment
from tests.osc_programs import Live, Reaper
from tests.stories.playback import SAMPLE_RATE, Places, Playback
from tests.stories.scenes import SOLO_RIG

#: The story rig followed by REAPER.
REAPER_RIG = SOLO_RIG.replace("{id: deck, kind: file}", '{id: deck, kind: reaper, device: "9000"}')


#: The same by Live, or by a Link session.
LIVE_RIG = SOLO_RIG.replace("{id: deck, kind: file}", "{id: deck, kind: ableton}")
LINK_RIG = SOLO_RIG.replace("{id: deck, kind: file}", "{id: deck, kind: link}")
Packet = tuple[float, bytes]
"""Host seconds at which it arrives, and its bytes."""


class ProgramDeck(Playback):
    """A program plays the pieces of a playback; what it says goes through the real listener.

    Args:
        seed: of its chance.
        songs: the show's acts that have tempo maps.
    """

    def __init__(self, *, seed: int = 1, songs: Sequence[Song] = ()) -> None:
        super().__init__()
        self.seed, self.songs = seed, songs

    def media_s(self, at_s: float) -> float:
        """Media second at a host second."""
        if self._known is None:
            self._known = self.places()
        return float(self._known[min(int(at_s * SAMPLE_RATE), len(self._known) - 1)])

    _known: Places | None = None

    def listener(self, source: str) -> Listener:
        """What listens to it."""
        raise NotImplementedError

    def packets(self) -> Iterator[Packet]:
        """What it sends."""
        raise NotImplementedError

    def heard(self, source: str, origin_ns: int) -> Iterator[tuple[int, Sequence[InboxEvent]]]:
        """What its datagrams become, and when they arrive."""
        listener = self.listener(source)
        yield origin_ns, (SourceEvent(source, origin_ns, "opened", ""),)
        silent = ((origin_ns + round(tick * 0.01 * NS_PER_S), b"") for tick in range(round(self.seconds * 100)))
        arriving = sorted(self.packets(), key=lambda packet: packet[0])
        said = ((origin_ns + round(at_s * NS_PER_S), data) for at_s, data in arriving)
        for at_ns, data in merge(said, silent, key=lambda one: one[0]):
            yield at_ns, [inbox_event(found) for found in listener.feed(data, at_ns)] if data else ()


class ReaperDeck(ProgramDeck):
    """REAPER; its project begins a minute before the media, at the label that this makes."""

    known_to_s = SCREEN_COMMON_NS / NS_PER_S

    def listener(self, source: str) -> Listener:
        """What listens to it."""
        return ReaperInput(source, self.rate)

    def packets(self) -> Iterator[Packet]:
        """Its feedback."""
        zero = parse_timecode("00:59:00:00", self.rate).frame_number(self.rate)
        return Reaper(lambda at_s: self.media_s(at_s) + 60.0, self.rate, zero, seed=self.seed).packets(self.seconds)


class LiveDeck(ProgramDeck):
    """Live, at an even tempo: two quarters a second."""

    known_to_s = SCREEN_COMMON_NS / NS_PER_S

    def listener(self, source: str) -> Listener:
        """What listens to it."""
        return AbletonInput(source, self.songs)

    def packets(self) -> Iterator[Packet]:
        """AbletonOSC's answers."""
        return Live(lambda at_s: 2.0 * self.media_s(at_s), seed=self.seed).packets(self.seconds)


class LinkDeck(ProgramDeck):
    """A Link session at two quarters a second, as our ears see it, a moment every 20 ms."""

    def listener(self, source: str) -> Listener:
        """What listens to it."""
        return LinkInput(source, self.songs)

    def packets(self) -> Iterator[Packet]:
        """What the ears pass on."""
        for look in range(round(self.seconds / 0.02)):
            at_s = look * 0.02
            place, plays = self.media_s(at_s), self.media_s(at_s + 1e-4) != self.media_s(at_s)
            yield at_s, LinkMoment(2.0 * place if plays else None, 120.0, plays, 1).packed()
