"""LTC of a playback with ramps, jumps and gaps, block by block."""

import math
from collections.abc import Iterator

import numpy as np

from cuefocus.wire.ltc.encoder import LtcSound, Samples, render_ltc
from cuefocus.wire.pace import Places
from cuefocus.wire.playback import Playback

_MARGIN_S = 200e-6  # longer than an edge: what lies beyond a block still shows in it


def played_ltc(sound: LtcSound, playback: Playback, samples: int, *, block_samples: int = 1 << 16) -> Iterator[Samples]:
    """LTC as a deck would play it; where a block ends leaves no trace in the sound.

    Args:
        sound: signal; its labels count as the playback's.
        playback: what is played from sample 0 on.
        samples: length of all blocks together.
        block_samples: length of a block; the last may be shorter.
    """
    for first in range(0, samples, block_samples):
        yield played_block(sound, playback, first, min(first + block_samples, samples))


def played_block(sound: LtcSound, playback: Playback, first: int, last: int) -> Samples:
    """Samples `first` to `last` of what `played_ltc` gives; below 0 is what a deck would play before."""
    margin = math.ceil(_MARGIN_S * sound.sample_rate) + 4
    at_s: Places = np.arange(first - margin, last + margin, dtype=np.float64) / sound.sample_rate
    block = render_ltc(sound, playback.frames_at(at_s))
    if playback.gaps:
        block = np.where(playback.heard_at(at_s), block, np.float32(0.0))
    return block[margin:-margin]
