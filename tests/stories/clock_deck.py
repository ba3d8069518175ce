"""A sequencer in a story: it plays a song by MIDI clock, starts at a bar, stops, loops; its own sums, not ours."""

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction

from mido import MetaMessage, MidiFile, MidiTrack, bpm2tempo

from cuefocus.chase.clock_input import MidiClockInput
from cuefocus.chase.musical import Song
from cuefocus.engine.ports import InboxEvent, SourceEvent
from cuefocus.shells.message_source import inbox_event
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.units import NS_PER_S
from tests.stories.playback import Playback
from tests.stories.scenes import SOLO_RIG

#: Quarters from which on a tempo holds.
TEMPI: tuple[tuple[int, float], ...] = ((0, 120.0), (8, 90.0), (12, 150.0))
_TICKS = 480
#: The story rig followed by a sequencer, whose messages take 0.7 ms at least.
CLOCK_RIG = SOLO_RIG.replace("{id: deck, kind: file}", "{id: deck, kind: midi-clock, device: daw, latency_ms: 0.7}")


def tempo_track(tempi: Sequence[tuple[int, float]] = TEMPI) -> bytes:
    """The sequencer's tempo track, as it exports it."""
    midi, track, last = MidiFile(ticks_per_beat=_TICKS), MidiTrack(), 0
    midi.tracks.append(track)
    for quarter, tempo in tempi:
        track.append(MetaMessage("set_tempo", tempo=bpm2tempo(tempo), time=(quarter - last) * _TICKS))
        last = quarter
    stream = io.BytesIO()
    midi.save(file=stream)
    return stream.getvalue()


def second_of(quarters: float, tempi: Sequence[tuple[int, float]] = TEMPI) -> float:
    """Where in the media a place in the song stands."""
    at_s = 0.0
    for index, (quarter, tempo) in enumerate(tempi):
        end = tempi[index + 1][0] if index + 1 < len(tempi) else float("inf")
        if quarters <= end:
            return at_s + (quarters - quarter) * 60.0 / tempo
        at_s += (end - quarter) * 60.0 / tempo
    raise AssertionError


class ClockDeck(Playback):
    """Plays the pieces of a playback by MIDI clock; the messages go through the real listener.

    Args:
        songs: the show's, for the listener.
        channel: a model of late channels.
        lost: numbers of clocks, in order of sending, that never arrive.
        song: sent as a Song Select at the start.
    """

    def __init__(
        self,
        songs: Sequence[Song],
        *,
        at_quarter: int = 0,
        channel: str = "USB + OS",
        lost: Sequence[int] = (),
        song: int | None = None,
    ) -> None:
        super().__init__(at_s=second_of(at_quarter))
        self._songs, self._channel, self._lost, self._song = songs, channel, frozenset(lost), song
        self._sent: list[tuple[float, bytes]] = [] if song is None else [(0.0, bytes((0xF3, song)))]
        self._quarter = Fraction(at_quarter)
        self._running = False

    def play(self, seconds: float, *, speed: float | Fraction = 1.0, heard: bool = True) -> "ClockDeck":
        """Play on, Start or Continue first where it stands."""
        begin_s, place_s = self.seconds, self._at_s
        if not self._running:
            self._running = True
            sixteenths = int(self._quarter * 4)
            place = bytes((0xF2, sixteenths & 0x7F, sixteenths >> 7, 0xFB))
            self._sent.append((begin_s, place if sixteenths else b"\xfa"))
        while (due_s := begin_s + (second_of(float(self._quarter)) - place_s) / float(speed)) < begin_s + seconds:
            self._sent.append((max(due_s, 0.0), b"\xf8"))
            self._quarter += Fraction(1, 24)
        super().play(seconds, speed=speed, heard=heard)
        return self

    def pause(self, seconds: float) -> "ClockDeck":
        """Stop; clocks go on as they do in many sequencers."""
        self._sent.append((self.seconds, b"\xfc"))
        self._sent += [(self.seconds + number / 48, b"\xf8") for number in range(1, int(seconds * 48))]
        self._running = False
        super().play(seconds, speed=0.0, heard=False)
        return self

    def to_quarter(self, quarter: int) -> "ClockDeck":
        """Go there at once, playing on if it plays, as in a loop."""
        if self._running:
            self._sent.append((self.seconds, b"\xfc"))
        self._running = False
        self._quarter = Fraction(quarter)
        self.locate(second_of(quarter))
        return self

    def heard(self, source: str, origin_ns: int) -> Iterator[tuple[int, Sequence[InboxEvent]]]:
        """What its messages become, and when they arrive."""
        channel = LateChannel(DELAYS[self._channel], 3)
        listener = MidiClockInput(source, self._songs)
        yield origin_ns, (SourceEvent(source, origin_ns, "opened", ""),)
        clocks, arrived = 0, list[tuple[int, bytes]]()
        for at_s, data in self._sent:
            clocks += data == b"\xf8"
            if data != b"\xf8" or clocks not in self._lost:
                arrived.append((channel.stamp(origin_ns + round(at_s * NS_PER_S)), data))
        tick_ns = origin_ns
        for stamp_ns, data in [*arrived, (origin_ns + round((self.seconds + 4.0) * NS_PER_S), b"")]:
            while tick_ns + NS_PER_S // 100 < stamp_ns:
                tick_ns += NS_PER_S // 100
                yield tick_ns, ()
            yield stamp_ns, [inbox_event(found) for found in listener.feed(data, stamp_ns)]
