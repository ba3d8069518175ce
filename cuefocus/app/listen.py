"""`doctor --listen SOURCE`: what is wrong with a timecode signal, live or in a file, in plain words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from cuefocus.app.doctor import Finding
from cuefocus.app.listen_messages import is_messages, listen_to_messages
from cuefocus.app.listen_programs import is_program, listen_to_program
from cuefocus.app.sound_choice import FILE, named_file
from cuefocus.app.source_choice import FORMS, device_of
from cuefocus.errors import InputError
from cuefocus.files.complaint import FileRefused
from cuefocus.rig.loader import load_rig
from cuefocus.shells.sound_device import SoundDevice, is_live, parse_device
from cuefocus.shells.sound_file import SoundFile
from cuefocus.shells.sound_tap import record
from cuefocus.show.loader import load_show
from cuefocus.timebase.frames import FrameRate
from cuefocus.wire.ltc.diagnosis import Expected, diagnose
from cuefocus.wire.ltc.symptoms import symptoms_of

LIVE_S: Final = 5.0
FILE_S: Final = 60.0
"""So much of a file is looked at, from where its sound begins."""
_BEGINS: Final = 1e-4  # -80 dBFS


@dataclass(frozen=True, slots=True)
class _Heard:
    channels: list[npt.NDArray[np.float32]]
    sample_rate: int
    text: str
    gaps: int = 0


def listen(source: str, *, seconds: float = LIVE_S, rig: Path | None = None, show: Path | None = None) -> list[Finding]:
    """What is found on a source; the signal first.

    Args:
        source: `file:X.wav`, `jack:PORT`, `audio:DEVICE`, with `#3` that channel is the one meant; `midi:PORT`,
            `artnet:ADDRESS`, `reaper:PORT`.
        seconds: how long to listen to live sound.
        rig: its source of this device says which channel is configured.
        show: its acts say which rates are expected.

    Raises: InputError or SoundFileError for a source that cannot be meant or read, DeviceError for one that cannot be
        opened.
    """
    if is_program(source):
        return listen_to_program(source, seconds)
    if is_messages(source):
        return listen_to_messages(source, seconds)
    if is_live(source):
        device = parse_device(source, where="--listen")
        channel = device.channel if device.channel is not None else _configured(device, rig)
        heard = _live(device, seconds)
    elif source.startswith(FILE) or (source and (Path(source).exists() or ":" not in source)):
        heard, channel = _file(source)
    else:
        raise InputError(f"no timecode source {source!r}", where="--listen", hint=FORMS)
    length_s = len(heard.channels[0]) / heard.sample_rate if heard.channels else 0.0
    symptoms = [symptoms_of(sound, heard.sample_rate) for sound in heard.channels]
    if not symptoms:
        raise InputError("has no channel", where=source, hint="`cuefocus ports` lists what is there")
    expected = Expected(channel, _rates(show))
    found = [
        Finding(ailment.severity, "signal", ailment.problem, ailment.hint)
        for ailment in diagnose(symptoms, length_s, heard.sample_rate, expected)
    ]
    if heard.gaps:
        hint = "more frames a cycle (jackd -p), real-time rights, fewer programs beside it"
        found.append(Finding("warning", "signal", f"sound was lost {heard.gaps} times in {length_s:.0f} s", hint))
    wide = "" if len(heard.channels) == 1 else f", {len(heard.channels)} channels"
    found.append(Finding("note", "source", f"{heard.text}{wide}, {length_s:.1f} s heard"))
    return found


def _live(device: SoundDevice, seconds: float) -> _Heard:
    recording = record(device, seconds)
    return _Heard(list(recording.samples), recording.sample_rate, recording.text, recording.gaps)


def _file(source: str) -> tuple[_Heard, int | None]:
    path, channel = named_file(source, where="--listen")
    sound = SoundFile.open(path)
    begin = min(_begins(sound, each) for each in range(sound.channels)) % sound.samples  # or all is silent
    end = min(begin + round(FILE_S * sound.sample_rate), sound.samples)
    channels = [_stretch(sound, each, begin, end) for each in range(sound.channels)]
    return _Heard(channels, sound.sample_rate, str(path)), channel


def _begins(sound: SoundFile, channel: int) -> int:
    """Where a channel's sound begins; the file's end when it never does."""
    length = 0
    for block in sound.blocks(channel):
        loud = np.flatnonzero(np.abs(block) > _BEGINS)
        if len(loud):
            return length + int(loud[0])
        length += len(block)
    return sound.samples


def _stretch(sound: SoundFile, channel: int, begin: int, end: int) -> npt.NDArray[np.float32]:
    blocks: list[npt.NDArray[np.float32]] = []
    at = 0
    for block in sound.blocks(channel):
        if at + len(block) > begin:
            blocks.append(block[max(0, begin - at) : end - at])
        at += len(block)
        if at >= end:
            break
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def _configured(device: SoundDevice, rig_path: Path | None) -> int | None:
    """The channel that the rig writes beside this device."""
    if rig_path is None:
        return None
    try:
        rig = load_rig(rig_path).rig.value
    except FileRefused:
        return None  # `doctor --rig` says why
    for source in rig.sources:
        if source.kind == "ltc" and source.device:
            own = device_of(source, str(rig_path))
            if own.server == device.server and own.name == device.name:
                return own.channel
    return None


def _rates(show_path: Path | None) -> tuple[FrameRate, ...]:
    """The rates of a show's acts."""
    if show_path is None:
        return ()
    try:
        show = load_show(show_path).value
    except FileRefused:
        return ()
    return tuple(dict.fromkeys([show.rate_of(act) for act in show.acts] or [show.rate]))
