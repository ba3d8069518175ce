"""From stamped messages to readings whose stamps are as good as the channel allows: MIDI and Art-Net timecode.

The counterpart of what sound blocks go through: wire decoder, clock, reading. A word's stamp says when its message
arrived; the reading's says when it was due, by all that has arrived so far.
"""

from collections.abc import Sequence

from cuefocus.chase.earliest import EarliestArrivals
from cuefocus.chase.voices import OneVoice, Voice
from cuefocus.timebase.frames import FrameRate, timecode_at_frame
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.artnet import ArtNetDecoder, ArtTimeCode
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.word import PIECES_PER_FRAME, MtcLocate, MtcWord

# A step onward by more than this is a jump, even if the stamps fit.
_LONGEST_GAP_S = 10
# Datagrams may be lost: up to so many frames on is the same playback.
_MOST_LOST = 8
# Datagrams in a row that must agree before a position, or another position, is believed.
_TO_LOCK, _TO_JUMP = 2, 3
# A label again within this share of a frame is a copy, as is the first one after it; more of them are a standstill.
_COPY_FRAMES, _COPIES = 0.5, 1


class PunctualReadings:
    """Gives one source's words the stamps they should have had.

    Args:
        source: the source's id in the rig.
        latency_ns: measured age of a message that was not held up when it is stamped.

    `held_up` counts words of which the channel gave no idea when they were sent; there are no readings of them.
    """

    def __init__(self, source: str, *, latency_ns: int = 0) -> None:
        self.source, self._latency_ns = source, latency_ns
        self.arrivals = EarliestArrivals()
        self._frame = 0
        self._passed = 0
        self._rate: FrameRate | None = None
        self._direction = 0
        self.held_up = 0

    def restart(self) -> None:
        """The source is elsewhere, or was away: its next word begins a new line, at the speed it had."""
        self._rate = None

    def take(
        self, frame: int, rate: FrameRate, direction: int, stamps_ns: Sequence[int], *, parts: int = 1
    ) -> Reading | None:
        """The reading of a word, or None if it was held up.

        Args:
            frame: the count of the label at `rate`.
            rate: how labels count.
            direction: 1 forward, -1 reverse.
            stamps_ns: when its parts arrived, in order; the first was due when the frame began.
            parts: into how many a frame is divided.
        """
        step = (frame - self._frame) * direction % rate.frames_per_day
        if rate is self._rate and direction == self._direction and 0 < step <= _LONGEST_GAP_S * rate.nominal:
            self._passed += step
        else:
            self.arrivals.restart()
            self._passed = 0
        self._frame, self._rate, self._direction = frame, rate, direction
        first = self._passed * parts
        show_ns = [round((first + part) * NS_PER_S / (rate.fps * parts)) for part in range(len(stamps_ns))]
        passage = self.arrivals.feed(show_ns, stamps_ns)
        if passage is None:
            self.held_up += 1
            return None
        due_ns = passage.host_at(show_ns[0])
        return Reading(
            source=self.source,
            label=timecode_at_frame(frame, rate),
            drop=rate.drop,
            stamp_ns=due_ns - self._latency_ns,
            frame_ns=rate.frame_ns / passage.speed,
            direction=direction,
            noise_ns=passage.sigma_at(due_ns),
        )


class MtcInput:
    """Turns the stamped bytes of one MIDI port into readings.

    Args:
        source: the source's id in the rig.
        latency_ns: measured age of a message that was not held up when it is stamped.
    """

    def __init__(self, source: str, *, latency_ns: int = 0) -> None:
        self.decoder = MtcDecoder(source)
        self.line = PunctualReadings(source, latency_ns=latency_ns)

    def feed(self, data: bytes, stamp_ns: int) -> list[Reading | PlaybackStopped | Glitch]:
        """Readings that these bytes complete: any part of the port's stream, or whole messages (`message.bytes()`).

        Args:
            data: MIDI bytes.
            stamp_ns: host time at which they arrived.

        Returns: a reading for each believed word, with the stamp of its first quarter frame; one of direction 0 for a
            full frame or a locate by machine control; the word that playback stopped; glitches for what was torn.
        """
        heard: list[Reading | PlaybackStopped | Glitch] = []
        for found in self.decoder.feed(data, stamp_ns):
            if isinstance(found, MtcWord):
                reading = self.line.take(
                    found.frame, found.rate, found.direction, found.stamps_ns, parts=PIECES_PER_FRAME
                )
                heard += [] if reading is None else [reading]
            elif isinstance(found, MtcLocate):
                self.line.restart()
                heard.append(Reading(self.line.source, found.label, found.rate.drop, found.stamp_ns, 0.0, 0))
            else:
                if isinstance(found, PlaybackStopped):
                    self.line.restart()
                heard.append(found)
        return heard

    def restart(self) -> None:
        """The port was away."""
        self.decoder.restart()
        self.line.restart()


