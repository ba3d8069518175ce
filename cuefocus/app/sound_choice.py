"""`--source file:X.wav`: which sound file plays, and on which of its channels the timecode is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuefocus.app.ltc_channel import timecode_channel
from cuefocus.errors import InputError, SoundFileError
from cuefocus.rig.models import Rig, Source
from cuefocus.shells.sound_file import SoundFile
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.ltc.decoder import LtcDecoder

_BLOCK_SAMPLES: Final = 1 << 15
_ENOUGH_FRAMES: Final = 25
_FILE: Final = "file:"


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


def choose_sound(
    given: str, rig: Rig, rig_path: Path, *, warn: Callable[[str], object] = lambda _: None
) -> SoundChoice:
    """The sound that `--source` names, or the rig's own file source.

    Args:
        given: `file:X.wav`, or `file:X.wav#2` for the second channel; empty for the rig's own.
        rig: its first source by priority is what the sound stands for.
        rig_path: files in the rig are named from its folder.
        warn: told, in a sentence, if the file is not whole.

    Raises: InputError when there is nothing to play, SoundFileError when it cannot be, or holds no timecode.
    """
    ordered = sorted(rig.sources, key=lambda source: source.priority)
    first = ordered[0] if ordered else None
    path, channel = _named(given) if given else _of_rig(ordered, rig_path)
    sound = SoundFile.open(path)
    sound.warn(warn)
    return SoundChoice(
        source=first.id if first is not None else "timecode",
        sound=sound,
        channel=timecode_channel(sound) if channel is None else _with_timecode(sound, channel),
        latency_ns=round(first.latency_ms * NS_PER_MS) if first is not None else 0,
    )


def _named(given: str) -> tuple[Path, int | None]:
    if not given.startswith(_FILE) or len(given) == len(_FILE):
        raise InputError(f"no source {given!r}", where="--source", hint="write file:X.wav, jack:PORT or audio:DEVICE#3")
    name, mark, number = given.removeprefix(_FILE).rpartition("#")
    if mark and number.isdecimal():
        if number == "0":
            raise InputError("channels count from 1", where="--source", hint=f"write {_FILE}{name}#1")
        return Path(name), int(number) - 1
    return Path(given.removeprefix(_FILE)), None


def _of_rig(ordered: list[Source], rig_path: Path) -> tuple[Path, int | None]:
    for source in ordered:
        if source.kind == "file" and source.device is not None:
            return rig_path.parent / source.device, source.channel - 1
    raise InputError("no timecode to follow", where=str(rig_path), hint="give --source file:X.wav")


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
