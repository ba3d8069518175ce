"""MIDI out: a port by name through mido and RtMidi (ALSA or JACK), or a raw device that takes the bytes."""

import importlib
import os
import select
from contextlib import suppress
from typing import Any, Final, Protocol

from cuefocus.errors import DeviceError, InputError, LinkError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.library_noise import libraries_unheard
from cuefocus.shells.midi_port import CLIENT
from cuefocus.timebase.units import NS_PER_MS

_BACKENDS: Final = {"midi": "mido.backends.rtmidi/LINUX_ALSA", "jack": "mido.backends.rtmidi/UNIX_JACK"}
_CURES: Final = {"midi": "is the ALSA sequencer there (modprobe snd-seq)?", "jack": "start the JACK server"}
_OWN_PORT: Final = "timecode"
_FINISH_NS: Final = 20 * NS_PER_MS
"""How long what a cable took half of is waited for, a byte being 0.32 ms; then the next message goes behind it."""
_WRITE_AS: Final = "write midi:NAME, jack:NAME or raw:/dev/snd/midiC1D0"


class MidiOut(Protocol):
    """Takes whole MIDI messages."""

    dropped: int
    """Messages that were not sent, for the cable was full."""

    def write(self, data: bytes) -> None:
        """Send one message. Raises LinkError if the port is gone."""

    def look(self) -> None:
        """Whether it is still there, as far as can be seen without sending. Raises LinkError."""

    def close(self) -> None:
        """Give the port back."""


def open_midi_out(address: str) -> MidiOut:
    """The port an address names.

    Args:
        address: "midi:NAME" for an ALSA port, any part of its name that no other has; "midi:" makes a port of our own
            that others connect to; "jack:" likewise on a JACK server; "raw:PATH" for a raw MIDI device.

    Raises: InputError for no such address or port, DeviceError where MIDI cannot be had, LinkError for a device that
        cannot be opened.
    """
    kind, mark, name = address.partition(":")
    if kind == "raw" and name:
        return _RawOut(name)
    if not mark or kind not in _BACKENDS:
        raise InputError(f"no MIDI port {address!r}", where="--to", hint=_WRITE_AS)
    return _NamedOut(kind, name)


def listed_outputs() -> list[str]:
    """The address of every MIDI port that takes messages, as `open_midi_out` has it. Raises: DeviceError as that."""
    mido, rtmidi = _libraries()
    found: list[str] = []
    silent = 0
    with libraries_unheard():
        for kind, backend in _BACKENDS.items():
            try:
                names = mido.Backend(backend, load=True).get_output_names()
            except (SystemError, OSError, rtmidi.RtMidiError):
                silent += 1
                continue
            found += [f"{kind}:{name}" for name in dict.fromkeys(names)]
    if silent == len(_BACKENDS):
        raise DeviceError("no MIDI system answers", where="midi", hint=f"{_CURES['midi']} Or {_CURES['jack']}")
    return found


class _NamedOut:
    dropped = 0  # who gets them keeps them

    def __init__(self, kind: str, name: str) -> None:
        self._where = f"{kind}:{name}"
        mido, rtmidi = _libraries()
        self._message = mido.Message.from_bytes
        self._broken = rtmidi.RtMidiError, OSError
        self._backend = backend = mido.Backend(_BACKENDS[kind], load=True)
        self._name = ""
        try:
            with libraries_unheard():
                if name:
                    self._name = _only_one(name, backend.get_output_names(), self._where)
                    self._port: Any = backend.open_output(self._name)
                else:
                    self._port = backend.open_output(_OWN_PORT, virtual=True, client_name=CLIENT)
        except (SystemError, *self._broken) as problem:  # RtMidi says SystemError where there is no sequencer or server
            raise DeviceError(f"MIDI cannot be had: {problem}", where=self._where, hint=_CURES[kind]) from None

    def write(self, data: bytes) -> None:
        try:
            self._port.send(self._message(data))
        except self._broken as problem:
            raise LinkError(f"the port is gone: {problem}", where=self._where, hint="plug it in again") from None

    def look(self) -> None:
        try:
            there = self._backend.get_output_names()
        except (SystemError, *self._broken) as problem:
            raise LinkError(f"MIDI is gone: {problem}", where=self._where, hint="start its server again") from None
        if self._name and self._name not in there:
            raise LinkError("the port is gone", where=self._where, hint="plug it in again")

    def close(self) -> None:
        with suppress(*self._broken):
            self._port.close()


class _RawOut:
    def __init__(self, path: str) -> None:
        self._where, self._path, self._rest, self.dropped = f"raw:{path}", path, b"", 0
        try:
            self._descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else "no file name"
            raise LinkError(f"cannot be opened: {reason}", where=self._where, hint="ls -l /dev/snd/midi*") from None

    def write(self, data: bytes) -> None:
        if self._rest:
            self._rest = self._unsent(self._rest)
        if self._rest:
            self.dropped += 1  # or it would tear the one before
            return
        rest = self._unsent(data)
        if len(rest) == len(data):
            self.dropped += 1  # a cable that is full: the message would be late
            return
        self._rest, until_ns, poll = rest, now_ns() + _FINISH_NS, select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        while self._rest and (left_ns := until_ns - now_ns()) > 0:
            poll.poll(-(-left_ns // NS_PER_MS))
            self._rest = self._unsent(self._rest)

    def _unsent(self, data: bytes) -> bytes:
        """What the cable does not take now."""
        try:
            return data[os.write(self._descriptor, data) :]
        except BlockingIOError:
            return data
        except OSError as problem:
            raise LinkError(f"gone: {problem.strerror}", where=self._where, hint="plug it in again") from None

    def look(self) -> None:
        if self._rest:
            self._rest = self._unsent(self._rest)
        if not os.path.exists(self._path):
            raise LinkError("it is gone", where=self._where, hint="plug it in again")

    def close(self) -> None:
        os.close(self._descriptor)


def _libraries() -> tuple[Any, Any]:
    try:
        return importlib.import_module("mido"), importlib.import_module("rtmidi")
    except ImportError as problem:
        raise DeviceError(
            f"MIDI ports cannot be opened: {problem}", where="python-rtmidi", hint="pip install 'cuefocus[midi]'"
        ) from None


def _only_one(part: str, names: list[str], where: str) -> str:
    """The port whose name is, or holds, what was given.

    Raises: InputError saying which there are.
    """
    fitting = [name for name in names if name == part] or [name for name in names if part.lower() in name.lower()]
    if len(set(fitting)) == 1:
        return fitting[0]
    have = ", ".join(dict.fromkeys(fitting or names)) or "none at all"
    sentence = f"several MIDI ports are called {part!r}" if fitting else f"no MIDI port is called {part!r}"
    raise InputError(sentence, where=where, hint=f"there are: {have}")
