"""`--source file:X.wav`: which sound file plays, and on which of its channels the timecode is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuefocus.app.ltc_channel import timecode_channel
from cuefocus.errors import InputError, SoundFileError
from cuefocus.rig.models import SourceKind
from cuefocus.shells.sound_file import SoundFile
from cuefocus.wire.ltc.decoder import LtcDecoder

_BLOCK_SAMPLES: Final = 1 << 15
_ENOUGH_FRAMES: Final = 25
FILE: Final = "file:"


@dataclass(frozen=True, slots=True)
class SoundChoice:
    """What plays.

    Args:
        source: id of the source it stands for.
        channel: counted from 0.
        latency_ns: what the chase takes off the source's stamps; a file has none, so it is put on before.
    """

    source: str
    sound: SoundFile
    channel: int
    latency_ns: int
    kind: SourceKind = "file"


def choose_sound(
    path: Path, channel: int | None, source: str, latency_ns: int = 0, *, warn: Callable[[str], object] = lambda _: None
) -> SoundChoice:
    """A sound file that plays.

    Args:
        path: the file.
        channel: counted from 0; None: the one on which LTC is read best.
        source: id of the source it stands for.
        latency_ns: measured age of that source's readings.
        warn: told, in a sentence, if the file is not whole.

    Raises: SoundFileError when it cannot be played, or holds no timecode.
    """
    sound = SoundFile.open(path)
    sound.warn(warn)
    channel = timecode_channel(sound) if channel is None else _with_timecode(sound, channel)
    return SoundChoice(source, sound, channel, latency_ns)


def choose_named_sound(
    given: str, source: str, latency_ns: int = 0, *, warn: Callable[[str], object] = lambda _: None
) -> SoundChoice:
    """As `choose_sound`, for `file:X.wav`, or `file:X.wav#2` for the second channel.

    Raises: InputError for anything else, SoundFileError as `choose_sound`.
    """
    if not given.startswith(FILE) or len(given) == len(FILE):
        raise InputError(f"no sound file {given!r}", where="--source", hint=f"write {FILE}X.wav")
    name, mark, number = given.removeprefix(FILE).rpartition("#")
    if mark and number.isdecimal():
        if number == "0":
            raise InputError("channels count from 1", where="--source", hint=f"write {FILE}{name}#1")
        return choose_sound(Path(name), int(number) - 1, source, latency_ns, warn=warn)
    return choose_sound(Path(given.removeprefix(FILE)), None, source, latency_ns, warn=warn)


def _with_timecode(sound: SoundFile, channel: int) -> int:
    if not _frames(sound, channel):
        hint = "leave the channel out, and the one with timecode is found"
        raise SoundFileError(f"there is no LTC in channel {channel + 1}", where=str(sound.path), hint=hint)
    return channel


def _frames(sound: SoundFile, channel: int) -> int:
    """Frames read from a channel, up to enough of them."""
    decoder, frames = LtcDecoder(sound.sample_rate), 0
    for block in sound.blocks(channel, _BLOCK_SAMPLES):
        frames += len(decoder.feed(block))
        if frames >= _ENOUGH_FRAMES:
            return frames
    return frames + len(decoder.flush())
