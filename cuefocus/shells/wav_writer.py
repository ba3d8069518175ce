"""WAV files written: mono, any usual sample format, RF64 where 4 GiB are not enough.

Source: Microsoft Multimedia Data Standards Update 1994 (WAVE), EBU Tech 3306 (RF64).
"""

import struct
from collections.abc import Iterable
from enum import StrEnum
from typing import BinaryIO, Final

import numpy as np
import numpy.typing as npt

from cuefocus.errors import SoundFileError

_PCM, _FLOAT = 0x0001, 0x0003
_LENGTH_UNKNOWN = 0xFFFFFFFF
_MOST_BYTES: Final = _LENGTH_UNKNOWN - 64  # of sound, in a file that is no RF64


class SampleCoding(StrEnum):
    """How a sample is stored."""

    PCM8 = "8"
    PCM16 = "16"
    PCM24 = "24"
    PCM32 = "32"
    FLOAT = "float"

    @property
    def width(self) -> int:
        """Bytes of a sample."""
        return 4 if self is SampleCoding.FLOAT else int(self.value) // 8


def wav_header(sample_rate: int, samples: int, coding: SampleCoding) -> bytes:
    """All of a mono file that comes before its samples."""
    size = samples * coding.width
    kind = _FLOAT if coding is SampleCoding.FLOAT else _PCM
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, kind, 1, sample_rate, coding.width * sample_rate, coding.width, 8 * coding.width
    )
    if size <= _MOST_BYTES:
        riff = struct.pack("<4sI4s", b"RIFF", 36 + size + (size & 1), b"WAVE")
        return riff + form + struct.pack("<4sI", b"data", size)
    sizes = struct.pack("<4sIQQQI", b"ds64", 28, 72 + size + (size & 1), size, samples, 0)
    riff = struct.pack("<4sI4s", b"RF64", _LENGTH_UNKNOWN, b"WAVE")
    return riff + sizes + form + struct.pack("<4sI", b"data", _LENGTH_UNKNOWN)


def write_wav(
    file: BinaryIO,
    sample_rate: int,
    blocks: Iterable[npt.NDArray[np.floating]],
    *,
    samples: int | None,
    coding: SampleCoding = SampleCoding.PCM16,
) -> int:
    """Write a mono file as the blocks come; integers are clipped to ±1, floats are not.

    Args:
        file: where to; it must be seekable where `samples` is not known.
        sample_rate: samples per second.
        blocks: the sound, full scale ±1.
        samples: how many there will be; None finds out, and then the file may not pass 4 GiB.
        coding: of its samples.

    Returns: samples written.
    Raises: SoundFileError if it would pass 4 GiB, OSError.
    """
    file.write(wav_header(sample_rate, samples or 0, coding))
    written = 0
    for block in blocks:
        written += len(block)
        if samples is None and written * coding.width > _MOST_BYTES:
            raise SoundFileError("would be larger than a WAV file can be", hint="write less")
        file.write(_encoded(block, coding))
    if written * coding.width & 1:
        file.write(b"\0")  # a chunk ends on an even byte
    if samples is None:
        file.seek(0)
        file.write(wav_header(sample_rate, written, coding))
    elif samples != written:
        raise ValueError(f"{samples} samples were announced, {written} came")
    return written


def _encoded(block: npt.NDArray[np.floating], coding: SampleCoding) -> bytes:
    if coding is SampleCoding.FLOAT:
        return block.astype("<f4").tobytes()
    bits = 8 * coding.width
    highest = (1 << bits - 1) - 1
    whole = np.round(np.clip(block.astype(np.float64), -1.0, 1.0) * highest)
    if coding is SampleCoding.PCM8:
        return (whole + 128).astype(np.uint8).tobytes()
    if coding is SampleCoding.PCM24:
        return whole.astype("<i4").view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    return whole.astype(f"<i{coding.width}").tobytes()
