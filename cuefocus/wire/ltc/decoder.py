"""The streaming LTC decoder: samples in, believed frames out.

Two readers hear the same sound. The edge reader takes any speed, stops, jumps and dropouts in its stride and is cheap,
but needs a signal that rises clear of its noise. Where it has read nothing steady for a tenth of a second the soft
reader listens too: matched filters behind a high-pass, for noise, hum and differentiated signals near play speed. What
both have read is handed over once.

What is done, and in which order, depends on places in the sound alone: so any cut into blocks gives the same frames.
"""

from bisect import bisect
from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.continuity import ContinuityGate
from cuefocus.wire.ltc.edge_reader import EdgeReader
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.soft_reader import SoftReader

_STEADY_BITS = 0.012  # jitter of an edge reading that needs no second opinion: about 17 dB over the noise
_KNOWN_AFTER_S = 0.002  # by then the edge reader has handed over a word that ended
_HOP_S = 0.01
_DOUBT_S = 0.1  # without a steady reading until the soft reader is asked
_MEMORY_S = 0.25  # of sound: what it hears first
_TRUST_S = 1.0  # of steady readings until it rests again
_VOUCHED_WORDS = 1.25  # by then a steady edge reading has found another that vouches for it, or never will
_STALE_WORDS = 1.5  # where timecode was just read, a word found so much later would only confuse
_RECENT_S = 5.0  # frames handed over so long ago cannot be met again, nor followed
_OVERLAP = 0.25  # frames

Samples = npt.NDArray[np.float32]
_Due = tuple[float, LtcFrame]  # the place in the sound by which a frame is sure, and the frame


@dataclass(slots=True)
class Tally:
    """What a decoder has met so far.

    Args:
        syncs: sync patterns found among the edges.
        torn: words with an impossible bit, or too unsteady a clock.
        impossible: words whose digits name no frame.
        unconfirmed: frames no neighbour vouched for.
        frames: frames handed over.
    """

    syncs: int = 0
    torn: int = 0
    impossible: int = 0
    unconfirmed: int = 0
    frames: int = 0


class LtcDecoder:
    """Reads LTC from one channel of sound, whatever became of it on the way.

    Args:
        sample_rate: samples per second.
        keep_late: hand over frames, too, of which the soft reader became sure only after later ones were handed over,
            or long after, in the midst of timecode: for files.
    """

    def __init__(self, sample_rate: int, *, keep_late: bool = False) -> None:
        self._edges = EdgeReader(sample_rate)
        self._gate = ContinuityGate()
        self._second = _SecondOpinion(sample_rate)
        self._known_after = sample_rate * _KNOWN_AFTER_S
        self._words: deque[LtcFrame] = deque()  # read by their edges, not yet due
        self._unsteady: deque[LtcFrame] = deque()
        self._steady: deque[LtcFrame] = deque()  # edge readings for which another may still vouch
        self._soft: list[LtcFrame] = []
        self._now = 0.0  # the place in the sound that is being decided at
        self._given = _Given(sample_rate * _RECENT_S, keep_late=keep_late)
        self.tally = Tally()

    def feed(self, block: Samples) -> list[LtcFrame]:
        """Frames that this block makes sure of.

        They come in order of time, save for the late ones.

        Args:
            block: samples of one channel, any length, any level.
        """
        return [frame for _, frame in self._hear(block)]

    def feed_many(self, blocks: Samples, ends: npt.NDArray[np.int64]) -> list[list[LtcFrame]]:
        """Frames that each of many blocks makes sure of: as feeding one after another, in a fraction of the time.

        Args:
            blocks: the blocks joined.
            ends: where each of them ends therein, ascending; the last is the end of all.
        """
        ends_at = ends + self._second.heard
        heard: list[list[LtcFrame]] = [[] for _ in ends]
        for due, frame in self._hear(blocks):
            heard[int(np.searchsorted(ends_at, due))].append(frame)
        return heard

    def flush(self) -> list[LtcFrame]:
        """Frames still to come when the sound is over."""
        self._words.extend(self._edges.flush())
        due = self._run()
        due += self._take_words(np.inf)
        self._soft += self._second.flush()
        due += self._decide(np.inf)
        self._gate.flush()
        self._count(due)
        return [frame for _, frame in due]

    def _hear(self, block: Samples) -> list[_Due]:
        self._words.extend(self._edges.feed(block))
        self._second.hear(block)
        due = self._run()
        self._count(due)
        return due

    def _run(self) -> list[_Due]:
        """Everything that is due by what has been heard, hop by hop of the soft reader."""
        due: list[_Due] = []
        while self._second.hop_is_there:
            hop_ends = self._second.hop_ends
            due += self._take_words(hop_ends)
            self._soft += self._second.take_hop()
            due += self._decide(hop_ends)
        return due + self._take_words(self._second.heard)

    def _take_words(self, by_sample: float) -> list[_Due]:
        """Edge readings known by then: steady ones are given if another vouches for them, others wait."""
        due: list[_Due] = []
        while self._words and self._words[0].last_sample + self._known_after <= by_sample:
            word = self._words.popleft()
            self._now = max(self._now, word.last_sample + self._known_after)
            if word.jitter < _STEADY_BITS:
                self._second.steady(word.last_sample)
                self._steady.append(word)
            for frame in self._gate.feed(word):
                self._unsteady.append(frame)
                if frame.jitter < _STEADY_BITS:  # and with it those that it bears out
                    due += self._give_unsteady(np.inf)
        return due

    def _decide(self, by_sample: float) -> list[_Due]:
        """Soft readings, save where a steady edge reading may come; unsteady ones where no soft one has come."""
        self._now = max(self._now, by_sample)
        while self._steady and _vouched_by(self._steady[0]) <= by_sample:
            self._steady.popleft()
        waiting = [each for each in self._soft if any(_overlaps(each, word) for word in self._steady)]
        due = [given for each in self._soft if each not in waiting for given in self._give(each)]
        self._soft = waiting
        return due + self._give_unsteady(min(self._second.read_to, by_sample))

    def _give_unsteady(self, by_sample: float) -> list[_Due]:
        """Edge readings for which no better one will come any more."""
        due: list[_Due] = []
        while self._unsteady and self._unsteady[0].last_sample <= by_sample:
            due += self._give(self._unsteady.popleft())
        return due

    def _give(self, frame: LtcFrame) -> list[_Due]:
        return [(self._now, frame)] if self._given.takes(frame, self._now) else []

    def _count(self, due: list[_Due]) -> None:
        edges, tally = self._edges.tally, self.tally
        tally.syncs, tally.torn, tally.impossible = edges.syncs, edges.torn, edges.impossible
        tally.unconfirmed = self._gate.refused
        tally.frames += len(due)


