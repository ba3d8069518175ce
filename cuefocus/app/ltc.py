"""The verbs `ltc decode` and `ltc generate`: files and options in, rows and counts out. Nothing is printed here."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Unpack

from cuefocus.app.ltc_channel import likely_channel, lock_quality, rivals
from cuefocus.app.ltc_signal import SignalOptions, ltc_signal, within, words_in
from cuefocus.app.playback_options import refuse_unheard
from cuefocus.app.raw_guess import guessed_form
from cuefocus.app.start_now import refuse_now
from cuefocus.errors import DeviceError, InputError, SoundFileError
from cuefocus.shells.raw_sound import RawForm
from cuefocus.shells.sound_file import SoundFile, write_sound_file
from cuefocus.shells.wav_writer import SampleCoding, write_wav
from cuefocus.timebase.frames import RATES, FrameRate
from cuefocus.wire.ltc.compiled import CompiledKernels, kernels_for
from cuefocus.wire.ltc.decoder import LtcDecoder, Tally
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels
from cuefocus.wire.ltc.loop_cache import can_compile, is_ready, is_writable, user_cache
from cuefocus.wire.ltc.played import played_ltc
from cuefocus.wire.ltc.rate import InferredRate, infer_rate, speed_of

_DROP = RATES["29.97df"]
_BLOCK_SAMPLES = 1 << 17
_WAV_ENDINGS = ("", ".wav", ".wave")
_MOST_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class DecodedRow:
    """One frame as `ltc decode` shows it; see `as_json` for the contract's keys."""

    frame: LtcFrame
    rate: FrameRate
    speed: float

    @property
    def timecode(self) -> str:
        """The label as heard, `;` before the frames if its drop-frame flag is set."""
        return self.frame.label.text(_DROP if self.frame.drop else None)

    def __str__(self) -> str:
        arrow = "" if self.frame.direction > 0 else "  reverse"
        return f"{self.timecode}  {self.rate.name:>8}  {self.frame.start_sample:14.2f}  {self.speed:.4f}×{arrow}"

    def as_json(self) -> dict[str, str | float | int]:
        """The row under the keys of the command line's contract."""
        return {
            "timecode": self.timecode,
            "rate": self.rate.name,
            "start_sample": round(self.frame.start_sample, 4),
            "direction": self.frame.direction,
            "speed": round(self.speed, 6),
        }


@dataclass(frozen=True, slots=True)
class DecodedLtc:
    """The LTC of one channel of a sound file.

    Args:
        sound: the file.
        channel: the channel it was read from, counted from 0.
        frames: in file order.
        whole, drop: what the frames without and with the drop-frame flag say about their rate; None if there are none.
        tally: what else was met.
    """

    sound: SoundFile
    channel: int
    frames: list[LtcFrame]
    whole: InferredRate | None
    drop: InferredRate | None
    tally: Tally

    @property
    def inferred(self) -> InferredRate:
        """The rate of the greater part of the frames."""
        dropping = sum(frame.drop for frame in self.frames)
        inferred = self.drop if 2 * dropping > len(self.frames) else self.whole
        if inferred is None:
            raise AssertionError("a decoded file has frames")
        return inferred

    def rows(self) -> Iterator[DecodedRow]:
        """The frames with rate and speed, in file order."""
        for frame in self.frames:
            inferred = self.drop if frame.drop else self.whole
            if inferred is not None:
                yield DecodedRow(frame, inferred.rate, speed_of(frame, inferred.rate, self.sound.sample_rate))


def decode_ltc(
    path: Path | str,
    channel: int | None = None,
    *,
    raw: RawForm | None = None,
    warn: Callable[[str], object] = lambda _: None,
) -> DecodedLtc:
    """Read all LTC out of a sound file.

    Args:
        path: any sound file, or a film.
        channel: counted from 0; None finds the one that reads best, the louder where two read alike.
        raw: what its samples are, if it has nothing but samples; None for a file that says so itself, or else as its
            timecode tells.
        warn: told, in a sentence, if the file is not whole or does not say what it is.

    Raises: SoundFileError if the file cannot be read, lacks the channel, or holds no LTC there.
    """
    sound = _open(Path(path), warn) if raw is None else SoundFile.open(path, raw)
    sound.warn(warn)
    if channel is not None:
        sound.require(channel)
    kernels = kernels_for(sound.duration_s * (sound.channels if channel is None else 1))
    best = _best(sound, kernels) if channel is None else _heard(sound, channel, kernels)
    if not best.frames:
        where = f"channel {channel + 1}" if channel is not None else "any channel" if sound.channels > 1 else "it"
        near = best.tally.syncs > 0
        hint = "something like it is there, but too damaged to believe" if near else "is this the timecode track?"
        raise SoundFileError(f"there is no LTC in {where}", where=str(path), hint=hint)
    return best


