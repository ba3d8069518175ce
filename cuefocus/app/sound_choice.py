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
    path, channel = named_file(given, where="--source")
    return choose_sound(path, channel, source, latency_ns, warn=warn)


def named_file(given: str, *, where: str) -> tuple[Path, int | None]:
    """A file and its channel, counted from 0, out of `file:X.wav#2`; None where no channel is named.

    Raises: InputError for channel 0.
    """
    whole = given.removeprefix(FILE)
    name, mark, number = whole.rpartition("#")
    if not mark or not number.isdecimal() or Path(whole).exists():
        return Path(whole), None
    if number == "0":
        raise InputError("channels count from 1", where=where, hint=f"write {FILE}{name}#1")
    return Path(name), int(number) - 1


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
