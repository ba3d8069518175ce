"""A sound file played in real time, through the path a sound card's blocks take: stamp, decode, reading.

A block is released when its last sample would have been converted, and stamped with that moment, however late it is
fetched: a card stamps in a callback, which does not wait for the conductor either. The place in the sound follows from
the origin alone: a restarted conductor hears what is on air now, as with a real card.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.chase.sample_clock import SampleClock
from cuefocus.engine.ports import SourceEvent
from cuefocus.errors import SoundFileError
from cuefocus.shells.sound_file import SoundFile
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.events import Glitch, Reading
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels

BLOCK_SAMPLES: Final = 256
OVERRUN_NS: Final = 150 * NS_PER_MS
"""A card's buffer: blocks nobody fetched for longer than this are lost."""
_READ_BLOCKS: Final = 256
_LEAST_NOISE_NS: Final = 200.0

Heard = Reading | Glitch | SourceEvent
Block = npt.NDArray[np.float32]


class LtcInput:
    """Turns stamped blocks of one channel into readings.

    Args:
        source: the source's id in the rig.
        sample_rate: samples per second, nominal.
        latency_ns: measured age of a sample when it is stamped.
        kernels: the decoder's inner loops; None takes the plain ones, which read the same at four times the cost.
    """

    def __init__(self, source: str, sample_rate: int, *, latency_ns: int = 0, kernels: Kernels | None = None) -> None:
        self._source, self._rate, self._latency_ns, self._kernels = source, sample_rate, latency_ns, kernels
        self.clock = SampleClock(sample_rate)
        self._decoder = LtcDecoder(sample_rate, kernels=kernels)
        self._from_sample = 0
        self._samples = 0

    def restart_at(self, sample: int) -> None:
        """Samples were lost, or a new stream begins: the next block starts with `sample`."""
        self._decoder = LtcDecoder(self._rate, kernels=self._kernels)
        self._from_sample, self._samples = sample, 0
        self.clock.reanchor()

    def feed(self, block: Block, stamp_ns: int) -> list[Reading]:
        """Readings that this block completes; `stamp_ns` is when its last sample was there."""
        self._samples += len(block)
        self.clock.feed(self._from_sample + self._samples, stamp_ns)
        return [self._reading(frame) for frame in self._decoder.feed(block)]

    def feed_many(self, blocks: Block, ends: Sequence[tuple[int, int]]) -> Iterator[list[Reading]]:
        """Readings that each of many joined blocks completes, as if it were fed alone, but quicker.

        Args:
            blocks: the blocks, joined.
            ends: where each ends therein (samples), and its stamp.
        """
        heard = self._decoder.feed_many(blocks, np.array([end for end, _ in ends], dtype=np.int64))
        before = self._from_sample + self._samples
        self._samples += len(blocks)
        for (end, stamp_ns), frames in zip(ends, heard, strict=True):
            self.clock.feed(before + end, stamp_ns)
            yield [self._reading(frame) for frame in frames]

    def flush(self) -> list[Reading]:
        """Readings still to come when the sound is over."""
        return [self._reading(frame) for frame in self._decoder.flush()]

    def _reading(self, frame: LtcFrame) -> Reading:
        return reading_of(frame, self._source, self.clock, self._from_sample, latency_ns=self._latency_ns)


def reading_of(frame: LtcFrame, source: str, clock: SampleClock, from_sample: int, *, latency_ns: int = 0) -> Reading:
    """A frame heard in sound, as a reading in host time.

    Args:
        frame: as the decoder gave it.
        source: the source's id in the rig.
        clock: host time of samples.
        from_sample: the number that the decoder's first sample has there.
        latency_ns: taken off the stamp.
    """
    sample = from_sample + frame.start_sample
    frame_ns = frame.samples_per_frame * clock.ns_per_sample
    start_ns = frame.noise_samples * clock.ns_per_sample
    noise_ns = max(_LEAST_NOISE_NS, (clock.uncertainty_ns(sample) ** 2 + start_ns**2) ** 0.5)
    return Reading(
        source=source,
        label=frame.label,
        drop=frame.drop,
        stamp_ns=clock.host_at(sample) - latency_ns,
        frame_ns=frame_ns,
        direction=frame.direction,
        noise_ns=noise_ns,
    )


@dataclass(frozen=True, slots=True)
class Playback:
    """One playing of the sound: which one (from 1), and when its first sample is on air."""

    number: int
    origin_ns: int


