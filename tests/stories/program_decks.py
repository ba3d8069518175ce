"""Playback by a program that says by OSC where it is, instead of sending timecode."""

from collections.abc import Iterator, Sequence
from heapq import merge

from cuefocus.chase.reaper import ReaperInput
from cuefocus.engine.ports import InboxEvent, SourceEvent
from cuefocus.shells.message_source import Listener, inbox_event
from cuefocus.timebase.frames import parse_timecode
from cuefocus.timebase.units import NS_PER_S
from tests.osc_programs import Reaper
from tests.stories.playback import SAMPLE_RATE, Playback
from tests.stories.scenes import SOLO_RIG

#: The story rig followed by REAPER.
REAPER_RIG = SOLO_RIG.replace("{id: deck, kind: file}", '{id: deck, kind: reaper, device: "9000"}')


class ReaperDeck(Playback):
    """REAPER plays the pieces of a playback; what it says goes through the real listener.

    Its project begins a minute before the media, at the label that this makes.

    Args:
        draws_s, jitter_s: its screen.
        seed: of its chance.
    """

    def __init__(self, *, draws_s: float = 0.033, jitter_s: float = 0.012, seed: int = 1) -> None:
        super().__init__()
        self._draws_s, self._jitter_s, self._seed = draws_s, jitter_s, seed

    def heard(self, source: str, origin_ns: int) -> Iterator[tuple[int, Sequence[InboxEvent]]]:
        """What its datagrams become, and when they arrive."""
        places = self.places()

        def project(at_s: float) -> float:
            return float(places[min(int(at_s * SAMPLE_RATE), len(places) - 1)]) + 60.0

        zero = parse_timecode("00:59:00:00", self.rate).frame_number(self.rate)
        reaper = Reaper(project, self.rate, zero, draws_s=self._draws_s, jitter_s=self._jitter_s, seed=self._seed)
        listener: Listener = ReaperInput(source, self.rate)
        yield origin_ns, (SourceEvent(source, origin_ns, "opened", ""),)
        arriving = sorted(reaper.packets(self.seconds), key=lambda packet: packet[0])
        silent = ((origin_ns + round(tick * 0.01 * NS_PER_S), ()) for tick in range(round(self.seconds * 100)))
        said = ((origin_ns + round(at_s * NS_PER_S), (data,)) for at_s, data in arriving)
        for at_ns, packets in merge(said, silent, key=lambda one: one[0]):
            yield at_ns, [inbox_event(found) for data in packets for found in listener.feed(data, at_ns)]
