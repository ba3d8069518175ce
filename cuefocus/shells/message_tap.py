"""Some seconds of messages, through the same way in as a run's: for whoever wants to look at them, not follow them."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.art_net_inlet import ArtNetInlet
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.message_source import Inlet, Message, Standing
from cuefocus.shells.midi_pipe import MidiInlet, MidiPipe
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_OPEN_NS: Final = 10 * NS_PER_S
_LOOK_NS: Final = 50 * NS_PER_MS
_GRACE_S: Final = 3.0
_MOST: Final = 100_000


@dataclass(slots=True)
class Caught:
    """What came.

    Args:
        messages: in order, with their stamps.
        text: what they came by.
    """

    messages: list[Message] = field(default_factory=list)
    text: str = ""


def catch_art_net(address: str, seconds: float) -> Caught:
    """Datagrams on one of our addresses for some seconds. Raises DeviceError when it cannot be heard."""
    inlet = ArtNetInlet(address, only_timecode=False)
    with contextlib.closing(inlet):
        return _caught(inlet, seconds)


def catch_midi(port: str, seconds: float) -> Caught:
    """Messages of a MIDI port for some seconds, through ears as a run's.

    Raises: DeviceError when it cannot be opened, InputError when its name fits none or several.
    """
    pipe = MidiPipe()
    inlet = MidiInlet(pipe.dup_reader())
    with contextlib.closing(pipe), contextlib.closing(inlet), tempfile.TemporaryFile() as log:
        where = ["--pipe", str(pipe.write_fd), "--port", port, "--priority", "0"]
        process = subprocess.Popen(  # noqa: S603 - our own program, no shell
            [sys.executable, "-m", "cuefocus.shells.midi_ears_main", *where],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=(pipe.write_fd,),
        )
        try:
            if _speaks(inlet, process):
                return _caught(inlet, seconds)
        finally:
            _end(process)
        log.seek(0)
        words = log.read().decode(errors="replace").strip().splitlines()
        raise (InputError if process.returncode == 1 else DeviceError)(words[-1] if words else "the ears ended")


def _speaks(inlet: Inlet, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the ears have opened their port; False when they have ended instead."""
    wait, until_ns = DescriptorWait(), now_ns() + _OPEN_NS
    wait.watch(inlet.fileno())
    while not wait.wait_until(now_ns() + _LOOK_NS):
        if process.poll() is not None:
            return False
        if now_ns() > until_ns:
            raise DeviceError("the MIDI port did not open", hint="`cuefocus ports` lists them")
    return True


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.terminate()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _caught(inlet: Inlet, seconds: float) -> Caught:
    caught, until_ns = Caught(), now_ns() + round(seconds * NS_PER_S)
    for came in _coming(inlet, until_ns):
        if isinstance(came, Message):
            caught.messages.append(came)
        elif came.is_open:
            caught.text = came.text
        else:
            raise DeviceError(came.text)
        if len(caught.messages) >= _MOST:
            break
    return caught


def _coming(inlet: Inlet, until_ns: int) -> Iterator[Message | Standing]:
    wait = DescriptorWait()
    while now_ns() < until_ns:
        came = inlet.receive()
        if came is not None:
            yield came
            continue
        wait.watch(inlet.fileno())
        wait.wait_until(min(until_ns, now_ns() + _LOOK_NS))
