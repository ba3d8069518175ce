"""Live sound as the conductor hears it: blocks out of the ring, the channel that carries timecode, readings.

The ears own the device; this end only decodes. Samples that were lost (an xrun, an overflow, a conductor that did not
run) put the count of samples against host time anew, but what was learnt of the card's rate stays.
"""

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.chase.sample_clock import SampleClock
from cuefocus.engine.ports import SourceEvent
from cuefocus.shells.file_source import Heard, reading_of
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ring_reader import copied
from cuefocus.shells.sound_ring import BlockFlag, BlockPlace, SoundRing, State, Stream, place_of
from cuefocus.shells.source_news import Fields, alarm, came_or_went
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, Reading
from cuefocus.wire.ltc.channels import ChannelSearch
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.meter import SoundMeter

TOLD_NS: Final = 300 * NS_PER_MS
"""The meter is told no more often than this."""
_GAPS_TOLD_NS: Final = 5 * NS_PER_S
_LONGEST_PUMP_NS: Final = 8 * NS_PER_MS
"""A backlog is worked off in pieces: signs of life and commands go between them."""


@dataclass(slots=True)
class _Hearing:
    """One stream, and how far it has been decoded."""

    stream: Stream
    clock: SampleClock
    search: ChannelSearch
    meter: SoundMeter
    next_sample: int | None = None
    begun_at: int = 0


