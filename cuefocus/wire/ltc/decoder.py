"""The streaming LTC decoder: samples in, believed frames out.

Two readers hear the same sound. The edge reader takes any speed, stops, jumps and dropouts in its stride and is cheap,
but needs a signal that rises clear of its noise. Where it has read nothing steady for a tenth of a second the soft
reader listens too: matched filters behind a high-pass, for noise, hum and differentiated signals near play speed. What
both have read is handed over once.

What is done, and in which order, depends on places in the sound alone: so any cut into blocks gives the same frames.
Where much sound comes at once, what one reader alone has a say in is taken in one go.
"""

from collections import deque
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.continuity import ContinuityGate
from cuefocus.wire.ltc.edge_reader import EdgeReader
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.given import Due, Given, overlaps
from cuefocus.wire.ltc.kernels import Kernels, PlainKernels
from cuefocus.wire.ltc.second_opinion import DOUBT_S, SecondOpinion, Sound
from cuefocus.wire.ltc.word_queue import WordQueue

STEADY_BITS = 0.012
"""Jitter of an edge reading that needs no second opinion: about 17 dB over the noise."""
_KNOWN_AFTER_S = 0.002  # by then the edge reader has handed over a word that ended
_VOUCHED_WORDS = 1.25  # by then a steady edge reading has found another that vouches for it, or never will
_RECENT_S = 5.0  # frames handed over so long ago cannot be met again, nor followed
_FEWEST_CALM = 4  # words in a row that are worth taking in one go
_STILL_VOUCHING = 8  # no more words than these can be wanted yet: a calm one is longer than `_KNOWN_AFTER_S`


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
        kernels: the inner loops; None takes those in numpy and plain Python, which give the same frames.
    """

    def __init__(self, sample_rate: int, *, keep_late: bool = False, kernels: Kernels | None = None) -> None:
        kernels = kernels if kernels is not None else PlainKernels()
        known_after = sample_rate * _KNOWN_AFTER_S
        self._edges = EdgeReader(sample_rate, kernels)
        self._words = WordQueue(known_after, steady_bits=STEADY_BITS, longest_wait=sample_rate * DOUBT_S)
        self._gate = ContinuityGate()
        self._second = SecondOpinion(sample_rate, kernels)
        self._unsteady: deque[LtcFrame] = deque()
        self._steady: deque[LtcFrame] = deque()  # edge readings for which another may still vouch
        self._soft: list[LtcFrame] = []
        self._now = 0.0  # the place in the sound that is being decided at
        self._given = Given(sample_rate * _RECENT_S, keep_late=keep_late)
        self.tally = Tally()

    def feed(self, block: Sound) -> list[LtcFrame]:
        """Frames that this block makes sure of.

        They come in order of time, save for the late ones.

        Args:
            block: samples of one channel, any length, any level, float32 or int16.
        """
        return [frame for _, frame in self._hear(block)]

    def feed_many(self, blocks: Sound, ends: npt.NDArray[np.int64]) -> list[list[LtcFrame]]:
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
        self._words.put(self._edges.flush())
        due = self._run()
        due += self._take_words(np.inf)
        self._soft += self._second.flush()
        due += self._decide(np.inf)
        self._gate.flush()
        self._count(due)
        return [frame for _, frame in due]

    def _hear(self, block: Sound) -> list[Due]:
        self._words.put(self._edges.feed(block))
        self._second.hear(block)
        due = self._run()
        self._second.forget()
        self._count(due)
        return due

    def _run(self) -> list[Due]:
        """Everything that is due by what has been heard, hop by hop of the soft reader."""
        due: list[Due] = []
        while True:
            if self._second.rests:
                due += self._take_calm()
            if not (self._soft or self._unsteady or self._steady or self._gate.copies):
                due += self._take_ahead()
            if not self._second.hop_is_there:
                return due + self._take_words(self._second.heard)
            hop_ends = self._second.hop_ends
            due += self._take_words(hop_ends)
            self._soft += self._second.take_hop(self._words.next_steady_due)
            due += self._decide(hop_ends)

    def _take_calm(self) -> list[Due]:
        """Steady words that count on from the one just given: nothing else is to be asked of them."""
        if self._soft or self._unsteady:
            return []
        before = self._given.latest
        if before is None or not self._gate.has_passed(before):
            return []
        dues, frames = self._words.calm_run(self._second.heard, _FEWEST_CALM)
        if not frames:
            return []
        self._second.steady_throughout(frames[-1].last_sample)
        self._second.skip_hops(dues[-1])
        self._steady.extend(frames[-_STILL_VOUCHING:])
        self._forget_vouched(self._second.done)
        self._gate.follow(frames[-1])
        self._given.take_run(frames, dues)
        self._now = dues[-1]
        return list(zip(dues, frames, strict=True))

    def _take_ahead(self) -> list[Due]:
        """Frames of hops in which the soft reader alone has a say."""
        due: list[Due] = []
        given = self._given
        for hop_ends, frame in self._second.take_ahead(self._words.next_due):
            self._now = now = max(self._now, hop_ends)
            if given.takes(frame, now):
                due.append((now, frame))
        return due

    def _take_words(self, by_sample: float) -> list[Due]:
        """Edge readings known by then: steady ones are given if another vouches for them, others wait."""
        due: list[Due] = []
        while self._words.next_due <= by_sample and len(self._words):
            self._now = max(self._now, self._words.next_due)
            word, follows = self._words.pop()
            if word.jitter < STEADY_BITS:
                self._second.steady(word.last_sample)
                self._steady.append(word)
            for frame in self._gate.feed(word, follows=follows):
                self._unsteady.append(frame)
                if frame.jitter < STEADY_BITS:  # and with it those that it bears out
                    due += self._give_unsteady(np.inf)
        return due

    def _decide(self, by_sample: float) -> list[Due]:
        """Soft readings, save where a steady edge reading may come; unsteady ones where no soft one has come."""
        self._now = max(self._now, by_sample)
        self._forget_vouched(by_sample)
        due: list[Due] = []
        if self._soft:
            soft, self._soft = self._soft, []
            for frame in soft:
                if any(overlaps(frame, word) for word in self._steady):
                    self._soft.append(frame)
                elif not any(overlaps(frame, word) for word in self._gate.copies):  # it may but have counted on
                    due += self._give(frame)
        while self._unsteady and self._given.has_met(self._unsteady[0]):
            self._unsteady.popleft()  # nothing waits for what will be refused
        if self._unsteady:
            due += self._give_unsteady(min(self._second.read_to, by_sample))
        return due

    def _forget_vouched(self, by_sample: float) -> None:
        while self._steady and _vouched_by(self._steady[0]) <= by_sample:
            self._steady.popleft()

    def _give_unsteady(self, by_sample: float) -> list[Due]:
        """Edge readings for which no better one will come any more."""
        due: list[Due] = []
        while self._unsteady and self._unsteady[0].last_sample <= by_sample:
            due += self._give(self._unsteady.popleft())
        return due

    def _give(self, frame: LtcFrame) -> list[Due]:
        return [(self._now, frame)] if self._given.takes(frame, self._now) else []

    def _count(self, due: list[Due]) -> None:
        edges, tally = self._edges.tally, self.tally
        tally.syncs, tally.torn, tally.impossible = edges.syncs, edges.torn, edges.impossible
        tally.unconfirmed = self._gate.refused
        tally.frames += len(due)


def _vouched_by(word: LtcFrame) -> float:
    return word.last_sample + _VOUCHED_WORDS * word.samples_per_frame
