"""The sound of films (mov, mp4, mkv, mxf, …), and of sound files nothing else reads, by ffmpeg where it is installed.

All sound tracks are taken out in one pass, as they are: no other sample rate, no mixing. They go to files without a
name, which are gone when this process is, and are read from there as WAV. Channels count through the tracks in order.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from weakref import finalize

import numpy as np
import numpy.typing as npt

from cuefocus.errors import DeviceError, SoundFileError
from cuefocus.shells.wav_file import WavFile

_PROBE_S: Final = 60
# Playlists and scripts name other files and hosts: nothing but the file itself is opened.
_FORMATS: Final = "mov,matroska,mxf,avi,mpegts,mpeg,asf,flv,gxf,lxf,dv,aac,ac3,eac3,dts,ape,wv,tta,tak,amr,mp3,ogg,wav"
_ONLY_FILES: Final = ("-v", "error", "-protocol_whitelist", "file", "-format_whitelist", _FORMATS)
_CODINGS: Final = {"u8": "pcm_u8", "s16": "pcm_s16le", "s32": "pcm_s32le", "dbl": "pcm_f64le"}
_FLOATS: Final = "pcm_f32le"
_DISK_FULL: Final = "No space left"


@dataclass(frozen=True, slots=True)
class FilmSound:
    """The sound of a film, taken out. Arguments as of `WavFile`; `tracks` hold the files."""

    path: Path
    sample_rate: int
    channels: int
    samples: int
    tracks: tuple["_Track", ...]
    warning: str = ""

    @classmethod
    def open(cls, path: Path) -> "FilmSound | None":
        """Take the sound out; None for what ffmpeg does not know either.

        Raises: SoundFileError for a film without sound or a damaged one, and where ffmpeg is missing; DeviceError if
            there is no room for the sound.
        """
        programs = shutil.which("ffprobe"), shutil.which("ffmpeg")
        if programs[0] is None or programs[1] is None:
            raise SoundFileError(
                "is not a sound file, and films need ffmpeg, which is not installed",
                where=str(path),
                hint="check the name, or: sudo apt install ffmpeg",
            )
        listed = _tracks_in(programs[0], path)
        if listed is None:
            return None
        if not listed:
            raise SoundFileError("has no sound in it, only pictures", where=str(path), hint="is it the right file?")
        rate = listed[0].sample_rate
        tracks, said = _taken_out(programs[1], path, [each for each in listed if each.sample_rate == rate])
        warnings = [f"is damaged ({said}); what can be decoded is read"] if said else []
        if others := sorted({each.sample_rate for each in listed} - {rate}):
            left_out = ", ".join(f"{each} Hz" for each in others)
            warnings.append(f"tracks at {left_out} are left out, the first one has {rate} Hz")
        return cls(
            path,
            rate,
            sum(track.sound.channels for track in tracks),
            max(track.sound.samples for track in tracks),
            tuple(tracks),
            "; ".join(warnings),
        )

    def place(self, channel: int) -> tuple[Path, int]:
        """File and channel under which another process finds a channel, for as long as this one lives."""
        track, channel = self._track(channel)
        return track.sound.data_in, channel

    def blocks(self, channel: int, block_samples: int, first_sample: int) -> Iterator[npt.NDArray[np.float32]]:
        """One channel from `first_sample` on as float32 blocks; silence where its track is over before another.

        Raises: SoundFileError, OSError.
        """
        track, channel = self._track(channel)
        there = track.sound.samples
        if first_sample < there:
            yield from track.sound.blocks(channel, block_samples, first_sample)
        for at in range(max(first_sample, there), self.samples, block_samples):
            yield np.zeros(min(block_samples, self.samples - at), dtype=np.float32)

    def _track(self, channel: int) -> tuple["_Track", int]:
        for track in self.tracks:
            if channel < track.sound.channels:
                return track, channel
            channel -= track.sound.channels
        raise IndexError(channel)


@dataclass(frozen=True, slots=True)
class _Track:
    """One track's sound, and the file without a name that keeps it."""

    sound: WavFile
    kept: "_Unnamed"


class _Unnamed:
    """A file without a name; it and what is in it are gone when this object is, or its process."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile() as file:
            self.descriptor = os.dup(file.fileno())
        finalize(self, os.close, self.descriptor)


@dataclass(frozen=True, slots=True)
class _Listed:
    """A sound track as ffprobe lists it: its number among the sound tracks, and how ffmpeg decodes it."""

    number: int
    sample_rate: int
    coding: str


def _tracks_in(ffprobe: str, path: Path) -> list[_Listed] | None:
    """The sound tracks; None if ffprobe knows no such format."""
    entries = "stream=sample_rate,sample_fmt,channels"
    options = (*_ONLY_FILES, "-select_streams", "a", "-show_entries", entries, "-of", "json")
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the file is named so that it is no option
            [ffprobe, *options, _named(path)], capture_output=True, timeout=_PROBE_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise SoundFileError(f"ffprobe looked at it for {_PROBE_S} s", where=str(path), hint="copy it again") from None
    if done.returncode:
        return None
    streams: list[dict[str, Any]] = json.loads(done.stdout or b"{}").get("streams", [])
    return [
        _Listed(
            number, int(stream["sample_rate"]), _CODINGS.get(stream.get("sample_fmt", "").removesuffix("p"), _FLOATS)
        )
        for number, stream in enumerate(streams)
        if int(stream.get("sample_rate") or 0) > 0 and int(stream.get("channels") or 0) > 0
    ]


def _taken_out(ffmpeg: str, path: Path, listed: Sequence[_Listed]) -> tuple[list[_Track], str]:
    """Each track in a file of its own, and what ffmpeg complained of, in its own words."""
    kept = [_Unnamed() for _ in listed]
    outputs: list[str] = []
    for track, file in zip(listed, kept, strict=True):
        form = ("-map", f"0:a:{track.number}", "-c:a", track.coding, "-f", "wav", "-rf64", "auto")
        outputs += [*form, "-y", f"/proc/self/fd/{file.descriptor}"]
    done = subprocess.run(  # noqa: S603 - as above
        [ffmpeg, "-nostdin", *_ONLY_FILES, "-i", _named(path), *outputs],
        capture_output=True,
        pass_fds=[file.descriptor for file in kept],
        check=False,
    )
    said = done.stderr.decode(errors="replace").strip().splitlines()
    if any(_DISK_FULL in line for line in said):
        place = tempfile.gettempdir()
        raise DeviceError(f"no room for the sound of {path}", where=place, hint="name a larger folder in TMPDIR")
    words = _without_address(said[0]) if said else "" if done.returncode == 0 else f"status {done.returncode}"
    tracks: list[_Track] = []
    for file in kept:
        data_in = Path(f"/proc/{os.getpid()}/fd/{file.descriptor}")
        try:
            tracks.append(_Track(WavFile.open(path, data_in=data_in), file))
        except SoundFileError as problem:
            cause = f": ffmpeg says {words!r}" if words else ""
            raise SoundFileError(f"{problem.sentence}{cause}", where=str(path), hint="copy it again") from None
    return tracks, words


def _named(path: Path) -> str:
    """The file's name as ffmpeg takes no part of it for a protocol or an option."""
    return f"file:{path.absolute()}"


def _without_address(line: str) -> str:
    """A line of ffmpeg's without the part and address it begins with: `[mov @ 0x55…] moov atom not found`."""
    return line.partition("] ")[2] if line.startswith("[") else line