class FileSource:
    """Plays one channel of a sound file, once for each `play`.

    Args:
        source: the source's id.
        sound: the open file.
        channel: counted from 0.
        now_ns: the host clock.
        latency_ns: measured age of a sample when it is stamped.
        block_samples: in each block.
        kernels: see `LtcInput`.
    """

    def __init__(
        self,
        source: str,
        sound: SoundFile,
        channel: int,
        now_ns: Callable[[], int],
        *,
        latency_ns: int = 0,
        block_samples: int = BLOCK_SAMPLES,
        kernels: Kernels | None = None,
    ) -> None:
        self.source = source
        self._sound, self._channel, self._now_ns = sound, channel, now_ns
        self._block_samples = block_samples
        self._input = LtcInput(source, sound.sample_rate, latency_ns=latency_ns, kernels=kernels)
        self._blocks: Iterator[Block] = iter(())
        self._next_sample = 0
        self._announced = False
        self.playback: Playback | None = None
        self.overruns = 0
        self.worst_late_ns = 0
        sound.blocks(channel)  # a channel the file does not have is refused here

    @property
    def duration_ns(self) -> int:
        """Length of the sound."""
        return -(-self._sound.samples * NS_PER_S // self._sound.sample_rate)

    @property
    def playing(self) -> bool:
        """Whether sound is on air or about to be."""
        return self.playback is not None

    @property
    def next_due_ns(self) -> int | None:
        """When the next block is complete; None while nothing plays."""
        if self.playback is None:
            return None
        if not self._announced:
            return self.playback.origin_ns
        return self._due_ns(min(self._next_sample + self._block_samples, self._sound.samples))

    def fileno(self) -> int:
        """A file rings no bell: its blocks are due by the clock."""
        return -1

    def news(self, at_ns: int) -> list[dict[str, object]]:
        """Nothing to tell the operator beside what is in the inbox."""
        del at_ns
        return []

    def close(self) -> None:
        """Let go of the file."""
        self._blocks = iter(())

    def play(self, playback: Playback) -> None:
        """Play with sample 0 on air at `playback.origin_ns`."""
        self.playback = playback
        self._announced = False
        self._seek(0)

    def resume(self, playback: Playback) -> None:
        """Take a playback up where it is by now: what was on air meanwhile is gone."""
        self.playback = playback
        self._announced = True
        self._seek(self._sample_at(self._now_ns()))

    def pump(self) -> list[Heard]:
        """What the blocks that are due by now say, stamped with the moment at which each was due."""
        heard: list[Heard] = []
        while (due_ns := self.next_due_ns) is not None and self.playback is not None:
            at_ns = self._now_ns()
            if at_ns < due_ns:
                break
            if not self._announced:
                self._announced = True
                heard.append(SourceEvent(self.source, self.playback.origin_ns, "opened", "sample 0 is on air"))
                continue
            if self._next_sample >= self._sound.samples:
                heard += self._end()
                break
            if at_ns - due_ns > OVERRUN_NS:
                heard.append(self._overrun(at_ns))
                continue
            self.worst_late_ns = max(self.worst_late_ns, at_ns - due_ns)
            try:
                block = next(self._blocks)
            except (SoundFileError, StopIteration) as problem:
                heard.append(self._lost(at_ns, str(problem) or "the sound file became shorter"))
                break
            self._next_sample += len(block)
            heard += self._input.feed(block, due_ns)
        return heard

    def _overrun(self, at_ns: int) -> Glitch:
        """Nobody fetched blocks for too long: go on with what is on air now."""
        self.overruns += 1
        lost_ms = (at_ns - self._due_ns(self._next_sample)) // NS_PER_MS
        self._seek(self._sample_at(at_ns))
        return Glitch(self.source, f"{lost_ms} ms of sound lost: the conductor did not run", at_ns)

    def _lost(self, stamp_ns: int, reason: str) -> SourceEvent:
        """The file went away while it was read, as a card is unplugged."""
        self.playback = None
        return SourceEvent(self.source, stamp_ns, "lost", reason)

    def _end(self) -> list[Heard]:
        heard: list[Heard] = [*self._input.flush()]
        heard.append(SourceEvent(self.source, self._due_ns(self._sound.samples), "ended", "the sound is over"))
        self.playback = None
        self._blocks = iter(())
        return heard

    def _seek(self, sample: int) -> None:
        """Go on with the block that begins at or after `sample`."""
        block = self._block_samples
        first = self._next_sample = min(-(-sample // block) * block, self._sound.samples)
        self._blocks = _cut(self._sound.blocks(self._channel, _READ_BLOCKS * block, first_sample=first), block)
        self._input.restart_at(first)

    def _due_ns(self, sample: int) -> int:
        origin_ns = self.playback.origin_ns if self.playback is not None else 0
        return origin_ns + sample * NS_PER_S // self._sound.sample_rate

    def _sample_at(self, host_ns: int) -> int:
        origin_ns = self.playback.origin_ns if self.playback is not None else host_ns
        return max(0, (host_ns - origin_ns) * self._sound.sample_rate // NS_PER_S)


def _cut(chunks: Iterator[Block], size: int) -> Iterator[Block]:
    for chunk in chunks:
        for at in range(0, len(chunk), size):
            yield chunk[at : at + size]