def _open(path: Path, warn: Callable[[str], object]) -> SoundFile:
    """A sound file, or samples alone, if timecode is in them.

    Raises: SoundFileError if it is neither.
    """
    try:
        return SoundFile.open(path)
    except SoundFileError as problem:
        form = guessed_form(path)
        if form is None:
            raise problem.with_traceback(None) from None
    warn(f"{path}: warning: has no header; by its timecode it is --raw {form.coding} --sample-rate {form.sample_rate}")
    return SoundFile.open(path, form)


def _best(sound: SoundFile, kernels: Kernels) -> DecodedLtc:
    """The channel that reads best, and no more of the others than is needed to know."""
    likely = 0 if sound.channels == 1 else likely_channel(sound, kernels)
    if likely is None:
        return max((_heard(sound, channel, kernels) for channel in range(sound.channels)), key=_quality)
    best = _heard(sound, likely, kernels)
    for rival in rivals(sound, likely, best.frames, kernels) if sound.channels > 1 else ():
        best = max(best, _heard(sound, rival, kernels), key=_quality)
    return best


def _heard(sound: SoundFile, channel: int, kernels: Kernels) -> DecodedLtc:
    decoder = LtcDecoder(sound.sample_rate, keep_late=True, kernels=kernels)
    frames = [frame for block in sound.blocks(channel, _BLOCK_SAMPLES) for frame in decoder.feed(block)]
    frames += decoder.flush()
    frames.sort(key=lambda frame: frame.first_sample)
    whole = [frame for frame in frames if not frame.drop]
    drop = [frame for frame in frames if frame.drop]
    return DecodedLtc(
        sound=sound,
        channel=channel,
        frames=frames,
        whole=infer_rate(whole, sound.sample_rate) if whole else None,
        drop=infer_rate(drop, sound.sample_rate) if drop else None,
        tally=decoder.tally,
    )


def _quality(decoded: DecodedLtc) -> float:
    return lock_quality(decoded.frames)


def compile_loops() -> Path:
    """Compile the decoder's inner loops for this machine, unless they are; the folder they are kept in.

    Raises: InputError without numba, DeviceError where they cannot be kept.
    """
    folder = user_cache()
    if not can_compile():
        raise InputError("nothing can be compiled: numba is not installed", hint="pip install 'cuefocus[fast]'")
    if not is_writable(folder):
        raise DeviceError("compiled loops cannot be kept", where=str(folder), hint="set XDG_CACHE_HOME to a folder")
    if not is_ready(folder):
        CompiledKernels(folder)
    return folder


def _refuse_other_formats(output: Path) -> None:
    """Raises: InputError for a name that promises what is not written."""
    if output.suffix.lower() not in _WAV_ENDINGS:
        hint = f"name it {output.stem}.wav, and convert that where another format is wanted"
        raise InputError(f"only WAV is written, not {output.suffix}", where=str(output), hint=hint)


def generate_ltc(
    output: Path | str | BinaryIO,
    *,
    rate: str,
    start: str,
    seconds: float,
    sample_rate: int = 48_000,
    coding: str = "16",
    **options: Unpack[SignalOptions],
) -> int:
    """Write LTC to a mono WAV file; the word of `start` begins at sample 0 exactly.

    Args:
        output: the file to write, or an open one.
        rate: a rate name, e.g. "29.97df".
        start: the first label, "HH:MM:SS:FF".
        seconds: length of the file.
        sample_rate: samples per second, at least 8000.
        coding: of a sample: 8, 16, 24, 32 or float.
        options: as of `SignalOptions`.

    Returns: whole frames' worth (pairs over 30 fps) that passes in the file, to and fro, gaps included.
    Raises: TimecodeError for a rate or label that does not exist; InputError for a number out of range;
        DeviceError if the file cannot be written.
    """
    refuse_now(start)
    within(
        ("seconds", 0 < seconds <= _MOST_SECONDS, f"between 0 and {_MOST_SECONDS}"),
        ("coding", coding in set(SampleCoding), ", ".join(SampleCoding)),
    )
    sound, playback = ltc_signal(rate, start, sample_rate, **options)
    refuse_unheard(playback, seconds)
    samples = round(seconds * sample_rate)
    blocks = played_ltc(sound, playback, samples, block_samples=_BLOCK_SAMPLES)
    if isinstance(output, (str, Path)):
        _refuse_other_formats(Path(output))
        write_sound_file(output, sample_rate, blocks, coding=SampleCoding(coding), samples=samples)
    else:
        write_wav(output, sample_rate, blocks, coding=SampleCoding(coding), samples=samples)
    return words_in(playback, samples / sample_rate)
