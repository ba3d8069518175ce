"""Whoever looks for a sound server or card that is not there, again and again, takes nobody's time in the real-time
class.
"""

import os
import subprocess
import sys

import pytest

from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.sound_ring import RingWriter, SoundRing, State
from cuefocus.timebase.units import NS_PER_MS
from tests.shells.test_midi_port_away import LOOKS, PATIENCE_NS, may_be_realtime


@pytest.mark.serial
@pytest.mark.skipif(not may_be_realtime(), reason="needs the right to the real-time class")
@pytest.mark.parametrize("device", ["jack:nowhere", "audio:nowhere"])
def test_a_device_that_is_not_there_is_looked_for_as_an_ordinary_program(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    ring = SoundRing.create()
    fd, bell = ring.handed_down
    forget, classes, looks = RingWriter(ring), set[int](), 0
    module = "cuefocus.shells.ears_main"
    command = [sys.executable, "-m", module, "--fd", str(fd), "--bell", str(bell), "--device", device, "--patient"]
    wait, until_ns = DescriptorWait(), now_ns() + PATIENCE_NS
    with subprocess.Popen(command, pass_fds=(fd, bell), stderr=subprocess.DEVNULL) as process:
        while looks < LOOKS and now_ns() < until_ns:
            classes.add(os.sched_getscheduler(process.pid))
            wait.wait_until(now_ns() + 2 * NS_PER_MS)
            if ring.stream().state is State.LOST:
                looks += 1
                forget.tell(State.STARTING, "")
        process.terminate()
        assert process.wait(10) == 0
    for each in (fd, bell):
        os.close(each)
    assert looks == LOOKS
    assert classes == {os.SCHED_OTHER}
