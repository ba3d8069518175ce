"""What the LTC tests share: strategies, a decoder run, and a modulator of their own."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from cuefocus.timebase.frames import RATES, FrameRate, Timecode, timecode_at_frame
from cuefocus.wire.ltc.compiled import CompiledKernels
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels, PlainKernels
from cuefocus.wire.ltc.loop_cache import can_compile, user_cache

Samples = npt.NDArray[np.float32]

rates = st.sampled_from(list(RATES.values()))
sample_rates = st.sampled_from([44_100, 48_000, 96_000])


@st.composite
def rates_and_starts(draw: st.DrawFn) -> tuple[FrameRate, Timecode]:
    """A rate and a label that begins a word of it; midnight and drop-frame minutes come up often."""
    rate = draw(rates)
    near = draw(st.sampled_from([0, 60, 600, 3600, 86_400]))
    anywhere = st.integers(0, rate.frames_per_day - 1)
    close = st.integers(-3, 3).map(lambda frames: near * rate.nominal + frames)
    count = draw(st.one_of(anywhere, close))
    return rate, timecode_at_frame(count - count % rate.pair, rate)


@cache
def every_kernels() -> tuple[Kernels, ...]:
    """The sets of inner loops that there are here: each must give what all others give, bit for bit."""
    return (PlainKernels(), CompiledKernels(user_cache())) if can_compile() else (PlainKernels(),)


def decoded(sound: Samples, sample_rate: int, cuts: Sequence[int] = ()) -> list[LtcFrame]:
    """All frames of a sound fed in the pieces that `cuts` make of it, by every set of inner loops."""
    results = []
    for kernels in every_kernels():
        decoder = LtcDecoder(sample_rate, kernels=kernels)
        frames = [frame for piece in np.split(sound, sorted(cuts)) for frame in decoder.feed(piece)]
        results.append((frames + decoder.flush(), decoder.tally))
    assert all(result == results[0] for result in results)
    return results[0][0]


def square_ltc(bits: npt.NDArray[np.int8], samples_per_bit: float) -> Samples:
    """Biphase mark without rise time, edges on whole samples, for words no generator of ours would make."""
    halves = np.ones(2 * len(bits), dtype=np.int64)
    halves[1::2] = bits
    level = np.where(np.cumsum(halves) & 1, 0.5, -0.5)
    ends = np.round(np.arange(1, len(level) + 1) * samples_per_bit / 2).astype(np.int64)
    return np.repeat(level, np.diff(ends, prepend=0)).astype(np.float32)
