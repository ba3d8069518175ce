"""Sound files: WAV in, any sample format, a channel at a time and no more of it in memory than asked for; 16-bit out.

Source: Microsoft Multimedia Data Standards Update 1994 (WAVE), KSDATAFORMAT sub-formats (WAVE_FORMAT_EXTENSIBLE),
EBU Tech 3306 (RF64 and its ds64 chunk).
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from cuefocus.errors import DeviceError, SoundFileError

_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_KNOWN_CODINGS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "IMA ADPCM", 0x50: "MPEG", 0x55: "MP3", 0xFF: "AAC"}
_LENGTH_UNKNOWN = 0xFFFFFFFF  # RF64, and writers that cannot go back to fill it in
_LENGTHS_UNKNOWN_LONG = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)  # of a ds64 chunk that was never filled in
_MOST_CHANNELS, _SAMPLE_RATES = 1024, range(1_000, 1_000_001)
_AGAIN = "record or copy it again"
_CONVERT = "convert it to PCM WAV, e.g. with ffmpeg -i IN -c:a pcm_s16le OUT.wav"


@dataclass(frozen=True, slots=True)
class SoundFile:
    """An open WAV file's shape; samples are read on demand.

    Args:
        samples: sample frames (samples of one channel).
        bits: of one sample as stored.
        floating: stored as IEEE floats.
        data_at: file position of the first sample, bytes.
        warning: what is odd about it, a sentence for the operator; empty for a file that is whole.
    """

    path: Path
    sample_rate: int
    channels: int
    samples: int
    bits: int
    floating: bool
    data_at: int
    warning: str = ""

    @classmethod
    def open(cls, path: Path | str) -> "SoundFile":
        """Read the headers.

        Of a file whose writer never came back to its header (it crashed, or streamed), or that is cut off, what is
        there is sound, and `warning` says so.

        Raises: SoundFileError for anything that is not an uncompressed WAV file with sound in it.
        """
        path = Path(path)
        try:
            if path.is_dir():
                raise SoundFileError("is a directory, not a sound file", where=str(path), hint="name a WAV file in it")
            if path.exists() and not path.is_file():  # a pipe would block, a device has no end
                raise SoundFileError("is a device or a pipe, not a sound file", where=str(path), hint="name a WAV file")
            with path.open("rb") as file:
                return _read_headers(path, file, path.stat().st_size)
        except ValueError:  # a null character
            raise SoundFileError("is no file name", where=repr(str(path)), hint="check the name") from None
        except FileNotFoundError:
            raise SoundFileError("there is no such file", where=str(path), hint="check the name and folder") from None
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise SoundFileError(f"cannot be read: {reason}", where=str(path), hint="check its permissions") from None

    def warn(self, tell: Callable[[str], object]) -> None:
        """Tell what is odd about it, if anything is."""
        if self.warning:
            tell(f"{self.path}: warning: {self.warning}")

    @property
    def duration_s(self) -> float:
        """Length, seconds."""
        return self.samples / self.sample_rate

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
        if not 0 <= channel < self.channels:
            have = "1 channel" if self.channels == 1 else f"{self.channels} channels"
            raise SoundFileError(
                f"has no channel {channel}; it has {have}", where=str(self.path), hint="channels count from 0"
            )
        return self._blocks(channel, block_samples, first_sample)

    def _blocks(self, channel: int, block_samples: int, first_sample: int) -> Iterator[npt.NDArray[np.float32]]:
        width = self.bits // 8
        stride = width * self.channels
        left = self.samples - first_sample
        try:
            with self.path.open("rb") as file:
                file.seek(self.data_at + first_sample * stride)
                while left:
                    raw = file.read(min(left, block_samples) * stride)
                    got = len(raw) // stride
                    if got == 0:
                        raise SoundFileError("became shorter while it was read", where=str(self.path))
                    left -= got
                    table = np.frombuffer(raw, dtype=np.uint8, count=got * stride).reshape(got, self.channels, width)
                    yield _to_float(table[:, channel], self.bits, floating=self.floating)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            raise SoundFileError(f"cannot be read: {reason}", where=str(self.path)) from None


def write_sound_file(path: Path | str, sample_rate: int, blocks: Iterable[npt.NDArray[np.floating]]) -> int:
    """Write mono 16-bit PCM as the blocks come; values beyond ±1 are clipped.

    Returns: samples written.
    Raises: DeviceError if the file cannot be written, SoundFileError if it would pass 4 GiB.
    """
    path = Path(path)
    samples = 0
    try:
        with path.open("wb") as file:
            file.write(_header(sample_rate, 0))
            for block in blocks:
                samples += len(block)
                if 2 * samples > _LENGTH_UNKNOWN - 64:
                    raise SoundFileError("would be larger than a WAV file can be", where=str(path), hint="write less")
                file.write(np.round(np.clip(block, -1.0, 1.0) * 32767).astype("<i2").tobytes())
            file.seek(0)
            file.write(_header(sample_rate, samples))
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise DeviceError(f"cannot be written: {reason}", where=str(path), hint="choose another place") from None
    return samples


def _header(sample_rate: int, samples: int) -> bytes:
    size = 2 * samples
    form = struct.pack("<4sIHHIIHH", b"fmt ", 16, _PCM, 1, sample_rate, 2 * sample_rate, 2, 16)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + form + struct.pack("<4sI", b"data", size)


@dataclass(frozen=True, slots=True)
class _Format:
    """What the `fmt ` chunk says."""

    coding: int
    channels: int
    sample_rate: int
    bits: int


def _wrong(path: Path, sentence: str, hint: str = _CONVERT) -> SoundFileError:
    return SoundFileError(sentence, where=str(path), hint=hint)


def _read_headers(path: Path, file: BinaryIO, size: int) -> SoundFile:
    """Walk the chunks up to the samples."""
    if size == 0:
        raise _wrong(path, "the file is empty", _AGAIN)
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        raise _wrong(path, "is not a WAV file")
    form: _Format | None = None
    long_size: int | None = None
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        if name == b"data":
            if form is None:
                raise _wrong(path, "has sound before it says in what format", _AGAIN)
            at = file.tell()
            promised: int | None = length
            if length == _LENGTH_UNKNOWN:
                promised = long_size
            elif length == 0 and not _chunks_follow(file, size):
                promised = None
            return _sound(path, form, at, promised, size - at)
        body = file.read(min(length, 64)) if name in (b"fmt ", b"ds64") else b""
        if name == b"fmt ":
            form = _format(path, body)
        elif name == b"ds64" and len(body) >= 16:
            (long_size,) = struct.unpack_from("<Q", body, 8)
            long_size = None if long_size in _LENGTHS_UNKNOWN_LONG else long_size
        file.seek(length - len(body) + (length & 1), 1)
    raise _wrong(path, "has no sound in it: the file was cut off or never finished", _AGAIN)


def _format(path: Path, body: bytes) -> _Format:
    """Read the format, and refuse what cannot be turned into samples."""
    if len(body) < 16:
        raise _wrong(path, "has a damaged header", _AGAIN)
    coding, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if coding == _EXTENSIBLE and len(body) >= 26:
        (coding,) = struct.unpack_from("<H", body, 24)
    widths = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
    if coding not in widths:
        name = _KNOWN_CODINGS.get(coding, f"coding 0x{coding:04X}")
        raise _wrong(path, f"holds compressed sound ({name}), not PCM")
    if bits not in widths[coding]:
        raise _wrong(path, f"has samples of {bits} bits; can read 8, 16, 24, 32 and float 32, 64")
    if not 0 < channels <= _MOST_CHANNELS or sample_rate not in _SAMPLE_RATES:
        raise _wrong(path, f"has a damaged header ({channels} channels at {sample_rate} Hz)", _AGAIN)
    return _Format(coding, channels, sample_rate, bits)


def _chunks_follow(file: BinaryIO, size: int) -> bool:
    """Whether from here to the end there are chunks, or nothing: then an empty `data` chunk before is truly empty."""
    at = file.tell()
    while at + 8 <= size:
        file.seek(at)
        name, length = struct.unpack("<4sI", file.read(8))
        if not all(0x20 <= byte < 0x7F for byte in name):
            return False
        at += 8 + length + (length & 1)
    return at in (size, size + 1)  # the last one may lack its pad byte


def _sound(path: Path, form: _Format, at: int, promised: int | None, present: int) -> SoundFile:
    """The sound that is there.

    Args:
        path: the file.
        form: of its samples.
        at: file position of the first one.
        promised: bytes of sound by the header; None if it never learnt how many.
        present: bytes from the first sample to the end of the file.
    """
    frame_bytes = form.channels * form.bits // 8
    length = present if promised is None else min(promised, present)
    samples = length // frame_bytes
    have_s = samples / form.sample_rate
    if samples == 0:
        cause = ": the file was cut off or never finished" if promised is None or promised > present else ""
        raise _wrong(path, f"has no sound in it{cause}", _AGAIN)
    warning = ""
    if promised is None:
        warning = f"does not say how long it is, as if its recorder had crashed; all {have_s:.2f} s of it are read"
    elif promised > present:
        promised_s = promised / frame_bytes / form.sample_rate
        warning = f"is cut off: {have_s:.2f} s of sound of the {promised_s:.2f} s it promises; they are read"
    return SoundFile(path, form.sample_rate, form.channels, samples, form.bits, form.coding == _FLOAT, at, warning)


def _to_float(raw: npt.NDArray[np.uint8], bits: int, *, floating: bool) -> npt.NDArray[np.float32]:
    """Samples as stored (rows of bytes, least significant first) as float32, full scale ±1."""
    if bits == 8:
        return (raw[:, 0].astype(np.float32) - 128) / np.float32(128)
    if bits == 24:  # to the top of 32 bits, so that the sign comes out by itself
        wide = np.zeros((len(raw), 4), dtype=np.uint8)
        wide[:, 1:] = raw
        raw = wide
    stored = np.ascontiguousarray(raw).reshape(-1)
    if floating:
        return stored.view("<f4" if bits == 32 else "<f8").astype(np.float32)
    if bits == 16:
        return stored.view("<i2").astype(np.float32) / np.float32(32768)
    return stored.view("<i4").astype(np.float32) / np.float32(2147483648)
