"""What a device takes from the ring is what was written for that place, or silence that is counted."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.shells.play_ring import RING_SAMPLES, PlayRing


def sound(first: int, last: int) -> npt.NDArray[np.float32]:
    """Samples that say their place."""
    return np.arange(first + 1, last + 1, dtype=np.float32)


def taken(ring: PlayRing, place: int, length: int) -> list[float]:
    target = bytearray(4 * length)
    ring.take(place, memoryview(target).cast("f"))
    return [float(sample) for sample in np.frombuffer(target, dtype=np.float32)]


@given(blocks=st.lists(st.integers(1, 5000), min_size=1, max_size=60), chunk=st.integers(1, 9000))
def test_all_that_is_written_is_heard_once_whatever_the_blocks_are(blocks: list[int], chunk: int) -> None:
    ring, heard = PlayRing(), []
    for block in blocks:
        while ring.read + block > ring.written:
            length = min(chunk, ring.room)
            ring.write(sound(ring.written, ring.written + length))
        heard += taken(ring, ring.read, block)
    assert heard == sound(0, sum(blocks)).tolist()
    assert (ring.gaps, ring.missing) == (0, 0)


def test_before_its_beginning_there_is_silence_that_nothing_lacks() -> None:
    ring = PlayRing()
    ring.write(sound(0, 100))
    assert taken(ring, -10, 4) == [0.0] * 4
    assert taken(ring, -6, 10) == [0.0] * 6 + [1.0, 2.0, 3.0, 4.0]
    assert ring.gaps == 0


def test_what_is_not_there_in_time_is_silence_and_what_follows_is_in_its_place() -> None:
    ring = PlayRing()
    ring.write(sound(0, 100))
    assert taken(ring, 90, 30) == [*sound(90, 100).tolist(), *[0.0] * 20]
    assert (ring.gaps, ring.missing) == (1, 20)
    ring.skip_to(130)
    ring.write(sound(130, 200))
    assert taken(ring, 130, 10) == sound(130, 140).tolist()
    assert (ring.gaps, ring.missing) == (1, 20)


def test_after_its_end_there_is_silence_that_nothing_lacks() -> None:
    ring = PlayRing()
    ring.write(sound(0, 100))
    ring.end_with(50, np.array([7.0, 3.0], dtype=np.float32))
    over_before = ring.over
    assert taken(ring, 48, 8) == [49.0, 50.0, 7.0, 3.0, 0.0, 0.0, 0.0, 0.0]
    assert (over_before, ring.over) == (False, True)
    assert (ring.gaps, ring.missing) == (0, 0)


def test_nothing_is_written_over_what_may_still_be_taken() -> None:
    ring = PlayRing()
    while ring.room:
        ring.write(sound(ring.written, ring.written + min(ring.room, 1000)))
    assert ring.written <= RING_SAMPLES // 2
    assert taken(ring, 0, 5) == sound(0, 5).tolist()
