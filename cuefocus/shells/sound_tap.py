"""Some seconds of live sound, through the same ears as a run's: for whoever wants to look at it, not follow it."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.ring_reader import copied
from cuefocus.shells.sound_device import SoundDevice
from cuefocus.shells.sound_ring import SoundRing, State, place_of
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_OPEN_NS: Final = 10 * NS_PER_S
_LOOK_NS: Final = 50 * NS_PER_MS
_GRACE_S: Final = 3.0


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


_NOTHING: Final = Recording(np.zeros((0, 0), dtype=np.float32), 0, "", 0)


def record(device: SoundDevice, seconds: float) -> Recording:
    """Listen to all channels of a device for some seconds.

    Raises: DeviceError when it cannot be opened, or nothing feeds it; InputError when its name fits several.
    """
    ring = SoundRing.create()
    with _ears(device, ring) as process:
        if not _opens(ring, process, device):
            return _NOTHING  # the ears' own words follow
        stream = ring.stream()
        blocks: list[npt.NDArray[np.float32]] = []
        wanted, got, number, lost = round(seconds * stream.sample_rate), 0, ring.head, 0
        wait, until_ns = DescriptorWait(), now_ns() + round((seconds + 2.0) * NS_PER_S)
        wait.watch(ring.bell)
        while got < wanted and now_ns() < until_ns and ring.stream().number == stream.number:
            wait.wait_until(now_ns() + _LOOK_NS)
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
        joined = np.concatenate(blocks, axis=1) if blocks else np.zeros((stream.channels, 0), dtype=np.float32)
        return Recording(joined, stream.sample_rate, stream.text, ring.stream().gaps - stream.gaps + lost)


@contextlib.contextmanager
def _ears(device: SoundDevice, ring: SoundRing) -> Iterator["subprocess.Popen[bytes]"]:
    with tempfile.TemporaryFile() as log:
        fd, bell = ring.handed_down
        where = ["--fd", str(fd), "--bell", str(bell), "--device", str(device), "--priority", "0"]
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", "cuefocus.shells.ears_main", *where],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(fd, bell),
        )
        try:
            yield process
            if process.poll() not in (None, 0):
                log.seek(0)
                words = log.read().decode(errors="replace").strip().splitlines()
                _complain(process.returncode, words[-1] if words else "the ears ended")
        finally:
            process.terminate()
            try:
                process.wait(_GRACE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _complain(status: int, words: str) -> None:
    raise InputError(words) if status == 1 else DeviceError(words)


def _opens(ring: SoundRing, process: "subprocess.Popen[bytes]", device: SoundDevice) -> bool:
    """Whether it is open; False when the ears have ended instead."""
    wait, until_ns = DescriptorWait(), now_ns() + _OPEN_NS
    wait.watch(ring.bell)
    while (stream := ring.stream()).state is State.STARTING:
        if process.poll() is not None:
            return False
        if now_ns() > until_ns:
            raise DeviceError("the sound device did not open", where=str(device), hint="`cuefocus ports` lists them")
        wait.wait_until(now_ns() + _LOOK_NS)
    if stream.state is State.LOST:
        raise DeviceError(stream.text, where=str(device), hint="`cuefocus ports` lists what is there")
    return True