class ArtNetInput:
    """Turns Art-Net's stamped datagrams into readings.

    Datagrams may be lost, doubled or overtaken, but each is whole: a frame onward is believed at once, anything else
    when three in a row agree. Of several senders or streams one is followed.

    Args:
        source: the source's id in the rig.
        stream: the stream to follow; None for any.
        sender: the address of the sender to follow; empty for the first that is heard.
        latency_ns: measured age of a datagram that was not held up when it is stamped.
    """

    def __init__(self, source: str, *, stream: int | None = None, sender: str = "", latency_ns: int = 0) -> None:
        self.decoder = ArtNetDecoder(source, stream=stream)
        self._voices = OneVoice("Art-Net timecode", host=sender)
        self.line = PunctualReadings(source, latency_ns=latency_ns)
        self._last: tuple[int, FrameRate, int] | None = None  # count, rate, stamp
        self._direction = 0
        self._doubtful: list[tuple[int, int]] = []  # count, stamp
        self._doubted: FrameRate | None = None  # how they count
        self._repeats = 0

    def feed(self, datagram: bytes, stamp_ns: int, host: str = "", port: int = 0) -> list[Reading | Glitch]:
        """Readings that a datagram completes.

        Args:
            datagram: its payload.
            stamp_ns: host time at which it arrived.
            host: where it came from, if that is known.
            port: likewise.

        Returns: a reading for each believed frame; again one with its label for a source that stands still; a glitch
            for what is no timecode.
        """
        found = self.decoder.feed(datagram, stamp_ns)
        if not isinstance(found, ArtTimeCode):
            return [] if found is None else [found]
        hand_overs = self._voices.hand_overs
        if not self._voices.heeds(Voice(host, port, found.stream), stamp_ns):
            return []
        if self._voices.hand_overs != hand_overs:
            self.restart()
        frame, rate, last = found.label.frame_number(found.rate), found.rate, self._last
        if last is not None and last[1] is not rate:
            self.restart()
            last = None
        if last is not None:
            step = (frame - last[0]) * self._direction % rate.frames_per_day
            if step == 0:
                return self._again(found, stamp_ns, last[2])
            if step <= _MOST_LOST:
                self._doubtful.clear()
                return self._believe([(frame, stamp_ns)], rate)
        return self._doubt(frame, rate, stamp_ns)

    def rivals(self, at_ns: int) -> str:
        """Who sends beside the one that is followed, in a sentence; said once a minute, empty where there is none."""
        return self._voices.news(at_ns)

    def restart(self) -> None:
        """The network was away."""
        self.line.restart()
        self._last = None
        self._doubtful.clear()

    def _again(self, found: ArtTimeCode, stamp_ns: int, before_ns: int) -> list[Reading | Glitch]:
        """The label that was believed last, once more: a copy, or a source that stands still."""
        self._repeats += stamp_ns - before_ns > _COPY_FRAMES * found.rate.frame_ns
        if self._repeats <= _COPIES:
            return []
        self.line.restart()
        return [Reading(self.line.source, found.label, found.rate.drop, stamp_ns, 0.0, self._direction)]

    def _doubt(self, frame: int, rate: FrameRate, stamp_ns: int) -> list[Reading | Glitch]:
        """Wait until datagrams that lead nowhere from the last believed one agree with each other."""
        doubtful = self._doubtful
        if self._doubted is not rate:
            doubtful.clear()
            self._doubted = rate
        if doubtful:
            step = _signed(frame - doubtful[-1][0], rate)
            before = _signed(doubtful[1][0] - doubtful[0][0], rate) if len(doubtful) > 1 else step
            if step == 0:
                return []
            if abs(step) > _MOST_LOST or step * before < 0:
                doubtful.clear()
        doubtful.append((frame, stamp_ns))
        if len(doubtful) < (_TO_LOCK if self._last is None else _TO_JUMP):
            return []
        self._direction = 1 if _signed(doubtful[-1][0] - doubtful[0][0], rate) > 0 else -1
        believed, self._doubtful = doubtful, []
        return self._believe(believed, rate)

    def _believe(self, frames: list[tuple[int, int]], rate: FrameRate) -> list[Reading | Glitch]:
        readings = [self.line.take(frame, rate, self._direction, [stamp_ns]) for frame, stamp_ns in frames]
        self._last, self._repeats = (frames[-1][0], rate, frames[-1][1]), 0
        return [reading for reading in readings if reading is not None]


def _signed(step: int, rate: FrameRate) -> int:
    """A step between counts, by the shorter way round the day."""
    day = rate.frames_per_day
    return (step + day // 2) % day - day // 2