class _SecondOpinion:
    """The soft reader, asked only where the edges say nothing steady."""

    def __init__(self, sample_rate: int) -> None:
        self._rate = sample_rate
        self._hop = max(1, round(sample_rate * _HOP_S))
        self._memory = self._hop * round(_MEMORY_S / _HOP_S)
        self._reader: SoftReader | None = None
        self._sound = np.zeros(0, dtype=np.float32)  # from `_first` on
        self._first = 0
        self._done = 0
        self._steady_to = 0.0
        self._steady_since = 0.0
        self.heard = 0

    @property
    def hop_ends(self) -> int:
        """Where the next hop ends, samples."""
        return self._done + self._hop

    @property
    def hop_is_there(self) -> bool:
        """Whether all of it has been heard."""
        return self.hop_ends <= self.heard

    @property
    def read_to(self) -> float:
        """Samples before this are read, as far as the soft reader can."""
        return self._reader.horizon if self._reader is not None else np.inf

    def hear(self, block: Samples) -> None:
        """Take in sound."""
        self._sound = np.concatenate([self._sound, block.astype(np.float32)])
        self.heard += len(block)

    def steady(self, last_sample: float) -> None:
        """The edges have read a steady word that ended there."""
        if last_sample - self._steady_to > _DOUBT_S * self._rate:
            self._steady_since = last_sample
        self._steady_to = max(self._steady_to, last_sample)

    def take_hop(self) -> list[LtcFrame]:
        """What the next hop makes sure of; asks the reader, or sends it to rest, as the edges have read so far."""
        start, self._done = self._done, self.hop_ends
        doubt = self._done - self._steady_to > _DOUBT_S * self._rate
        if self._reader is None and doubt:
            start = max(0, self._done - self._memory)
            self._reader = SoftReader(self._rate, first_sample=start)
        elif self._reader is not None and not doubt and self._done - self._steady_since > _TRUST_S * self._rate:
            self._reader = None
        frames = self._reader.feed(self._stretch(start, self._done)) if self._reader is not None else []
        self._forget()
        return frames

    def flush(self) -> list[LtcFrame]:
        """Frames still to come when the sound is over."""
        if self._reader is None:
            return []
        return self._reader.feed(self._stretch(self._done, self.heard)) + self._reader.flush()

    def _stretch(self, start: int, end: int) -> Samples:
        return self._sound[start - self._first : end - self._first]

    def _forget(self) -> None:
        """Let go of sound older than the memory."""
        spare = self._done - self._memory - self._first
        if spare > 0:
            self._sound = self._sound[spare:]
            self._first += spare


class _Given:
    """Frames handed over lately: no word is handed over twice."""

    def __init__(self, memory_samples: float, *, keep_late: bool) -> None:
        self._memory = memory_samples
        self._keep_late = keep_late
        self._frames: list[LtcFrame] = []  # in order of time
        self._latest = -np.inf
        self._now = self._before = self._given_at = -np.inf  # decided at; handed over at, before that and last

    def takes(self, frame: LtcFrame, now: float) -> bool:
        """Whether a frame may be handed over: none that overlaps it has been, and it is not late."""
        stale = now - frame.last_sample > _STALE_WORDS * frame.samples_per_frame
        if now > self._now:
            self._now, self._before = now, self._given_at
        following = now - self._before < self._memory
        if not self._keep_late and (frame.last_sample < self._latest or (stale and following)):
            return False
        at = bisect(self._frames, frame.first_sample, key=_first_sample)
        if any(_overlaps(each, frame) for each in self._frames[max(0, at - 2) : at + 2]):
            return False
        self._latest, self._given_at = max(self._latest, frame.last_sample), now
        self._frames.insert(at, frame)
        if self._frames[0].last_sample < self._latest - self._memory:
            del self._frames[0]
        return True


def _vouched_by(word: LtcFrame) -> float:
    return word.last_sample + _VOUCHED_WORDS * word.samples_per_frame


def _first_sample(frame: LtcFrame) -> float:
    return frame.first_sample


def _overlaps(first: LtcFrame, second: LtcFrame) -> bool:
    shared = min(first.last_sample, second.last_sample) - max(first.first_sample, second.first_sample)
    return shared > _OVERLAP * min(first.samples_per_frame, second.samples_per_frame)
