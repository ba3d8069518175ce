"""Asks the soft reader, but only where the edges say nothing steady."""

from collections import deque

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.given import Due
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.soft_reader import Needed, SoftReader

Sound = npt.NDArray[np.float32] | npt.NDArray[np.int16]

DOUBT_S = 0.1  # without a steady reading until the soft reader is asked
_HOP_S = 0.01
_MEMORY_S = 0.25  # of sound: what it hears first
_AHEAD_HOPS = 200  # read in one go at most: two seconds stay in the cache
_TRUST_S = 1.0  # of steady readings until it rests again


class SecondOpinion:
    """Sound and steady readings in, frames out of the soft reader while it is awake.

    Args:
        sample_rate: samples per second.
        kernels: inner loops.
    """

    def __init__(self, sample_rate: int, kernels: Kernels) -> None:
        self._rate, self._kernels = sample_rate, kernels
        self._hop = max(1, round(sample_rate * _HOP_S))
        self._memory = self._hop * round(_MEMORY_S / _HOP_S)
        self._reader: SoftReader | None = None
        self._parts: deque[Sound] = deque()  # of the sound, from `_first` on
        self._first = 0
        self._ahead: deque[Needed] = deque()  # frames that hops not yet taken make sure of
        self._read = 0  # samples fed to the reader
        self._steady_to = 0.0
        self._steady_since = 0.0
        self.heard = 0
        self.done = 0

    @property
    def hop_ends(self) -> int:
        """Where the next hop ends, samples."""
        return self.done + self._hop

    @property
    def hop_is_there(self) -> bool:
        """Whether all of it has been heard."""
        return self.done + self._hop <= self.heard

    @property
    def read_to(self) -> float:
        """Samples before this are read, as far as the soft reader can."""
        return self._reader.horizon(self.done) if self._reader is not None else np.inf

    @property
    def rests(self) -> bool:
        """Whether the soft reader is not asked."""
        return self._reader is None

    def hear(self, block: Sound) -> None:
        """Take in sound; `forget` must follow before the block is altered."""
        self._parts.append(block)
        self.heard += len(block)

    def forget(self) -> None:
        """Let go of sound older than the memory, and of the block itself."""
        keep = min(self.done, self._read if self._reader is not None else self.done) - self._memory
        while self._parts and self._first + len(self._parts[0]) <= keep:
            self._first += len(self._parts.popleft())
        if self._parts:
            block = self._parts.pop()
            spare = max(0, keep - self._first) if not self._parts else 0
            self._first += spare
            self._parts.append(block[spare:].copy())

    def steady(self, last_sample: float) -> None:
        """The edges have read a steady word that ended there."""
        if last_sample - self._steady_to > DOUBT_S * self._rate:
            self._steady_since = last_sample
        self._steady_to = max(self._steady_to, last_sample)

    def steady_throughout(self, last_sample: float) -> None:
        """The edges have read steady words up to there, none of them so late that doubt came up; the reader rests."""
        self._steady_to = max(self._steady_to, last_sample)

    def skip_hops(self, before: float) -> None:
        """Hops that end before that hold nothing to decide."""
        self.done += max(0, (int(np.ceil(before)) - 1 - self.done) // self._hop) * self._hop

    def take_ahead(self, before: float) -> list[Due]:
        """Frames that hops which end before that make sure of, as far as is read, each with its hop's end."""
        if self._reader is None or self._read <= self.hop_ends:
            return []
        start = self.done
        self.skip_hops(min(before, self._read))
        due: list[Due] = []
        while self._ahead and self._ahead[0][0] <= self.done:
            need, frame = self._ahead.popleft()
            due.append((start + max(1, -(-(need - start) // self._hop)) * self._hop, frame))
        return due

    def take_hop(self, alone_until: float) -> list[LtcFrame]:
        """What the next hop makes sure of; asks the reader, or sends it to rest, as the edges have read so far.

        Args:
            alone_until: no steady word comes before: so far, what has been heard may be read in one go.
        """
        self.done = self.hop_ends
        doubt = self.done - self._steady_to > DOUBT_S * self._rate
        if self._reader is None and doubt:
            self._read = max(0, self.done - self._memory)
            self._reader = SoftReader(self._rate, self._kernels, first_sample=self._read)
        elif self._reader is not None and not doubt and self.done - self._steady_since > _TRUST_S * self._rate:
            self._reader = None
        if self._reader is None:
            return []
        if self._read < self.done:
            hops = max(0, int(min(self.heard, alone_until - 1.0)) - self.done) // self._hop if doubt else 0
            end = self.done + min(hops, _AHEAD_HOPS) * self._hop
            self._ahead.extend(self._reader.feed(self._stretch(self._read, end)))
            self._read = end
        frames = []
        while self._ahead and self._ahead[0][0] <= self.done:
            frames.append(self._ahead.popleft()[1])
        return frames

    def flush(self) -> list[LtcFrame]:
        """Frames still to come when the sound is over, all hops taken."""
        if self._reader is None:
            return []
        rest = self._reader.feed(self._stretch(self.done, self.heard)) + self._reader.flush()
        return [frame for _, frame in rest]

    def _stretch(self, start: int, end: int) -> npt.NDArray[np.float32]:
        """Sound from `start` to `end`."""
        pieces = []
        at = self._first
        for part in self._parts:
            if at + len(part) > start and at < end:
                pieces.append(part[max(0, start - at) : end - at])
            at += len(part)
        return np.concatenate([np.zeros(0, dtype=np.float32), *pieces]).astype(np.float32, copy=False)
