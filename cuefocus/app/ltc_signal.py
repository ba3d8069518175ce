"""What LTC is to be generated, out of the options as they are written: for a file, or for a sound server."""

from collections.abc import Sequence
from datetime import date
from typing import TypedDict, Unpack

from cuefocus.app.playback_options import playback_from
from cuefocus.errors import InputError
from cuefocus.wire.ltc.date_bits import flags_with_date
from cuefocus.wire.ltc.encoder import LtcSound
from cuefocus.wire.ltc.word import WordFlags
from cuefocus.wire.playback import Playback

_FASTEST_BITS_PER_SAMPLE = 1 / 2.6


class SignalOptions(TypedDict, total=False):
    """How LTC is played, and how it sounds.

    Args:
        level_dbfs: peak level; -6 unless it is said.
        speed: at sample 0, relative to the rate; negative plays backwards.
        ramps, jumps, gaps, wow: as of `playback_from`.
        user_bits: the eight binary groups as 32 bits, group 1 lowest.
        day: the date in the user bits instead.
        colour_frame: the colour frame flag.
    """

    level_dbfs: float
    speed: float
    ramps: Sequence[str]
    jumps: Sequence[str]
    gaps: Sequence[str]
    wow: str
    user_bits: int
    day: date | None
    colour_frame: bool


def ltc_signal(rate: str, start: str, sample_rate: int, **options: Unpack[SignalOptions]) -> tuple[LtcSound, Playback]:
    """The signal and what is played.

    Args:
        rate: a rate name, e.g. "29.97df".
        start: the first label, "HH:MM:SS:FF".
        sample_rate: samples per second, at least 8000.
        options: as of `SignalOptions`.

    Raises: TimecodeError for a rate or label that does not exist; InputError for a number out of range.
    """
    playback = playback_from(
        rate=rate,
        start=start,
        speed=options.get("speed", 1.0),
        ramps=options.get("ramps", ()),
        jumps=options.get("jumps", ()),
        gaps=options.get("gaps", ()),
        wow=options.get("wow", ""),
    )
    level_dbfs, user_bits = options.get("level_dbfs", -6.0), options.get("user_bits", 0)
    day, colour_frame = options.get("day"), options.get("colour_frame", False)
    bits_per_s = 80 * playback.rate.word_nominal
    fastest = sample_rate * _FASTEST_BITS_PER_SAMPLE / bits_per_s if sample_rate >= 8000 else 0.0
    within(
        ("sample_rate", 8000 <= sample_rate <= 384_000, "between 8000 and 384000"),
        ("level_dbfs", -90 <= level_dbfs <= 0, "between -90 and 0"),
        ("speed", 0 < playback.pace.fastest <= fastest, f"at most {fastest:.2g} at this sample rate, and not always 0"),
        ("user_bits", 0 <= user_bits < 1 << 32 and not (user_bits and day), "32 bits, or a date"),
    )
    flags = WordFlags(user_bits=user_bits, colour_frame=colour_frame)
    sound = LtcSound(
        playback.rate,
        playback.start,
        sample_rate,
        level=10 ** (level_dbfs / 20),
        flags=flags if day is None else flags_with_date(day, colour_frame=colour_frame),
    )
    return sound, playback


def within(*ranges: tuple[str, bool, str]) -> None:
    """Each a name, whether its value is fine, and what is allowed. Raises InputError for the first that is not."""
    for name, fine, allowed in ranges:
        if not fine:
            raise InputError(f"cannot generate LTC like this: {name} is out of range", where=name, hint=allowed)


def words_in(playback: Playback, seconds: float) -> int:
    """Whole words of LTC (frames, or pairs over 30 fps) that pass in the first `seconds`, to and fro."""
    return int(playback.length_frames(seconds) / playback.rate.pair + 1e-6)
