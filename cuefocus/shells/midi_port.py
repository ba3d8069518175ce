"""A MIDI input through python-rtmidi: which there are, and one of them opened.

Used directly, not through mido: the bytes are wanted as they came, and stamped before anything else happens.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.library_noise import libraries_unheard
from cuefocus.shells.message_device import MIDI
from cuefocus.shells.sound_device import the_one
from cuefocus.timebase.units import NS_PER_S

CLIENT: Final = "CueFocus"
_OWN_PORT: Final = "timecode"
_APIS: Final = (("ALSA sequencer", "API_LINUX_ALSA"), ("JACK", "API_UNIX_JACK"))
_QUIET_NS: Final = 2 * NS_PER_S
_ASKED_NS: Final = 5 * NS_PER_S
_LIBRARY_PART: Final = re.compile(r"^\w+::\w+: ")
_ALSA_NUMBERS: Final = re.compile(r" \d+:\d+$")


class PortGone(DeviceError):
    """The port went away; it may come back."""


def midi_library() -> Any:
    """python-rtmidi. Raises DeviceError where it is not installed."""
    try:
        return importlib.import_module("rtmidi")
    except ImportError as problem:
        hint = "pip install 'cuefocus[midi]'"
        raise DeviceError(f"python-rtmidi is not installed ({problem})", hint=hint) from None


def lasting_name(name: str) -> str:
    """A port's name without the numbers that ALSA gives anew at each plug."""
    return _ALSA_NUMBERS.sub("", name)


def listed_ports() -> list[str]:
    """Names of all MIDI inputs. Raises DeviceError where nobody can be asked for them.

    For a program of one thread: what ALSA and JACK themselves print meanwhile is kept from its standard error.
    """
    library = midi_library()
    with libraries_unheard():
        return [name for opened in _systems(library) for name in _names(opened, library)]


def find_midi(wanted: str) -> str:
    """The whole name of the one input that is meant, as `MidiPort` would open it; nothing is opened.

    Raises: as `MidiPort`.
    """
    library = midi_library()
    with libraries_unheard():
        return _found(wanted, library)[1]


class MidiPort:
    """One opened MIDI input.

    Args:
        wanted: its name, or a part of it that fits no other.
        heard: takes a message's bytes and the host time of its arrival; called on a thread of the library's.

    Raises: DeviceError when no MIDI system answers, InputError when the name fits no port, or several.
    """

    def __init__(self, wanted: str, heard: Callable[[bytes, int], None]) -> None:
        self._library = midi_library()
        self._opened, self.name = _found(wanted, self._library)
        self._heard_ns = self._asked_ns = now_ns()

        def stamped(event: tuple[list[int], float], _: object) -> None:
            stamp_ns = self._heard_ns = now_ns()
            heard(bytes(event[0]), stamp_ns)

        self._opened.ignore_types(sysex=False, timing=False, active_sense=True)
        self._opened.set_callback(stamped)
        try:
            self._opened.open_port(_names(self._opened, self._library).index(self.name), _OWN_PORT)
        except (self._library.RtMidiError, ValueError) as problem:
            self.close()
            raise PortGone(f"it does not open: {problem}", where=f"{MIDI}{self.name}") from None

    def look(self) -> None:
        """Whether it is still there. Raises PortGone."""
        if self.name not in _names(self._opened, self._library):
            raise PortGone("the port is gone", where=f"{MIDI}{lasting_name(self.name)}", hint="plug it in again")
        at_ns = now_ns()
        if self._opened.get_current_api() == self._library.API_UNIX_JACK and (
            at_ns > self._heard_ns + _QUIET_NS and at_ns > self._asked_ns + _ASKED_NS
        ):
            self._ask_jack()

    def _ask_jack(self) -> None:
        """Whether its server lives: one that was killed leaves its list of ports behind, and nobody is told."""
        self._asked_ns = now_ns()
        try:
            self._library.MidiIn(self._library.API_UNIX_JACK, f"{CLIENT} asks")
        except self._library.RtMidiError:
            raise PortGone("the JACK server is gone", where=f"{MIDI}{self.name}", hint="start it again") from None

    def close(self) -> None:
        """Let go of it."""
        self._opened.cancel_callback()
        self._opened.close_port()


def _found(wanted: str, library: Any) -> tuple[Any, str]:
    """An input of the first system that has such a port, not opened yet, and the port's name there."""
    others: list[str] = []
    for opened in _systems(library):
        names = _names(opened, library)
        if any(wanted.casefold() in name.casefold() for name in names):
            return opened, _the_one(wanted, names)
        others += names
    return None, _the_one(wanted, others)


def _the_one(wanted: str, names: list[str]) -> str:
    exact = [name for name in names if lasting_name(name) == wanted]
    try:
        return exact[0] if len(exact) == 1 else the_one(wanted, names, what="MIDI input")
    except InputError as problem:
        raise InputError(problem.sentence, where=f"{MIDI}{wanted}", hint=problem.hint) from None


def _systems(library: Any) -> Iterator[Any]:
    """An input of each MIDI system that answers. Raises DeviceError when none does."""
    silent: list[str] = []
    for name, constant in _APIS:
        api = getattr(library, constant)
        if api not in library.get_compiled_api():
            continue
        try:
            yield library.MidiIn(api, CLIENT)
        except library.RtMidiError as problem:
            silent.append(f"{name}: {_LIBRARY_PART.sub('', str(problem)).rstrip('.')}")
    if len(silent) == len(_APIS):
        raise DeviceError(
            f"no MIDI system answers ({'; '.join(silent)})",
            hint="load snd-seq (`modprobe snd-seq`), or start a JACK server",
        )


def _names(opened: Any, library: Any) -> list[str]:
    try:
        return list(opened.get_ports())
    except library.RtMidiError:
        return []  # its server is gone
