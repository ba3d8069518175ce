"""LTC from the one of several channels on which it is read best: chosen by lock quality, not by level.

Until one is chosen every channel that carries sound is read, a tenth of a second of one at a time, so that no block
costs more than its share. Then the others are left alone until nothing has been read for a second. Cross-talk says the
same frames, less steadily; where nothing tells two channels apart but their level, the louder is the true one.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.meter import frame_worth

_CHUNK_S: Final = 0.1
_SURE_FRAMES: Final = 8
_ALONE_FRAMES: Final = 3
"""So many on one channel are enough when no other has shown any."""
_SILENT: Final = 1e-5  # -100 dBFS: no timecode was ever read from less
_PATIENCE_S: Final = 1.0
_AS_GOOD: Final = 0.02
"""Lock qualities no further apart than this are alike."""
_FORGET_S: Final = 2.0

Block = npt.NDArray[np.float32]


@dataclass(slots=True)
class _Candidate:
    """A channel that may be it.

    Args:
        from_sample: where its decoder began to listen.
        frames: what it has read, counted from there.
        square: mean square of its last chunk.
    """

    decoder: LtcDecoder
    from_sample: int
    frames: deque[tuple[int, LtcFrame]] = field(default_factory=deque)
    square: float = 0.0

    @property
    def quality(self) -> float:
        """Mean worth of its frames."""
        return sum(frame_worth(frame) for _, frame in self.frames) / len(self.frames) if self.frames else 0.0


class ChannelSearch:
    """Reads several channels as one.

    Args:
        sample_rate: samples per second.
        channels: how many there are.
        wanted: the only one that counts, from 0; None: the best.
        likely: where it was before samples were lost; the others are looked at only when it says nothing.
    """

    def __init__(
        self, sample_rate: int, channels: int, wanted: int | None = None, *, likely: int | None = None
    ) -> None:
        self._rate = sample_rate
        self._chunk = max(1, round(sample_rate * _CHUNK_S))
        self._count = channels
        self._fixed = 0 if channels == 1 else wanted
        self.channel = self._fixed if self._fixed is not None else likely
        self._heard = 0  # samples, of all channels alike
        self._read_at = 0  # where something was last read
        self._candidates: dict[int, _Candidate] = {}
        self._waiting: list[Block] = []  # sound not yet shown to the candidates, all channels
        self._chunks: deque[tuple[int, int, Block]] = deque()  # channel, first sample, chunk
        if self.channel is not None:
            self._candidates[self.channel] = _Candidate(LtcDecoder(sample_rate), 0)

    def feed(self, block: Block) -> list[tuple[int, LtcFrame]]:
        """Frames of the chosen channel that this block makes sure of, each with the sample its places count from.

        Args:
            block: one row a channel.
        """
        samples = block.shape[1]
        self._heard += samples
        frames: list[tuple[int, LtcFrame]] = []
        if self.channel is not None:
            chosen = self._candidates[self.channel]
            frames = [(chosen.from_sample, frame) for frame in chosen.decoder.feed(block[self.channel])]
            if frames:
                self._read_at = self._heard
        if self._fixed is None:
            frames += self._search(block, samples)
        return frames

    @property
    def searching(self) -> bool:
        """Whether other channels are listened to."""
        return self._fixed is None and (self.channel is None or self._heard - self._read_at > _PATIENCE_S * self._rate)

    def _search(self, block: Block, samples: int) -> list[tuple[int, LtcFrame]]:
        if not self.searching:
            if len(self._candidates) > 1 or self._waiting or self._chunks:
                self._rest()
            return []
        self._waiting.append(block)
        begun = self._heard - sum(each.shape[1] for each in self._waiting)
        if self._heard - begun >= self._chunk:
            joined = np.concatenate(self._waiting, axis=1)
            self._waiting = []
            self._chunks += ((channel, begun, joined[channel]) for channel in range(self._count))
        for _ in range(-(-samples * self._count // self._chunk)):
            if self._chunks:
                self._try(*self._chunks.popleft())
        return self._choose()

    def _rest(self) -> None:
        """Leave the others alone."""
        self._waiting, self._chunks = [], deque()
        self._candidates = {key: each for key, each in self._candidates.items() if key == self.channel}

    def _try(self, channel: int, first: int, chunk: Block) -> None:
        if channel == self.channel:
            return  # it is read all the time
        square = float(np.dot(chunk, chunk)) / max(1, len(chunk))
        if square < _SILENT**2:
            self._candidates.pop(channel, None)
            return
        candidate = self._candidates.get(channel)
        if candidate is None:
            candidate = self._candidates[channel] = _Candidate(LtcDecoder(self._rate), first)
        candidate.square = square
        ends = first + len(chunk)
        candidate.frames += ((ends, frame) for frame in candidate.decoder.feed(chunk))
        while candidate.frames and candidate.frames[0][0] < ends - _FORGET_S * self._rate:
            candidate.frames.popleft()

    def _choose(self) -> list[tuple[int, LtcFrame]]:
        """The best of those that have read enough; what it has read so far, and what it has not been shown yet."""
        others = {channel: each for channel, each in self._candidates.items() if channel != self.channel}
        reading = [channel for channel, each in others.items() if each.frames]
        most = max((len(others[channel].frames) for channel in reading), default=0)
        if self._chunks or most < (_ALONE_FRAMES if len(reading) == 1 else _SURE_FRAMES):
            return []
        able = [channel for channel in reading if len(others[channel].frames) >= most - 2]
        best = max(others[channel].quality for channel in able)
        alike = [channel for channel in able if others[channel].quality >= best - _AS_GOOD]
        channel = max(alike, key=lambda each: (round(others[each].square, 12), -each))
        chosen = others[channel]
        frames = [(chosen.from_sample, frame) for _, frame in chosen.frames]
        for block in self._waiting:
            frames += [(chosen.from_sample, frame) for frame in chosen.decoder.feed(block[channel])]
        chosen.frames.clear()
        self.channel, self._read_at = channel, self._heard
        self._rest()
        return frames
