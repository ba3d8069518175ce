"""A MIDI mouth in a process of its own, for tests."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cuefocus.app.wired_sources import midi_mouth
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.message_turns import Standing
from cuefocus.shells.midi_mouth import MidiMouth
from cuefocus.timebase.units import NS_PER_S


@contextmanager
def speaking(address: str) -> Iterator[MidiMouth]:
    """A mouth in its own process, as `run` starts it."""
    wire = midi_mouth(address)
    spec = wire.child("mouth", Path(os.devnull))
    mouth = MidiMouth(wire.pipe.read_fd)
    with subprocess.Popen(spec.argv, pass_fds=spec.pass_fds, stderr=subprocess.DEVNULL) as process:
        try:
            yield mouth
        finally:
            process.terminate()
            assert process.wait(10) in (0, -signal.SIGTERM), "a fresh program may not listen to signals yet"
            mouth.close()
            wire.pipe.close()


def standing(mouth: MidiMouth, *, is_open: bool) -> Standing:
    """Word that the port is open, or lost."""
    wait, until_ns = DescriptorWait(), now_ns() + 20 * NS_PER_S
    wait.watch(mouth.fileno())
    while now_ns() < until_ns:
        wait.wait_until(until_ns)
        said = mouth.standing()
        if said is not None and said.is_open is is_open:
            return said
    raise AssertionError("nothing was said of the port")
