"""`ltc decode`, `ltc compile` and `ltc generate`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuefocus.cli.options import GapList, Json, JumpList, RampList, RateName, StartLabel, StartSpeed, WowText
from cuefocus.cli.speech import complain, say, say_json

if TYPE_CHECKING:
    from datetime import date

    from cuefocus.app.ltc_signal import SignalOptions

_FILE_RATE_HZ = 48_000
_FILE_CODING = "16"

ltc = typer.Typer(help="LTC in sound files and out of them, and live to others.", no_args_is_help=True)


@ltc.command("decode")
def ltc_decode(
    sound: Annotated[Path, typer.Argument(help="sound file", metavar="X.wav")],
    channel: Annotated[
        int | None, typer.Option("--channel", min=1, help="which channel, from 1; default the best")
    ] = None,
    raw: Annotated[
        str,
        typer.Option(
            "--raw",
            help="samples without a header: u8, s8, s16le, s24le, s32le, f32le, f64le, s16be…",
            metavar="CODING",
        ),
    ] = "",
    sample_rate: Annotated[int | None, typer.Option("--sample-rate", help="with --raw: samples per second")] = None,
    channels: Annotated[
        int | None, typer.Option("--channels", help="with --raw: how many, interleaved; default 1")
    ] = None,
    as_json: Json = False,
) -> None:
    """LTC out of a sound file, in file order."""
    from cuefocus.app.ltc import decode_ltc
    from cuefocus.shells.raw_sound import RawForm

    if raw and sample_rate is None:
        raise typer.BadParameter("say how many samples a second there are: --sample-rate 48000", param_hint="--raw")
    if not raw and (sample_rate, channels) != (None, None):
        raise typer.BadParameter("a sound file says that itself; for samples without a header add --raw s16le")
    form = RawForm(raw, sample_rate, 1 if channels is None else channels) if raw and sample_rate is not None else None
    decoded = decode_ltc(sound, None if channel is None else channel - 1, raw=form, warn=complain)
    for row in decoded.rows():
        if as_json:
            say_json(row.as_json())
        else:
            say(str(row))


@ltc.command("compile")
def ltc_compile() -> None:
    """Compile the LTC decoder for this machine, once after each update: live sound costs a quarter then."""
    from cuefocus.app.ltc import compile_loops

    say(f"the LTC decoder is compiled: {compile_loops()}")


@ltc.command("generate")
def ltc_generate(
    rate: RateName,
    start: StartLabel,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="how long; with --to until Ctrl-C where it is left out")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="file to write; - for standard output", metavar="X.wav")
    ] = None,
    to: Annotated[
        str,
        typer.Option("--to", help="live: jack:PORT or audio:DEVICE#3; jack: makes a port", metavar="DEVICE"),
    ] = "",
    sample_rate: Annotated[
        int | None, typer.Option("--sample-rate", help="of the file, samples per second; default 48000")
    ] = None,
    coding: Annotated[
        str | None, typer.Option("--bits", help="of the file: 8, 16, 24, 32 or float; default 16")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="peak, dBFS")] = -6.0,
    speed: StartSpeed = 1.0,
    ramps: RampList = [],
    wow: WowText = "",
    jumps: JumpList = [],
    gaps: GapList = [],
    user_bits: Annotated[str, typer.Option("--user-bits", help="eight hex digits, group 8 first")] = "0",
    day: Annotated[str, typer.Option("--date", help="the date in the user bits", metavar="YYYY-MM-DD")] = "",
    colour_frame: Annotated[bool, typer.Option("--colour-frame", help="set the colour frame flag")] = False,
) -> None:
    """LTC to a sound file, or live into a sound server or card."""
    options: SignalOptions = {
        "level_dbfs": level,
        "speed": speed,
        "ramps": ramps,
        "wow": wow,
        "jumps": jumps,
        "gaps": gaps,
        "user_bits": _hex(user_bits),
        "day": _day(day),
        "colour_frame": colour_frame,
    }
    if bool(to) == (output is not None):
        raise typer.BadParameter("say where it goes: to a file (-o X.wav) or live (--to jack:PORT), one of the two")
    if output is None:
        from cuefocus.app.ltc_live import play_ltc

        if sample_rate is not None:
            raise typer.BadParameter(f"{to} has a sample rate of its own: leave --sample-rate out")
        if coding is not None:
            raise typer.BadParameter(f"{to} takes samples of a form of its own: leave --bits out")
        say(str(play_ltc(to, rate=rate, start=start, seconds=seconds, **options)))
        return
    if seconds is None:
        raise typer.BadParameter("a file has an end: give --seconds")
    from cuefocus.app.ltc import generate_ltc

    to_stdout = str(output) == "-"
    if to_stdout and sys.stdout.isatty():
        raise typer.BadParameter("standard output is a terminal; name a file, or pipe it into a program")
    words = generate_ltc(
        sys.stdout.buffer if to_stdout else output,
        rate=rate,
        start=start,
        seconds=seconds,
        sample_rate=_FILE_RATE_HZ if sample_rate is None else sample_rate,
        coding=_FILE_CODING if coding is None else coding,
        **options,
    )
    if not to_stdout:
        say(f"{output}: {words} frames from {start} at {rate}")


def _hex(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        raise typer.BadParameter(f"{text!r} are no hex digits; write e.g. --user-bits 12ab34cd") from None


def _day(text: str) -> "date | None":
    from datetime import date

    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no date; write e.g. --date 2026-11-22") from None
