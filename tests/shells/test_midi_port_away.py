"""Whoever looks for a MIDI port that is not there, again and again, takes nobody's time in the real-time class."""

import os
import signal
import subprocess
import sys

import pytest

from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.message_turns import Standing
from cuefocus.shells.midi_pipe import MidiInlet, MidiPipe
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

LOOKS = 3
PATIENCE_NS = 30 * NS_PER_S


def may_be_realtime() -> bool:
    """Whether this machine grants the class at all."""
    asks = "import os; os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))"
    return subprocess.run([sys.executable, "-c", asks], stderr=subprocess.DEVNULL, check=False).returncode == 0


@pytest.mark.serial
@pytest.mark.skipif(not may_be_realtime(), reason="needs the right to the real-time class")
@pytest.mark.parametrize(
    "argv",
    [
        ("midi_ears_main", "--port", "jack:nowhere"),
        ("midi_ears_main", "--port", "nowhere", "--cues", "90"),
        ("midi_mouth_main", "--to", "jack:nowhere"),
    ],
)
def test_a_port_that_is_not_there_is_looked_for_as_an_ordinary_program(
    argv: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "no-such-server")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    pipe = MidiPipe()
    inlet, openings, classes = MidiInlet(os.dup(pipe.read_fd)), set[int](), set[int]()
    command = [sys.executable, "-m", f"cuefocus.shells.{argv[0]}", "--pipe", str(pipe.write_fd), *argv[1:], "--patient"]
    wait, until_ns = DescriptorWait(), now_ns() + PATIENCE_NS
    with subprocess.Popen(command, pass_fds=(pipe.write_fd,), stderr=subprocess.DEVNULL) as process:
        while len(openings) < LOOKS and now_ns() < until_ns:
            classes.add(os.sched_getscheduler(process.pid))
            wait.wait_until(now_ns() + 2 * NS_PER_MS)
            while (said := inlet.receive()) is not None:
                if isinstance(said, Standing):
                    assert not said.is_open
                    openings.add(said.opening)
        process.terminate()
        assert process.wait(10) in (0, -signal.SIGTERM)
    inlet.close()
    pipe.close()
    assert len(openings) == LOOKS
    assert classes == {os.SCHED_OTHER}
