"""Sound without a header: samples alone, of which somebody must say what they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuefocus.errors import InputError, SoundFileError
from cuefocus.shells.wav_file import MOST_CHANNELS, SAMPLE_RATES, WavFile


@dataclass(frozen=True, slots=True)
class Coding:
    """How a sample is stored: its bits, and whether it is a float, has its high byte first, has a sign."""

    bits: int
    floating: bool = False
    big_endian: bool = False
    signed: bool = True


CODINGS: Final = {
    "u8": Coding(8, signed=False),
    "s8": Coding(8),
    "s16le": Coding(16),
    "s24le": Coding(24),
    "s32le": Coding(32),
    "f32le": Coding(32, floating=True),
    "f64le": Coding(64, floating=True),
    "s16be": Coding(16, big_endian=True),
    "s24be": Coding(24, big_endian=True),
    "s32be": Coding(32, big_endian=True),
    "f32be": Coding(32, floating=True, big_endian=True),
    "f64be": Coding(64, floating=True, big_endian=True),
}
"""Codings by the names that ffmpeg and others use."""


@dataclass(frozen=True, slots=True)
class RawForm:
    """What the samples of a file without a header are.

    Args:
        coding: one of `CODINGS`.
        sample_rate: samples per second of one channel.
        channels: interleaved.

    Raises: InputError for what no sound has.
    """

    coding: str
    sample_rate: int
    channels: int = 1

    def __post_init__(self) -> None:
        if self.coding not in CODINGS:
            raise InputError(f"no samples are {self.coding!r}", where="--raw", hint=f"say {', '.join(CODINGS)}")
        if self.sample_rate not in SAMPLE_RATES:
            allowed = f"between {SAMPLE_RATES.start} and {SAMPLE_RATES.stop - 1}"
            raise InputError(f"no sound has {self.sample_rate} samples a second", where="--sample-rate", hint=allowed)
        if not 0 < self.channels <= MOST_CHANNELS:
            raise InputError(
                f"no sound has {self.channels} channels", where="--channels", hint=f"between 1 and {MOST_CHANNELS}"
            )


def raw_sound(path: Path, form: RawForm) -> WavFile:
    """A file of samples alone, read as a WAV file's are.

    Raises: SoundFileError if it holds not even one of each channel, OSError.
    """
    coding = CODINGS[form.coding]
    stride = form.channels * coding.bits // 8
    samples, rest = divmod(path.stat().st_size, stride)
    if samples == 0:
        raise SoundFileError("has no sound in it: it is empty, or too short for one sample", where=str(path))
    warning = f"ends in the midst of a sample ({rest} of {stride} bytes): is it {form.coding}?" if rest else ""
    return WavFile(
        path,
        path,
        form.sample_rate,
        form.channels,
        samples,
        coding.bits,
        coding.floating,
        0,
        warning,
        big_endian=coding.big_endian,
        signed=coding.signed,
    )
