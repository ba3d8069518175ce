"""A JACK server without a sound card, for tests."""

import os
import shutil
import signal
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cuefocus.app.ports import jack_ports
from cuefocus.errors import DeviceError
from cuefocus.shells.midi_port import listed_ports

needs_jackd = pytest.mark.skipif(shutil.which("jackd") is None, reason="needs jackd (Debian: jackd2)")


def own_server() -> str:
    """The name of this worker's server: always the same, so that the place in JACK's registry that a killed one leaves
    behind is taken again; there are eight on a machine."""
    checkout = zlib.crc32(str(Path(__file__).parent).encode())
    return f"cuefocus-test-{checkout:08x}-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"


def keep_to_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """No JACK server but one of our own is found, and none is started unasked."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", own_server())
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")


class Server:
    """One that runs, and may die and come back.

    Args:
        log: what it says.
        answers: whether a client can reach it.
    """

    def __init__(self, log: Path, answers: Callable[[], bool]) -> None:
        self._log, self._answers = log, answers
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        rights = ["-R", "-P70"] if os.geteuid() == 0 else ["-r"]
        with self._log.open("ab") as log:
            name = os.environ["JACK_DEFAULT_SERVER"]
            command = ["jackd", "-n", name, *rights, "-d", "dummy", "-r", "48000", "-p", "512"]
            process = subprocess.Popen(command, stdout=log, stderr=log)
        until_s = time.monotonic() + 10.0
        while not self._answers():
            assert process.poll() is None, self._log.read_text()
            assert time.monotonic() < until_s, self._log.read_text()
        return process

    def die(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def again(self) -> None:
        self.process = self._start()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@contextmanager
def running_server(folder: Path, answers: Callable[[], bool]) -> Iterator[Server]:
    """A server for as long as the block, with its log in that folder."""
    server = Server(folder / "jackd.log", answers)
    try:
        yield server
    finally:
        server.stop()


def carries_sound() -> bool:
    """Whether JACK's own clients reach a server."""
    return any(row.kind == "jack" for row in jack_ports())


def carries_midi() -> bool:
    """Whether rtmidi reaches one."""
    try:
        listed_ports()
    except DeviceError:
        return False
    return True
