"""Sound files in and out: any format a recorder, a sequencer or a camera writes, a channel at a time; WAV out.

Each format has one reader: PCM and floats in WAV ours, all else that libsndfile knows through it, films through ffmpeg.
The content of a file decides, not its name.
"""

import errno
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cuefocus.errors import DeviceError, SoundFileError
from cuefocus.shells.encoded_file import EncodedFile
from cuefocus.shells.film_sound import FilmSound
from cuefocus.shells.raw_sound import RawForm, raw_sound
from cuefocus.shells.wav_file import MOST_CHANNELS, SAMPLE_RATES, ForeignCoding, WavFile
from cuefocus.shells.wav_writer import SampleCoding, write_wav

_NO_SOUND = "check the name, or copy it again; samples without a header: ltc decode --raw s16le --sample-rate 48000"


@dataclass(frozen=True, slots=True)
class SoundFile:
    """An open sound file's shape; samples are read on demand, and no more of them are in memory than asked for.

    Args:
        samples: sample frames (samples of one channel).
        warning: what is odd about it, a sentence for the operator; empty for a file that is whole.
        body: what reads its format.
    """

    path: Path
    sample_rate: int
    channels: int
    samples: int
    warning: str
    body: WavFile | EncodedFile | FilmSound

    @classmethod
    def open(cls, path: Path | str, raw: RawForm | None = None) -> "SoundFile":
        """Read the headers; of a film take the sound out.

        Of a file whose writer never came back to its header (it crashed, or streamed), or that is cut off, what is
        there is sound, and `warning` says so.

        Args:
            path: the file.
            raw: what its samples are, if it has nothing but samples.

        Raises: SoundFileError for anything that has no sound that can be read, DeviceError if what reads it is missing.
        """
        path = Path(path)
        try:
            if path == Path():  # also what becomes of an empty name
                raise SoundFileError("no sound file is named", where="sound", hint="name a file, not a folder")
            if path.is_dir():
                raise SoundFileError("is a directory, not a sound file", where=str(path), hint="name a file in it")
            if path.exists() and not path.is_file():  # a pipe would block, a device has no end
                raise SoundFileError("is a device or a pipe, not a sound file", where=str(path), hint="name a file")
            body = _possible(_body(path)) if raw is None else raw_sound(path, raw)
        except ValueError:  # a null character
            raise SoundFileError("is no file name", where=repr(str(path)), hint="check the name") from None
        except FileNotFoundError:
            raise SoundFileError("there is no such file", where=str(path), hint="check the name and folder") from None
        except OSError as error:
            reason = error.strerror or "unknown reason"
            hint = "it is a link to itself: name the file" if error.errno == errno.ELOOP else "check its permissions"
            raise SoundFileError(f"cannot be read: {reason}", where=str(path), hint=hint) from None
        return cls(path, body.sample_rate, body.channels, body.samples, body.warning, body)

    def warn(self, tell: Callable[[str], object]) -> None:
        """Tell what is odd about it, if anything is."""
        if self.warning:
            tell(f"{self.path}: warning: {self.warning}")

    @property
    def duration_s(self) -> float:
        """Length, seconds."""
        return self.samples / self.sample_rate

    def place(self, channel: int) -> tuple[Path, int]:
        """File and channel (from 0) under which a child process finds a channel, for as long as this object lives."""
        path, channel = self.body.place(channel)
        return path.absolute(), channel

    def require(self, channel: int) -> None:
        """Nothing, if it has that channel, counted from 0. Raises: SoundFileError, in which they count from 1."""
        if not 0 <= channel < self.channels:
            have = "1 channel" if self.channels == 1 else f"{self.channels} channels"
            raise SoundFileError(
                f"has no channel {channel + 1}; it has {have}", where=str(self.path), hint="channels count from 1"
            )

    def blocks(
        self, channel: int, block_samples: int = 1 << 16, *, first_sample: int = 0
    ) -> Iterator[npt.NDArray[np.float32]]:
        """One channel as float32 blocks, full scale ±1.

        Args:
            channel: counted from 0.
            block_samples: most samples in one block.
            first_sample: where to begin, from 0 to the end of the sound.

        Raises: SoundFileError for a channel the file does not have, or if the file shrinks while it is read.
        """
        self.require(channel)
        return self._blocks(channel, block_samples, first_sample)

    def _blocks(self, channel: int, block_samples: int, first_sample: int) -> Iterator[npt.NDArray[np.float32]]:
        try:
            yield from self.body.blocks(channel, block_samples, first_sample)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise SoundFileError(f"cannot be read: {reason}", where=str(self.path)) from None


def _body(path: Path) -> WavFile | EncodedFile | FilmSound:
    """The file, by the first reader that knows its format."""
    wav = _wav(path)
    if isinstance(wav, WavFile):
        return wav
    if wav.wav:
        for reader in (EncodedFile.open, FilmSound.open):
            with suppress(SoundFileError):
                if (body := reader(path)) is not None:
                    return body
        raise wav
    if (body := EncodedFile.open(path) or FilmSound.open(path)) is not None:
        return body
    raise SoundFileError("is not a sound file or a film", where=str(path), hint=_NO_SOUND)


def _possible(body: WavFile | EncodedFile | FilmSound) -> WavFile | EncodedFile | FilmSound:
    """The same. Raises: SoundFileError where its header cannot be true."""
    if body.sample_rate not in SAMPLE_RATES or body.channels > MOST_CHANNELS:
        damaged = f"has a damaged header ({body.channels} channels at {body.sample_rate} Hz)"
        raise SoundFileError(damaged, where=str(body.path), hint="record or copy it again")
    return body


def _wav(path: Path) -> WavFile | ForeignCoding:
    """The file as WAV, or why not; without its traceback, which would keep the caller's frame, and a film's files."""
    try:
        return WavFile.open(path)
    except ForeignCoding as foreign:
        return foreign.with_traceback(None)


def write_sound_file(
    path: Path | str,
    sample_rate: int,
    blocks: Iterable[npt.NDArray[np.floating]],
    *,
    coding: SampleCoding = SampleCoding.PCM16,
    samples: int | None = None,
) -> int:
    """Write mono WAV as the blocks come; values beyond ±1 are clipped, floats are not.

    Args as of `write_wav`.

    Returns: samples written.
    Raises: DeviceError if the file cannot be written, SoundFileError if it would pass 4 GiB.
    """
    path = Path(path)
    try:
        with path.open("wb") as file:
            return write_wav(file, sample_rate, blocks, samples=samples, coding=coding)
    except SoundFileError as problem:
        raise SoundFileError(problem.sentence, where=str(path), hint=problem.hint) from None
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DeviceError(f"cannot be written: {reason}", where=str(path), hint="choose another place") from None
