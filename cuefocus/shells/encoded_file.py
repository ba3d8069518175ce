"""Sound files that libsndfile reads: FLAC, AIFF, CAF, W64, AU, Ogg, MP3 and more, through `soundfile`.

Of a file that is cut off, what can be decoded is sound. Source: libsndfile's list of formats, libsndfile.github.io
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from cuefocus.errors import DeviceError, SoundFileError

_LENGTH_UNKNOWN: Final = 1 << 62  # and above: the writer streamed, and could not go back to its header
_NOT_RECOGNISED: Final = 1  # SF_ERR_UNRECOGNISED_FORMAT
_COUNT_SAMPLES: Final = 1 << 18
_SHORTER: Final = re.compile(r"(\d+) \(should be (\d+)\)")  # libsndfile's log, of a length the header promises
_STREAMED: Final = 0xFFFFFFFF - 0xFFFF  # promised by writers that did not know either
_AGAIN: Final = "record or copy it again"


class _Unknown(Exception):
    """In no format that libsndfile knows."""


@dataclass(frozen=True, slots=True)
class EncodedFile:
    """The shape of a sound file; samples are decoded on demand. Arguments as of `WavFile`."""

    path: Path
    sample_rate: int
    channels: int
    samples: int
    warning: str = ""

    @classmethod
    def open(cls, path: Path) -> "EncodedFile | None":
        """Read the headers, and look whether the end can be decoded; None for what libsndfile does not know.

        Raises: SoundFileError for a damaged file, DeviceError without libsndfile, OSError.
        """
        try:
            with _opened(path) as sound:
                sample_rate, channels, promised, log = sound.samplerate, sound.channels, sound.frames, sound.extra_info
        except _Unknown:
            return None
        if promised >= _LENGTH_UNKNOWN:
            samples = _counted(path)
            warning = f"does not say how long it is; all {samples / sample_rate:.2f} s of it are read"
        else:
            samples = _decodable(path, promised)
            have_s, promised_s = samples / sample_rate, promised / sample_rate
            warning = ""
            if samples < promised:
                warning = f"is cut off: {have_s:.2f} s of sound of the {promised_s:.2f} s it promises; they are read"
            elif any(int(there) < int(said) < _STREAMED for said, there in _SHORTER.findall(log)):
                warning = f"is cut off: {have_s:.2f} s of sound are there, less than it promises; they are read"
        if samples == 0:
            cause = ": the file was cut off or never finished" if promised or warning else ""
            raise SoundFileError(f"has no sound in it{cause}", where=str(path), hint=_AGAIN)
        return cls(path, sample_rate, channels, samples, warning)

    def place(self, channel: int) -> tuple[Path, int]:
        """File and channel under which another process finds a channel."""
        return self.path, channel

    def blocks(self, channel: int, block_samples: int, first_sample: int) -> Iterator[npt.NDArray[np.float32]]:
        """One channel from `first_sample` on as float32 blocks, full scale ±1.

        Raises: SoundFileError if the file shrinks or is changed while it is read, OSError.
        """
        left = self.samples - first_sample
        with _opened(self.path) as sound:
            if first_sample:
                sound.seek(first_sample)
            while left:
                block = _read(sound, min(left, block_samples))
                if len(block) == 0:
                    raise SoundFileError("became shorter while it was read", where=str(self.path), hint=_AGAIN)
                left -= len(block)
                yield np.ascontiguousarray(block[:, channel])


def _library() -> Any:
    """The `soundfile` module; it is loaded only where a file needs it."""
    try:
        import soundfile
    except (ImportError, OSError) as problem:  # OSError: the package is there, the library it wraps is not
        raise DeviceError(
            f"libsndfile, which reads sound files other than WAV, cannot be loaded: {problem}",
            where="soundfile",
            hint="pip install --force-reinstall soundfile, or convert the file to WAV",
        ) from None
    return soundfile


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, open at its first sample; `_Unknown` where the library does not know its format."""
    soundfile = _library()
    with path.open("rb", buffering=0) as file:  # by descriptor: a name would let its ending decide about the format
        try:
            sound = soundfile.SoundFile(file.fileno(), closefd=False)
        except soundfile.LibsndfileError as problem:
            if problem.code == _NOT_RECOGNISED:
                raise _Unknown from None
            raise _undecodable(path, problem.error_string) from None
        with sound:
            # soundfile seeks to where it is after each read, which costs much and fails in streamed FLAC
            sound.seekable = lambda: False
            try:
                yield sound
            except soundfile.LibsndfileError as problem:
                raise _undecodable(path, problem.error_string) from None


def _undecodable(path: Path, cause: str) -> SoundFileError:
    words = cause.strip().removeprefix("Error : ").rstrip(".").lower()
    return SoundFileError(f"cannot be decoded: {words}", where=str(path), hint=_AGAIN)


def _read(sound: Any, samples: int) -> npt.NDArray[np.float32]:
    block: npt.NDArray[np.float32] = sound.read(samples, dtype="float32", always_2d=True)
    return block


def _counted(path: Path) -> int:
    """Samples that can be decoded, by decoding them."""
    samples = 0
    with suppress(SoundFileError), _opened(path) as sound:
        while count := len(_read(sound, _COUNT_SAMPLES)):
            samples += count
    return samples


def _decodable(path: Path, promised: int) -> int:
    """Samples up to the last that can be decoded; looked for by halving, as only a cut off file needs it."""
    if promised == 0 or _is_there(path, promised - 1):
        return promised
    there, gone = 0, promised - 1  # samples 0 to there-1 are there, `gone` is not
    while there < gone:
        middle = (there + gone) // 2
        if _is_there(path, middle):
            there = middle + 1
        else:
            gone = middle
    return there


def _is_there(path: Path, sample: int) -> bool:
    try:
        with _opened(path) as sound:
            sound.seek(sample)
            return len(_read(sound, 1)) == 1
    except SoundFileError:
        return False
