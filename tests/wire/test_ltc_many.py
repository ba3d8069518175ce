"""Many blocks at once give each block the frames it completes, as if they had come one after another."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.decoder import LtcDecoder, Tally
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.frame import LtcFrame
from tests.wire.ltc_fixtures import Samples

Told = tuple[list[list[LtcFrame]], Tally]


def _one_by_one(sound: Samples, sample_rate: int, block: int) -> Told:
    decoder = LtcDecoder(sample_rate)
    heard = [decoder.feed(sound[at : at + block]) for at in range(0, len(sound), block)]
    return [*heard, decoder.flush()], decoder.tally


def _at_once(sound: Samples, sample_rate: int, block: int, blocks: int) -> Told:
    decoder, heard = LtcDecoder(sample_rate), list[list[LtcFrame]]()
    for at in range(0, len(sound), block * blocks):
        piece = sound[at : at + block * blocks]
        ends = [min(end, len(piece)) for end in range(block, len(piece) + block, block)]
        heard += decoder.feed_many(piece, np.array(ends, dtype=np.int64))
    return [*heard, decoder.flush()], decoder.tally


@settings(max_examples=80, deadline=None)
@given(
    speed=st.sampled_from([-2.0, -1.0, -0.3, 0.31, 1.0, 1.7]),
    noise=st.sampled_from([0.0, 0.02, 0.3]),
    gaps=st.lists(st.tuples(st.integers(0, 24_000), st.integers(1, 5000), st.sampled_from([0.0, -1.0])), max_size=4),
    block=st.integers(40, 5000),
    blocks=st.integers(1, 70),
    sample_rate=st.sampled_from([44_100, 48_000]),
    seed=st.integers(0, 1000),
)
def test_each_block_completes_the_same_frames(
    speed: float,
    noise: float,
    gaps: list[tuple[int, int, float]],
    block: int,
    blocks: int,
    sample_rate: int,
    seed: int,
) -> None:
    timecode = LtcSound(RATES["25"], Timecode(1, 0, 0, 0), sample_rate=sample_rate)
    sound = ltc_samples(timecode, 24_000, speed=speed, offset_frames=30.3)
    for at, length, factor in gaps:
        sound[at : at + length] *= factor
    sound += (noise * default_rng(seed).standard_normal(len(sound))).astype(np.float32)
    assert _at_once(sound, sample_rate, block, blocks) == _one_by_one(sound, sample_rate, block)
