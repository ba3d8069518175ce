"""Some seconds of live sound, through the same ears as a run's: for whoever wants to look at it, not follow it."""

import contextlib
import os
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.ring_reader import copied
from cuefocus.shells.sound_device import SoundDevice
from cuefocus.shells.sound_ring import SoundRing, State, place_of
from cuefocus.shells.tapped import LOOK_NS, tapped
from cuefocus.timebase.units import NS_PER_S


@dataclass(frozen=True, slots=True)
class Recording:
    """What was heard.

    Args:
        samples: a row a channel.
        text: what it was heard from.
        gaps: so often samples were lost meanwhile.
    """

    samples: npt.NDArray[np.float32]
    sample_rate: int
    text: str
    gaps: int


def record(device: SoundDevice, seconds: float) -> Recording:
    """Listen to all channels of a device for some seconds.

    Raises: DeviceError when it cannot be opened, or nothing feeds it; InputError when its name fits several.
    """
    ring = SoundRing.create()
    fd, bell = ring.handed_down
    words = ("--fd", str(fd), "--bell", str(bell), "--device", str(device))
    with tapped("cuefocus.shells.ears_main", words, (fd, bell)) as ears:
        ears.opened(bell, lambda: ring.stream().state is not State.STARTING, str(device))
        stream = ring.stream()
        if stream.state is State.LOST:
            raise DeviceError(stream.text, where=str(device), hint="`cuefocus ports` lists what is there")
        blocks: list[npt.NDArray[np.float32]] = []
        wanted, got, number, lost = round(seconds * stream.sample_rate), 0, ring.head, 0
        wait, until_ns = DescriptorWait(), now_ns() + round((seconds + 2.0) * NS_PER_S)
        wait.watch(ring.bell)
        while got < wanted and now_ns() < until_ns and ring.stream().number == stream.number:
            wait.wait_until(now_ns() + LOOK_NS)
            with contextlib.suppress(BlockingIOError):
                os.eventfd_read(ring.bell)
            while number < ring.head:
                place = place_of(ring, number)
                block = copied(ring, place, stream.channels) if place is not None else None
                if block is None:  # overtaken: go on with the newest
                    lost, number = lost + 1, ring.head
                    break
                number += 1
                blocks.append(block)
                got += block.shape[1]
        ears.complain()
        joined = np.concatenate(blocks, axis=1) if blocks else np.zeros((stream.channels, 0), dtype=np.float32)
        return Recording(joined, stream.sample_rate, stream.text, ring.stream().gaps - stream.gaps + lost)
