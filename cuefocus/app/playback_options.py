"""Options of the generators as they are written: `--jump 12.5=01:00:00:00`, `--ramp 10=-2`, `--wow 0.5%@2`."""

import re
from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from pathlib import Path

from cuefocus.anchors.beats import load_beats
from cuefocus.errors import InputError, TimecodeError
from cuefocus.timebase.frames import FrameRate, Timecode, parse_timecode, rate_named
from cuefocus.wire.pace import Pace, Wow
from cuefocus.wire.playback import Gap, Jump, Playback
from cuefocus.wire.sent_clock import SongRun

_BAR = re.compile(r"\s*(-?[0-9]+)(?:\.([0-9]+))?\s*")
_WOW = re.compile(r"\s*([0-9.]+)\s*%\s*@\s*([0-9.]+)\s*(?:Hz)?\s*")


def playback_from(
    *,
    rate: str,
    start: str,
    speed: float = 1.0,
    ramps: Sequence[str] = (),
    jumps: Sequence[str] = (),
    gaps: Sequence[str] = (),
    wow: str = "",
) -> Playback:
    """What is to be played.

    Args:
        rate: a rate name, e.g. "29.97df".
        start: the label at second 0.
        speed: at second 0, relative to the rate; negative is reverse.
        ramps: "SECONDS=SPEED", in order.
        jumps: "SECONDS=HH:MM:SS:FF".
        gaps: "SECONDS=SECONDS", when and how long.
        wow: "PERCENT%@HZ"; empty for none.

    Raises: TimecodeError for a rate or label that does not exist, InputError for what is not written like this.
    """
    frame_rate = rate_named(rate)
    return Playback(
        frame_rate,
        _label(start, frame_rate, "--start"),
        speed,
        _ramps(ramps),
        tuple(
            Jump(at_s, _label(label, frame_rate, "--jump"))
            for at_s, label in _pairs(jumps, "--jump", "12.5=01:00:00:00")
        ),
        tuple(Gap(at_s, _number(seconds, "--gap")) for at_s, seconds in _pairs(gaps, "--gap", "5=0.2")),
        _wow(wow) if wow else None,
    )


def song_run_from(
    beats: Path,
    *,
    start: str = "1",
    first_bar: int = 1,
    speed: float = 1.0,
    ramps: Sequence[str] = (),
    wow: str = "",
    jumps: Sequence[str] = (),
    song: int | None = None,
) -> SongRun:
    """A song that is to be played as MIDI clock.

    Args:
        beats: its MIDI tempo map or beat file.
        start: "BAR" or "BAR.BEAT".
        first_bar: number of a MIDI map's first bar.
        speed: relative to the map's tempo, at second 0.
        ramps: as of `playback_from`.
        wow: likewise.
        jumps: "SECONDS=BAR" or "SECONDS=BAR.BEAT".
        song: number for a Song Select.

    Raises: AnchorsRefused for a file that is none, AnchorMissing for a beat that is not there, InputError for what is
        not written like this or cannot be sent.
    """
    if not isfinite(speed):
        raise InputError(f"{speed} is no speed", where="--speed", hint="write speeds as 1.5")
    pace = Pace(float(Fraction(speed).limit_denominator(1_000_000)), _ramps(ramps), _wow(wow) if wow else None)
    time = load_beats(beats, first_bar=first_bar)
    return SongRun(
        time.media_ns,
        time.quarters_at(*_bar(start, "--start")),
        pace,
        tuple((at_s, time.quarters_at(*_bar(bar, "--jump"))) for at_s, bar in _pairs(jumps, "--jump", "12.5=17")),
        song,
    )


def _ramps(ramps: Sequence[str]) -> tuple[tuple[float, float], ...]:
    return tuple((at_s, _number(then, "--ramp")) for at_s, then in _pairs(ramps, "--ramp", "10=-2"))


def _label(text: str, rate: FrameRate, option: str) -> Timecode:
    try:
        return parse_timecode(text, rate)
    except TimecodeError as error:
        raise TimecodeError(error.sentence, where=option, hint=error.hint) from None


def _bar(text: str, option: str) -> tuple[int, float]:
    match = _BAR.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is no bar", where=option, hint="write 17, or 17.3 for its third beat")
    return int(match[1]), float(match[2] or 1)


def seconds_from(seconds: float | None) -> float | None:
    """How long something is sent, as it was given; None for ever. Raises InputError for what is no length."""
    if seconds is not None and not 0 < seconds < float("inf"):
        raise InputError("nothing would be sent", where="--seconds", hint="give a length above 0, or leave it out")
    return seconds


def refuse_unheard(playback: Playback, seconds: float | None) -> None:
    """Nothing, if all its jumps and gaps come before it is over.

    Args:
        playback: what is played.
        seconds: how long; None for ever.

    Raises: InputError naming what would never come.
    """
    if seconds is None:
        return
    begins = [("--jump", jump.at_s) for jump in playback.jumps] + [("--gap", gap.at_s) for gap in playback.gaps]
    for option, at_s in begins:
        if at_s >= seconds:
            hint = f"make it longer (--seconds), or put {option} before {seconds:g} s"
            raise InputError(f"{at_s:g} s is after the end: it would never come", where=option, hint=hint)


def _pairs(written: Sequence[str], option: str, example: str) -> list[tuple[float, str]]:
    pairs: list[tuple[float, str]] = []
    for text in written:
        at, mark, value = text.partition("=")
        if not mark:
            raise InputError(f"{text!r} is not SECONDS=…", where=option, hint=f"write e.g. {option} {example}")
        pairs.append((_number(at, option), value))
    return pairs


def _number(text: str, option: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise InputError(f"{text!r} is no number", where=option, hint="write seconds and speeds as 1.5") from None


def _wow(text: str) -> Wow:
    match = _WOW.fullmatch(text)
    if match is None:
        raise InputError(f"{text!r} is no wow", where="--wow", hint="write e.g. --wow 0.5%@2")
    return Wow(_number(match[1], "--wow") / 100.0, _number(match[2], "--wow"))
