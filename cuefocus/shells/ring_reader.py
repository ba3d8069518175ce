"""Blocks out of the sound ring, as arrays: for whoever decodes."""

import numpy as np
import numpy.typing as npt

from cuefocus.shells.sound_ring import RING_SAMPLES, BlockPlace, SoundRing, whole

Samples = npt.NDArray[np.float32]


def copied(ring: SoundRing, place: BlockPlace, channels: int) -> Samples | None:
    """A block's samples, a row a channel; None when they were overwritten meanwhile."""
    at = place.position % RING_SAMPLES
    first = min(place.samples, RING_SAMPLES - at)
    block = np.empty((channels, place.samples), dtype=np.float32)
    for index in range(channels):
        whole_ring = np.frombuffer(ring.channel(index).cast("B"), dtype=np.float32)
        block[index, :first] = whole_ring[at : at + first]
        block[index, first:] = whole_ring[: place.samples - first]
    return block if whole(ring, place.number, place.position) else None
