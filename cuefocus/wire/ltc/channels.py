"""LTC from the one of several channels on which it is read best: chosen by lock quality, not by level.

Decoding all of thirty channels would cost more than a core where they carry music. So while none is chosen two at a
time are read on trial, those that look most like a square wave first, in turn; and when the chosen one has said
nothing for a second the others are tried again beside it. Cross-talk says the same frames, less steadily: a poor
channel is taken only when all have been tried. Of two that read alike the louder is the true one.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.meter import AS_GOOD, frame_worth

_CHUNK_S: Final = 0.05
_AT_ONCE: Final = 2
_TRIAL_CHUNKS: Final = 14  # 0.7 s: what the soft reader needs in noise, and eight frames beyond
_SURE_FRAMES: Final = 8
_GOOD: Final = 0.9  # mean worth of frames; 17 dB over the noise shows 0.89
_SILENT: Final = 1e-5  # -100 dBFS: no timecode was ever read from less
_PATIENCE_S: Final = 1.0

Block = npt.NDArray[np.float32]


@dataclass(slots=True)
class _Trial:
    """A channel that is read to see whether it is the one.

    Args:
        from_sample: where its decoder began to listen.
        chunks: how many it has been shown.
        square: mean square of its last chunk.
    """

    decoder: LtcDecoder
    from_sample: int
    frames: list[LtcFrame] = field(default_factory=list)
    chunks: int = 0
    square: float = 0.0

    @property
    def quality(self) -> float:
        """Mean worth of its frames."""
        return sum(map(frame_worth, self.frames)) / len(self.frames) if self.frames else 0.0


class ChannelSearch:
    """Reads several channels as one.

    Args:
        sample_rate: samples per second.
        channels: how many there are.
        wanted: the only one that counts, from 0; None: the best.
        likely: where it was before samples were lost; the others are looked at only when it says nothing.
        kernels: inner loops of the decoders; None takes the plain ones.
    """

    def __init__(
        self,
        sample_rate: int,
        channels: int,
        wanted: int | None = None,
        *,
        likely: int | None = None,
        kernels: Kernels | None = None,
    ) -> None:
        self._rate, self._kernels = sample_rate, kernels
        self._chunk = max(1, round(sample_rate * _CHUNK_S))
        self._count = channels
        self._fixed = channels == 1 or wanted is not None
        self.channel = (wanted or 0) if self._fixed else likely
        self._heard = 0  # samples, of all channels alike
        self._read_at = 0  # where something was last read
        self._decoder = LtcDecoder(sample_rate, kernels=kernels)
        self._decoder_from = 0
        self._trials: dict[int, _Trial] = {}
        self._turns = [0] * channels  # how often each has been tried in this search
        self._poor: dict[int, float] = {}  # quality of those that were read, but poorly
        self._untried = False  # a channel with sound has not had its turn
        self._waiting: list[Block] = []  # less than a chunk, of all channels

    def feed(self, block: Block) -> list[tuple[int, LtcFrame]]:
        """Frames of the chosen channel that this block makes sure of, each with the sample its places count from.

        Args:
            block: one row a channel.
        """
        self._heard += block.shape[1]
        frames: list[tuple[int, LtcFrame]] = []
        if self.channel is not None:
            frames = [(self._decoder_from, frame) for frame in self._decoder.feed(block[self.channel])]
            if frames:
                self._read_at = self._heard
        if self.searching:
            frames += self._search(block)
        elif self._trials or self._waiting:
            self._rest()
        return frames

    @property
    def searching(self) -> bool:
        """Whether other channels are listened to."""
        return not self._fixed and (self.channel is None or self._heard - self._read_at > _PATIENCE_S * self._rate)

    def _search(self, block: Block) -> list[tuple[int, LtcFrame]]:
        self._waiting.append(block)
        if sum(each.shape[1] for each in self._waiting) < self._chunk:
            return []
        chunk, self._waiting = np.concatenate(self._waiting, axis=1), []
        self._begin_trials(chunk)
        for channel, trial in self._trials.items():
            trial.chunks += 1
            trial.square = _square(chunk[channel])
            trial.frames += trial.decoder.feed(chunk[channel])
        return self._judge()

    def _begin_trials(self, chunk: Block) -> None:
        """Fill free places: who was tried least, looks most like timecode, is loudest."""
        sizes = np.abs(chunk)
        squares = np.square(chunk, dtype=np.float64).mean(axis=1)
        likeness = sizes.mean(axis=1, dtype=np.float64) ** 2 / np.maximum(squares, _SILENT**2)
        able = [
            channel
            for channel in range(self._count)
            if squares[channel] > _SILENT**2 and channel != self.channel and channel not in self._trials
        ]
        able.sort(key=lambda each: (self._turns[each], -round(float(likeness[each]), 1), -squares[each], each))
        first = self._heard - chunk.shape[1]
        for channel in able[: _AT_ONCE - len(self._trials)]:
            self._turns[channel] += 1
            self._trials[channel] = _Trial(LtcDecoder(self._rate, kernels=self._kernels), first)
        self._untried = any(self._turns[channel] == 0 for channel in able)

    def _judge(self) -> list[tuple[int, LtcFrame]]:
        """Take one that is good enough; end trials that are over."""
        sure = {channel: trial for channel, trial in self._trials.items() if len(trial.frames) >= _SURE_FRAMES}
        self._poor |= {channel: trial.quality for channel, trial in sure.items()}
        over = [channel for channel, trial in self._trials.items() if trial.chunks >= _TRIAL_CHUNKS]
        best = max((trial.quality for trial in sure.values()), default=0.0)
        begun = [trial for trial in self._trials.values() if trial.frames and trial not in sure.values()]
        none_better = not self._untried and best >= max(self._poor.values(), default=0.0) - AS_GOOD
        if sure and not begun and (best >= _GOOD or none_better):
            alike = [channel for channel, trial in sure.items() if trial.quality >= best - AS_GOOD]
            return self._take(max(alike, key=lambda each: (sure[each].square, -each)))
        for channel in over:
            del self._trials[channel]
        return []

    def _take(self, channel: int) -> list[tuple[int, LtcFrame]]:
        trial = self._trials[channel]
        self.channel, self._read_at = channel, self._heard
        self._decoder, self._decoder_from = trial.decoder, trial.from_sample
        frames = [(trial.from_sample, frame) for frame in trial.frames]
        self._rest()
        return frames

    def _rest(self) -> None:
        """Leave the others alone."""
        self._trials, self._waiting, self._poor = {}, [], {}
        self._turns = [0] * self._count


def _square(sound: Block) -> float:
    return float(np.dot(sound, sound)) / max(1, len(sound))
