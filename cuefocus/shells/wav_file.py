"""WAV files read: PCM and floats, a channel at a time, also what a crashed or streaming recorder left.

Source: Microsoft Multimedia Data Standards Update 1994 (WAVE), KSDATAFORMAT sub-formats (WAVE_FORMAT_EXTENSIBLE),
EBU Tech 3306 (RF64 and its ds64 chunk).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from cuefocus.errors import SoundFileError

_PCM, _FLOAT, _EXTENSIBLE = 0x0001, 0x0003, 0xFFFE
_KNOWN_CODINGS = {2: "ADPCM", 6: "A-law", 7: "µ-law", 0x11: "IMA ADPCM", 0x50: "MPEG", 0x55: "MP3", 0xFF: "AAC"}
_LENGTH_UNKNOWN = 0xFFFFFFFF  # RF64, and writers that cannot go back to fill it in
_LENGTHS_UNKNOWN_LONG = (0, 0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)  # of a ds64 chunk that was never filled in
MOST_CHANNELS, SAMPLE_RATES = 1024, range(1_000, 1_000_001)
_AGAIN = "record or copy it again"
_CONVERT = "convert it to PCM WAV, e.g. with ffmpeg -i IN -c:a pcm_s16le OUT.wav"


class ForeignCoding(SoundFileError):
    """Not a WAV file, or one (`wav`) whose samples are coded in a way that is read elsewhere."""

    def __init__(self, sentence: str, path: Path, *, wav: bool = True) -> None:
        super().__init__(sentence, where=str(path), hint=_CONVERT)
        self.wav = wav


@dataclass(frozen=True, slots=True)
class WavFile:
    """The shape of a WAV file; samples are read on demand.

    Args:
        path: what complaints call it.
        data_in: the file its samples are in: the same, but for what was taken out of a film.
        samples: sample frames (samples of one channel).
        bits: of one sample as stored.
        floating: stored as IEEE floats.
        data_at: file position of the first sample, bytes.
        warning: what is odd about it, a sentence for the operator; empty for a file that is whole.
        big_endian: samples are stored most significant byte first, as no WAV file has them.
        signed: samples of 8 bits have a sign, as in no WAV file; wider ones always do.
    """

    path: Path
    data_in: Path
    sample_rate: int
    channels: int
    samples: int
    bits: int
    floating: bool
    data_at: int
    warning: str = ""
    big_endian: bool = False
    signed: bool = False

    @classmethod
    def open(cls, path: Path, *, data_in: Path | None = None) -> "WavFile":
        """Read the headers.

        Raises: ForeignCoding for anything but PCM and floats in a WAV file, SoundFileError for a damaged one, OSError.
        """
        data_in = path if data_in is None else data_in
        with data_in.open("rb") as file:
            return _read_headers(path, data_in, file, data_in.stat().st_size)

    def place(self, channel: int) -> tuple[Path, int]:
        """File and channel under which another process finds a channel."""
        return self.data_in, channel

    def blocks(self, channel: int, block_samples: int, first_sample: int) -> Iterator[npt.NDArray[np.float32]]:
        """One channel from `first_sample` on as float32 blocks, full scale ±1.

        Raises: SoundFileError if the file shrinks while it is read, OSError.
        """
        width = self.bits // 8
        stride = width * self.channels
        left = self.samples - first_sample
        with self.data_in.open("rb") as file:
            file.seek(self.data_at + first_sample * stride)
            while left:
                raw = file.read(min(left, block_samples) * stride)
                got = len(raw) // stride
                if got == 0:
                    raise SoundFileError("became shorter while it was read", where=str(self.path), hint=_AGAIN)
                left -= got
                table = np.frombuffer(raw, dtype=np.uint8, count=got * stride).reshape(got, self.channels, width)
                stored = table[:, channel, ::-1] if self.big_endian else table[:, channel]
                if self.signed and self.bits == 8:
                    stored = stored ^ np.uint8(0x80)
                yield _to_float(stored, self.bits, floating=self.floating)


@dataclass(frozen=True, slots=True)
class _Format:
    """What the `fmt ` chunk says."""

    coding: int
    channels: int
    sample_rate: int
    bits: int


def _wrong(path: Path, sentence: str, hint: str = _AGAIN) -> SoundFileError:
    return SoundFileError(sentence, where=str(path), hint=hint)


def _read_headers(path: Path, data_in: Path, file: BinaryIO, size: int) -> WavFile:
    """Walk the chunks up to the samples."""
    if size == 0:
        raise _wrong(path, "the file is empty")
    head = file.read(12)
    if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        raise ForeignCoding("is not a WAV file", path, wav=False)
    form: _Format | None = None
    long_size: int | None = None
    while len(chunk := file.read(8)) == 8:
        name, length = struct.unpack("<4sI", chunk)
        if name == b"data":
            if form is None:
                raise _wrong(path, "has sound before it says in what format")
            at = file.tell()
            promised: int | None = length
            if length == _LENGTH_UNKNOWN:
                promised = long_size
            elif length == 0 and not _chunks_follow(file, size):
                promised = None
            return _sound(path, data_in, form, at, promised, size - at)
        body = file.read(min(length, 64)) if name in (b"fmt ", b"ds64") else b""
        if name == b"fmt ":
            form = _format(path, body)
        elif name == b"ds64" and len(body) >= 16:
            (long_size,) = struct.unpack_from("<Q", body, 8)
            long_size = None if long_size in _LENGTHS_UNKNOWN_LONG else long_size
        file.seek(length - len(body) + (length & 1), 1)
    raise _wrong(path, "has no sound in it: the file was cut off or never finished")


def _format(path: Path, body: bytes) -> _Format:
    """Read the format, and refuse what cannot be turned into samples."""
    if len(body) < 16:
        raise _wrong(path, "has a damaged header")
    coding, channels, sample_rate, _, _, bits = struct.unpack_from("<HHIIHH", body)
    if coding == _EXTENSIBLE and len(body) >= 26:
        (coding,) = struct.unpack_from("<H", body, 24)
    widths = {_PCM: (8, 16, 24, 32), _FLOAT: (32, 64)}
    if coding not in widths:
        name = _KNOWN_CODINGS.get(coding, f"coding 0x{coding:04X}")
        raise ForeignCoding(f"holds compressed sound ({name}), not PCM", path)
    if bits not in widths[coding]:
        sentence = f"has samples of {bits} bits; can read 8, 16, 24, 32 and float 32, 64"
        raise ForeignCoding(sentence, path)
    if not 0 < channels <= MOST_CHANNELS or sample_rate not in SAMPLE_RATES:
        raise _wrong(path, f"has a damaged header ({channels} channels at {sample_rate} Hz)")
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


def _sound(path: Path, data_in: Path, form: _Format, at: int, promised: int | None, present: int) -> WavFile:
    """The sound that is there.

    Args:
        path: the file.
        data_in: where its samples are, as of `WavFile`.
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
        raise _wrong(path, f"has no sound in it{cause}")
    warning = ""
    if promised is None:
        warning = f"does not say how long it is, as if its recorder had crashed; all {have_s:.2f} s of it are read"
    elif promised > present:
        promised_s = promised / frame_bytes / form.sample_rate
        warning = f"is cut off: {have_s:.2f} s of sound of the {promised_s:.2f} s it promises; they are read"
    return WavFile(
        path,
        data_in,
        form.sample_rate,
        form.channels,
        samples,
        form.bits,
        form.coding == _FLOAT,
        at,
        warning,
    )


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
        # What is too loud for a float32 is infinite, as it should be.
        with np.errstate(over="ignore", invalid="ignore"):
            return stored.view("<f4" if bits == 32 else "<f8").astype(np.float32)
    if bits == 16:
        return stored.view("<i2").astype(np.float32) / np.float32(32768)
    return stored.view("<i4").astype(np.float32) / np.float32(2147483648)
