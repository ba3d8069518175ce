"""Sound cards as PortAudio sees them; `python -m cuefocus.shells.portaudio_list` lists them as JSON.

Whoever only wants the list asks a process of its own: PortAudio prints while it looks, and ends its process at the exit
if a sound server has died meanwhile.
"""

import importlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from typing import Any, Final

from cuefocus.errors import DeviceError

_WHERE: Final = "audio"
_NO_LIBRARY: Final = "pip install 'cuefocus[audio]', and the system's PortAudio (Debian: libportaudio2)"
_PATIENCE_S: Final = 15.0


@dataclass(frozen=True, slots=True)
class SoundCard:
    """A device as one end of sound: all its inputs, or all its outputs.

    Args:
        index: PortAudio's number for it, until it looks again.
        name: with the interface it is reached by, such as `USB Audio: #1 (hw:1,0), ALSA`.
        sample_rate: its own, samples per second.
    """

    index: int
    name: str
    channels: int
    sample_rate: int


def audio_module() -> Any:
    """Sounddevice. Raises DeviceError with the cure when it or PortAudio is missing."""
    try:
        return importlib.import_module("sounddevice")
    except ImportError:
        raise DeviceError("the library sounddevice is not installed", where=_WHERE, hint=_NO_LIBRARY) from None
    except OSError as problem:
        raise DeviceError(f"PortAudio is not installed ({problem})", where=_WHERE, hint=_NO_LIBRARY) from None


def sound_inputs(library: Any) -> list[SoundCard]:
    """Every input there was when the library was loaded: PortAudio looks but once."""
    return _listed(library, "max_input_channels")


def sound_outputs(library: Any) -> list[SoundCard]:
    """Every output there was when the library was loaded."""
    return _listed(library, "max_output_channels")


def _listed(library: Any, channels: str) -> list[SoundCard]:
    interfaces = [str(each["name"]) for each in library.query_hostapis()]
    return [
        SoundCard(
            int(device["index"]),
            f"{device['name']}, {interfaces[int(device['hostapi'])]}",
            int(device[channels]),
            round(float(device["default_samplerate"])),
        )
        for device in library.query_devices()
        if int(device[channels]) > 0
    ]


def leave_jack_alone() -> None:
    """PortAudio asks JACK, too, what it has: that must start no server."""
    os.environ.setdefault("JACK_NO_START_SERVER", "1")


def listed_cards() -> tuple[list[SoundCard], list[SoundCard]]:
    """Every input and every output there is now.

    Raises: DeviceError when sounddevice or PortAudio is missing, or cannot look.
    """
    try:
        done = subprocess.run(
            [sys.executable, "-m", "cuefocus.shells.portaudio_list"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        told = json.loads(done.stdout)
        if "inputs" in told:
            inputs, outputs = ([SoundCard(**row) for row in told[end]] for end in ("inputs", "outputs"))
            return inputs, outputs
    except (OSError, subprocess.SubprocessError, ValueError, TypeError):
        raise DeviceError("PortAudio could not look for devices", where=_WHERE, hint="try again") from None
    raise DeviceError(str(told["problem"]), where=_WHERE, hint=str(told["hint"]))


def main() -> None:
    """Print inputs and outputs, or what is in the way."""
    leave_jack_alone()
    try:
        library = audio_module()
        cards = {"inputs": sound_inputs(library), "outputs": sound_outputs(library)}
        told: object = {end: [asdict(each) for each in listed] for end, listed in cards.items()}
    except DeviceError as problem:
        told = {"problem": problem.sentence, "hint": problem.hint}
    sys.stdout.write(json.dumps(told))
    sys.stdout.flush()


if __name__ == "__main__":
    main()