class LiveSource:
    """Readings from the ring.

    Args:
        source: the source's id in the rig.
        ring: what the ears write.
        channel: counted from 0; None: the one on which LTC is read best.
        resumed: a predecessor has already told the session that the source is open.
        clock_ns: the host clock.
        kernels: see `LtcInput`.
    """

    def __init__(
        self,
        source: str,
        ring: SoundRing,
        channel: int | None = None,
        *,
        resumed: bool = False,
        clock_ns: Callable[[], int] = now_ns,
        kernels: Kernels | None = None,
    ) -> None:
        self.source, self._now_ns, self._kernels = source, clock_ns, kernels
        self._ring, self._channel = ring, channel
        self._next = ring.head
        self._hearing: _Hearing | None = None
        self._state = State.STARTING
        self._text = ""
        self._quiet = resumed
        self._news: list[Fields] = []
        self._told_ns = self._gaps_told_ns = 0
        self._gaps_told = ring.stream().gaps
        self.overruns = 0
        self.worst_late_ns = 0

    @property
    def next_due_ns(self) -> int | None:
        """When to look though nothing rang: at once while a backlog is left, otherwise never."""
        return 0 if self._ring.head > self._next else None

    @property
    def playing(self) -> bool:
        """Whether sound is coming in."""
        return self._state is State.OPEN

    def fileno(self) -> int:
        """Readable when there is something new."""
        return self._ring.bell

    def pump(self) -> list[Heard]:
        """What the blocks that have come say."""
        at_ns = self._now_ns()
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self._ring.bell)
        self._ring.beat(at_ns)
        stream = self._ring.stream()
        heard: list[Heard] = [*self._state_news(stream, at_ns)]
        while self._next < self._ring.head and self._now_ns() - at_ns < _LONGEST_PUMP_NS:
            place = place_of(self._ring, self._next)
            if place is not None and place.stream != stream.number:
                stream = self._ring.stream()
            samples = copied(self._ring, place, stream.channels) if place is not None else None
            if place is None or samples is None:
                heard += self._overrun(at_ns)
                continue
            self._next += 1
            heard += self._hear(place, samples, stream)
        return heard

    def news(self, at_ns: int) -> list[Fields]:
        """Events for the operator since the last call: comings and goings, losses, and now and then the meter."""
        news, self._news = self._news, []
        stream = self._ring.stream()
        if stream.gaps > self._gaps_told and at_ns - self._gaps_told_ns >= _GAPS_TOLD_NS:
            new, self._gaps_told, self._gaps_told_ns = stream.gaps - self._gaps_told, stream.gaps, at_ns
            times = "once" if new == 1 else f"{new} times"
            since = f"{stream.gaps} since the start"
            news.append(alarm(at_ns, f"source {self.source}: sound was lost {times} (xrun); {since}"))
        if self._hearing is not None and self.playing and at_ns - self._told_ns >= TOLD_NS:
            self._told_ns = at_ns
            news.append({"event": "state", "host_ns": at_ns, "source": self.source, "sound": self._sound(stream)})
        return news

    def close(self) -> None:
        """The ring is `run`'s; nothing is held."""

    def _sound(self, stream: Stream) -> Fields:
        """The meter and what belongs to it, for a `state` event."""
        hearing = self._hearing
        if hearing is None:
            return {}
        channel, clock = hearing.search.channel, hearing.clock
        return {
            **hearing.meter.look().as_dict(),
            "channel": None if channel is None else channel + 1,
            "device": stream.text,
            "sample_rate": stream.sample_rate,
            "rate_ppm": round(clock.rate_ppm, 2) if clock.ready else None,
            "stamp_uncertainty_us": round(clock.uncertainty_ns() / 1000, 2) if clock.ready else None,
            "capture_latency_ms": round(stream.latency_ns / NS_PER_MS, 3),
            "xruns": stream.gaps,
        }

    def _state_news(self, stream: Stream, at_ns: int) -> list[Heard]:
        if stream.state is self._state and (stream.text == self._text or stream.state is State.STARTING):
            return []
        before, self._state, self._text = self._state, stream.state, stream.text
        if stream.state is before and stream.state is State.LOST:
            return []  # lost as it was, for another reason
        kind = "opened" if stream.state is State.OPEN else "lost"
        self._news.append(came_or_went(self.source, at_ns, is_open=stream.state is State.OPEN, text=stream.text))
        if stream.state is State.OPEN and (before is State.OPEN or self._quiet):
            self._quiet = False
            return []  # another port on the same stream; or a predecessor has said it
        self._quiet = False
        return [SourceEvent(self.source, at_ns, kind, stream.text)]

    def _overrun(self, at_ns: int) -> list[Heard]:
        """Nobody fetched blocks for too long: go on with what is on air now."""
        self.overruns += 1
        lost, self._next = self._ring.head - self._next, self._ring.head
        if self._hearing is not None:
            self._hearing.next_sample = None
        return [Glitch(self.source, f"{lost} blocks of sound lost: the conductor did not run", at_ns)]

    def _hear(self, place: BlockPlace, samples: npt.NDArray[np.float32], stream: Stream) -> list[Heard]:
        heard: list[Heard] = []
        if place.stream != stream.number:
            return heard  # the end of a stream that is no more
        hearing = self._hearing
        if hearing is None or hearing.stream.number != stream.number:
            hearing = self._hearing = self._listen(stream)
        if place.flags & BlockFlag.AFTER_GAP or hearing.next_sample != place.first_sample:
            if hearing.next_sample is not None:
                heard.append(Glitch(self.source, "samples are missing: counted anew, the rate is kept", place.stamp_ns))
            hearing.search = self._search(stream, hearing.search.channel)
            hearing.begun_at = place.first_sample
            hearing.clock.reanchor()
        hearing.next_sample = place.first_sample + place.samples
        two_sided = bool(place.flags & BlockFlag.TWO_SIDED)
        hearing.clock.feed(place.first_sample, place.stamp_ns, two_sided=two_sided)
        length_ns = round(place.samples * hearing.clock.ns_per_sample)
        self.worst_late_ns = max(self.worst_late_ns, self._now_ns() - place.stamp_ns - length_ns)
        if samples.shape[0] == 0:
            return heard
        found = hearing.search.feed(samples)
        channel = hearing.search.channel
        hearing.meter.hear(_shown(samples, channel), [frame for _, frame in found])
        if self.playing:
            heard += [self._reading(hearing, from_sample, frame) for from_sample, frame in found]
        return heard

    def _reading(self, hearing: _Hearing, from_sample: int, frame: LtcFrame) -> Reading:
        return reading_of(frame, self.source, hearing.clock, hearing.begun_at + from_sample)

    def _listen(self, stream: Stream) -> _Hearing:
        return _Hearing(
            stream,
            SampleClock(stream.sample_rate),
            self._search(stream, None),
            SoundMeter(stream.sample_rate),
        )

    def _search(self, stream: Stream, before: int | None) -> ChannelSearch:
        """A search that begins anew, on the channel it had found."""
        rate, channels = stream.sample_rate, stream.channels
        return ChannelSearch(rate, channels, self._channel, likely=before, kernels=self._kernels)


def _shown(samples: npt.NDArray[np.float32], channel: int | None) -> npt.NDArray[np.float32]:
    """The sound whose level is shown: of the chosen channel, of the loudest while none is."""
    shown: npt.NDArray[np.float32] = samples[
        channel if channel is not None else int(np.argmax(np.square(samples).sum(axis=1)))
    ]
    return shown
