"""Sound without a header: samples alone, of which somebody must say what they are."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cuefocus.errors import InputError, SoundFileError
from cuefocus.shells.wav_file import MOST_CHANNELS, SAMPLE_RATES, WavFile

CODINGS: Final = {
    "u8": (8, False),
    "s16le": (16, False),
    "s24le": (24, False),
    "s32le": (32, False),
    "f32le": (32, True),
    "f64le": (64, True),
}
"""Bits of a sample, and whether it is a float, by the names that ffmpeg and others use."""


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
    bits, floating = CODINGS[form.coding]
    stride = form.channels * bits // 8
    samples, rest = divmod(path.stat().st_size, stride)
    if samples == 0:
        raise SoundFileError("has no sound in it: it is empty, or too short for one sample", where=str(path))
    warning = f"ends in the midst of a sample ({rest} of {stride} bytes): is it {form.coding}?" if rest else ""
    return WavFile(path, path, form.sample_rate, form.channels, samples, bits, floating, 0, warning)
