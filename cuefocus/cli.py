"""The command line: verbs, exit codes, and the only place that prints.

Exit status: 0 done, 1 the input is at fault, 2 wrong usage, 3 a device or the system is at fault. Each verb imports
what it needs when it runs, so that `ltc decode` does not wait for the show's models.
"""

import contextlib
import gc
import io
import json
import os
import sys
from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cuefocus.errors import CueFocusError, DeviceError, InputError, SoundFileError
from cuefocus.files.collector import collector_paused

if TYPE_CHECKING:
    from datetime import date

    from cuefocus.app.doctor import Finding
    from cuefocus.app.rehearse import Rehearsed

app = typer.Typer(
    name="cuefocus",
    help="Focus racks that land on exact words and beats.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
ltc = typer.Typer(help="LTC in sound files.", no_args_is_help=True)
mtc = typer.Typer(help="MIDI timecode for others.", no_args_is_help=True)
artnet = typer.Typer(help="Art-Net timecode for others.", no_args_is_help=True)
sim = typer.Typer(help="Simulated devices that speak the real wire.", no_args_is_help=True)
app.add_typer(ltc, name="ltc")
app.add_typer(mtc, name="mtc")
app.add_typer(artnet, name="artnet")
app.add_typer(sim, name="sim")


class Exit(IntEnum):
    """Exit statuses; a contract."""

    DONE = 0
    INPUT = 1
    USAGE = 2
    DEVICE = 3


Json = Annotated[bool, typer.Option("--json", help="machine-readable output on stdout and nothing else there")]
RigFile = Annotated[Path, typer.Option("--rig", help="rig file", metavar="R.yaml")]
Store = Annotated[Path, typer.Option("--store", help="take store (SQLite)", metavar="FILE")]
RateName = Annotated[str, typer.Option("--rate", help="frame rate, e.g. 25 or 29.97df")]
StartLabel = Annotated[str, typer.Option("--start", help="first label", metavar="HH:MM:SS:FF")]
StartSpeed = Annotated[float, typer.Option("--speed", help="relative to the rate; negative runs backwards")]
JumpList = Annotated[list[str], typer.Option("--jump", help="at AT s go to a label", metavar="AT=HH:MM:SS:FF")]
GapList = Annotated[list[str], typer.Option("--gap", help="at AT s nothing for so many", metavar="AT=SECONDS")]
SendSeconds = Annotated[float | None, typer.Option("--seconds", help="how long; without it until Ctrl-C")]
DEFAULT_STORE = Path("takes/takes.db")


def say(text: str) -> None:
    """A line for a person or a program on standard output; one that has gone away ends the verb, quietly."""
    try:
        print(text)
    except BrokenPipeError:
        _let_go_of_stdout()
        raise typer.Exit(Exit.DONE) from None


def say_json(value: Any) -> None:
    """One JSON document on standard output."""
    say(json.dumps(value, ensure_ascii=False))


def _let_go_of_stdout() -> None:
    """Nobody reads it, or it takes no more: what is left in its buffer goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """A line about trouble on standard error."""
    print(text, file=sys.stderr)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def _say_version(wanted: bool) -> None:
    if wanted:
        from cuefocus.app.version import code_version

        say(f"cuefocus {code_version()}")
        raise typer.Exit(Exit.DONE)


@app.callback()
def _whole(
    version: Annotated[
        bool, typer.Option("--version", help="say which version this is", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Focus racks that land on exact words and beats."""


@app.command()
def run(
    rig: RigFile,
    show: Annotated[Path, typer.Option("--show", help="show file", metavar="S.yaml")],
    source: Annotated[
        list[str],
        typer.Option(
            "--source",
            help="timecode: file:X.wav, jack:PORT, audio:DEVICE#3, midi:PORT, artnet:ADDRESS; again for more, the "
            "first followed first; default the rig's",
            metavar="SOURCE",
        ),
    ] = [],  # noqa: B006
    arm: Annotated[bool, typer.Option("--arm", help="arm and engage when ready")] = False,
    takes: Annotated[int, typer.Option("--takes", min=0, help="end after this many takes; 0 = until stopped")] = 0,
    attended: Annotated[bool, typer.Option("--attended", help="a person stands by the real motors")] = False,
    as_json: Json = False,
    journal: Annotated[Path, typer.Option("--journal", help="folder for journals, ledger and take store")] = Path(
        "takes"
    ),
    strict: Annotated[bool, typer.Option("--strict", help="exit 3 unless every rack landed")] = False,
    name: Annotated[str, typer.Option("--run", help="a name for this daemon, where several run")] = "",
) -> None:
    """The daemon: follow timecode, drive the motors, land the racks, print the report."""
    from cuefocus.app.run import RunOptions
    from cuefocus.app.run import run as run_daemon

    options = RunOptions(
        rig=rig,
        show=show,
        sources=tuple(source),
        arm=arm,
        takes=takes,
        attended=attended,
        as_json=as_json,
        journal=journal,
        strict=strict,
        name=name,
    )
    gc.enable()  # it runs for days
    raise typer.Exit(run_daemon(options))


@app.command()
def tell(
    words: Annotated[
        list[str], typer.Argument(help="arm, engage [AXIS], go [CUE], hold, resume, hand AXIS, setup CAMERA, panic, …")
    ],
    by: Annotated[float | None, typer.Option("--by", help="with hand: move by this much of the ring")] = None,
    stop: Annotated[str, typer.Option("--stop", help="with setup: what the iris is set to", metavar="T2.8")] = "",
    focal: Annotated[str, typer.Option("--focal", help="with setup: what the zoom is set to", metavar="'85 mm'")] = "",
    clear: Annotated[bool, typer.Option("--clear", help="with setup: as the act and the rig say again")] = False,
    value: Annotated[str, typer.Option("--value", help="the rest, by verb")] = "",
    name: Annotated[str, typer.Option("--run", help="which daemon, where several run")] = "",
    as_json: Json = False,
) -> None:
    """A command to the running daemon."""
    from cuefocus.app.runtime_dir import find, runtime_base
    from cuefocus.app.tell import order_from
    from cuefocus.app.tell import tell as tell_daemon

    try:
        order = order_from(words, by_ring=by, value=value, stop=stop, focal=focal, clear=clear)
    except InputError as problem:
        raise typer.BadParameter(str(problem)) from None
    answer = tell_daemon(find(runtime_base(os.environ), name), order)
    if as_json:
        say_json(answer.as_dict())
    else:
        say(answer.text)
    raise typer.Exit(Exit.DONE if answer.ok else Exit.DEVICE if answer.absent else Exit.INPUT)


@app.command()
def check(
    show: Annotated[Path, typer.Argument(help="show file", metavar="S.yaml")], rig: RigFile, as_json: Json = False
) -> None:
    """All that can be known before a take."""
    from cuefocus.app.check import check as check_files

    checked = check_files(show, rig)
    if as_json:
        say_json(checked.as_json())
    else:
        for complaint in checked.complaints:
            say(str(complaint))
        counts = {word: sum(c.severity == word for c in checked.complaints) for word in ("error", "warning", "note")}
        say(", ".join(f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items()))
    raise typer.Exit(Exit.INPUT if checked.refused else Exit.DONE)


def _rows_out(
    result: "Rehearsed",
    *,
    as_json: bool,
    strict: bool,
    timecode: Sequence[Path] = (),
    damage: CueFocusError | None = None,
) -> None:
    """Rehearsal and replay end alike: the rows, and with --strict a verdict of the whole."""
    for alarm in result.alarms:
        complain(alarm)
    if as_json:
        say_json({"take": result.take, "landings": [row.as_dict() for row in result.rows]})
    else:
        from cuefocus.app.report import print_report

        print_report(result.rows)
    for trouble in result.troubles:
        complain(f"cuefocus: {trouble}")
    if damage is not None:
        raise damage
    if timecode and result.wrong_timecode:
        raise SoundFileError(result.wrong_timecode, where=str(timecode[0]), hint="is it this show's? see `rate:`")
    landed = bool(result.rows) and all(row.verdict == "landed" for row in result.rows)
    raise typer.Exit(Exit.DEVICE if result.troubles or (strict and not landed) else Exit.DONE)


@app.command()
def rehearse(
    show: Annotated[Path, typer.Argument(help="show file", metavar="S.yaml")],
    rig: RigFile,
    timecode: Annotated[
        list[Path],
        typer.Option("--timecode", help="sound file with LTC; again for more sources, the best first", metavar="X.wav"),
    ],
    fire: Annotated[list[str], typer.Option("--fire", help="CUE@TC: fire a triggered cue at a timecode")] = [],  # noqa: B006
    journal: Annotated[Path | None, typer.Option("--journal", help="also write the journal here")] = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="exit 3 unless every rack landed")] = False,
) -> None:
    """The whole path on a virtual clock with simulated motors, armed and engaged."""
    from cuefocus.app.rehearse import rehearse as rehearse_show

    result = rehearse_show(show, rig, timecode, fire=fire, journal=journal, warn=complain)
    _rows_out(result, as_json=as_json, strict=strict, timecode=timecode)


@app.command()
def replay(
    journal: Annotated[Path, typer.Argument(help="journal of a run or rehearsal")],
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="exit 3 unless every rack landed")] = False,
) -> None:
    """A take again, from its journal."""
    from cuefocus.app.replay import replay as replay_journal

    result = replay_journal(journal)
    _rows_out(result, as_json=as_json, strict=strict, damage=result.damage)


@app.command()
def report(
    takes: Annotated[list[int] | None, typer.Argument(help="take numbers; default all", metavar="[TAKE…]")] = None,
    store: Store = DEFAULT_STORE,
    html: Annotated[Path | None, typer.Option("--html", help="write one self-contained page", metavar="F")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="write the rows as CSV", metavar="F")] = None,
    as_json: Json = False,
) -> None:
    """Landing report; takes and passes side by side."""
    from cuefocus.app.report import report as make_report

    rows = make_report(store, takes or [], html=html, csv=csv, show=not as_json)
    if as_json:
        say_json([row.as_dict() for row in rows])


@ltc.command("decode")
def ltc_decode(
    sound: Annotated[Path, typer.Argument(help="sound file", metavar="X.wav")],
    channel: Annotated[
        int | None, typer.Option("--channel", min=1, help="which channel, from 1; default the best")
    ] = None,
    as_json: Json = False,
) -> None:
    """LTC out of a sound file, in file order."""
    from cuefocus.app.ltc import decode_ltc

    decoded = decode_ltc(sound, None if channel is None else channel - 1, warn=complain)
    for row in decoded.rows():
        if as_json:
            say_json(row.as_json())
        else:
            say(str(row))


@ltc.command("generate")
def ltc_generate(
    rate: RateName,
    start: StartLabel,
    seconds: Annotated[float, typer.Option("--seconds", help="length of the file")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="file to write; - for standard output", metavar="X.wav")
    ],
    sample_rate: Annotated[int, typer.Option("--sample-rate", help="samples per second")] = 48_000,
    coding: Annotated[str, typer.Option("--bits", help="8, 16, 24, 32 or float")] = "16",
    level: Annotated[float, typer.Option("--level", help="peak, dBFS")] = -6.0,
    speed: StartSpeed = 1.0,
    ramps: Annotated[
        list[str], typer.Option("--ramp", help="the speed moves straight to SPEED, there at AT s", metavar="AT=SPEED")
    ] = [],  # noqa: B006
    wow: Annotated[str, typer.Option("--wow", help="uneven speed, e.g. 0.5%@2", metavar="PERCENT%@HZ")] = "",
    jumps: JumpList = [],  # noqa: B006
    gaps: GapList = [],  # noqa: B006
    user_bits: Annotated[str, typer.Option("--user-bits", help="eight hex digits, group 8 first")] = "0",
    day: Annotated[str, typer.Option("--date", help="the date in the user bits", metavar="YYYY-MM-DD")] = "",
    colour_frame: Annotated[bool, typer.Option("--colour-frame", help="set the colour frame flag")] = False,
) -> None:
    """LTC to a sound file."""
    from cuefocus.app.ltc import generate_ltc

    to_stdout = str(output) == "-"
    if to_stdout and sys.stdout.isatty():
        raise typer.BadParameter("standard output is a terminal; name a file, or pipe it into a program")
    words = generate_ltc(
        sys.stdout.buffer if to_stdout else output,
        rate=rate,
        start=start,
        seconds=seconds,
        sample_rate=sample_rate,
        coding=coding,
        level_dbfs=level,
        speed=speed,
        ramps=ramps,
        wow=wow,
        jumps=jumps,
        gaps=gaps,
        user_bits=_hex(user_bits),
        day=_day(day),
        colour_frame=colour_frame,
    )
    if not to_stdout:
        say(f"{output}: {words} frames from {start} at {rate}")


@mtc.command("generate")
def mtc_generate(
    rate: RateName,
    start: StartLabel,
    to: Annotated[
        str, typer.Option("--to", help="midi:NAME, jack:NAME or raw:DEVICE; midi: makes a port", metavar="PORT")
    ],
    seconds: SendSeconds = None,
    speed: StartSpeed = 1.0,
    jumps: JumpList = [],  # noqa: B006
    gaps: GapList = [],  # noqa: B006
) -> None:
    """MIDI timecode to a port, live: quarter frames, and full frames at the start and at jumps."""
    from cuefocus.app.playback_options import playback_from, seconds_from
    from cuefocus.app.send_timecode import send_mtc

    playback = playback_from(rate=rate, start=start, speed=speed, jumps=jumps, gaps=gaps)
    say(str(send_mtc(playback, seconds_from(seconds), to)))


@artnet.command("generate")
def artnet_generate(
    rate: RateName,
    start: StartLabel,
    to: Annotated[str, typer.Option("--to", help="address to send to, also a broadcast one", metavar="HOST[:PORT]")] = (
        "127.0.0.1"
    ),
    seconds: SendSeconds = None,
    speed: StartSpeed = 1.0,
    jumps: JumpList = [],  # noqa: B006
    gaps: GapList = [],  # noqa: B006
    stream: Annotated[int, typer.Option("--stream", min=0, max=255, help="which of several timecodes")] = 0,
) -> None:
    """Art-Net timecode to an address, live: a datagram a frame. Only this machine hears it unless --to is given."""
    from cuefocus.app.playback_options import playback_from, seconds_from
    from cuefocus.app.send_timecode import send_artnet

    playback = playback_from(rate=rate, start=start, speed=speed, jumps=jumps, gaps=gaps)
    say(str(send_artnet(playback, seconds_from(seconds), to, stream=stream)))


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


@sim.command(
    "motor",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def sim_motor(context: typer.Context) -> None:
    """Simulated lens motors on ptys and UDP ports (see `sim motor --help`)."""
    from cuefocus.app.sim_motor import main as sim_main

    gc.enable()
    raise typer.Exit(sim_main(context.args, say=say))


def _findings_out(findings: "list[Finding]", *, as_json: bool) -> None:
    if as_json:
        say_json([finding.as_dict() for finding in findings])
    else:
        _table(("", "what", "found", "do"), ((f.severity, f.what, f.problem, f.hint) for f in findings))


@app.command()
def doctor(
    rig: Annotated[
        Path | None, typer.Option("--rig", help="rig file: also look at its motors' ports", metavar="R.yaml")
    ] = None,
    show: Annotated[
        Path | None, typer.Option("--show", help="show file, with --rig: also what cannot land", metavar="S.yaml")
    ] = None,
    listen: Annotated[
        str,
        typer.Option(
            "--listen", help="what is wrong with this timecode: file:, jack:, audio:, midi:, artnet:, as in run"
        ),
    ] = "",
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=60, help="with --listen: how long")] = 5.0,
    as_json: Json = False,
) -> None:
    """What stands in the way: devices, permissions, clock, and the machine's own timing floor; or in a signal's."""
    if listen:
        from cuefocus.app.listen import listen as listen_to

        found = listen_to(listen, seconds=seconds, rig=rig, show=show)
        _findings_out(found, as_json=as_json)
        live = not listen.startswith("file:")
        bad = any(finding.severity == "error" for finding in found)
        raise typer.Exit((Exit.DEVICE if live else Exit.INPUT) if bad else Exit.DONE)
    if show is not None and rig is None:
        raise typer.BadParameter("--show needs --rig")
    from cuefocus.app.doctor import examine, examine_files, worst_first

    of_files, of_motors = examine_files(rig, show) if rig is not None else ([], [])
    of_devices = examine() + of_motors
    findings = worst_first(of_devices + of_files)
    _findings_out(findings, as_json=as_json)
    if any(finding.severity == "error" for finding in of_devices):
        raise typer.Exit(Exit.DEVICE)
    raise typer.Exit(Exit.INPUT if any(finding.severity == "error" for finding in of_files) else Exit.DONE)


@app.command()
def schema(
    kind: Annotated[str, typer.Argument(help="show, rig, lens, words or beats")] = "show",
    output: Annotated[Path | None, typer.Option("-o", "--output", help="write to a file")] = None,
) -> None:
    """JSON Schema of a file format, for editors."""
    from cuefocus.app.schema import FORMATS, schema_text, write_schema

    if kind not in FORMATS:
        raise typer.BadParameter(f"no format {kind!r}; have {', '.join(FORMATS)}")
    if output is None:
        say(schema_text(kind).rstrip("\n"))
    else:
        write_schema(kind, output)


@app.command()
def ports(as_json: Json = False) -> None:
    """Serial, CAN, sound and MIDI ports, and Art-Net addresses, by names that last."""
    from cuefocus.app.ports import list_all_ports

    rows = list_all_ports()
    if as_json:
        say_json([row.as_dict() for row in rows])
        return
    if not rows:
        say("no serial, CAN, sound or MIDI port is here")
        return
    _table(tuple(rows[0].as_dict()), (tuple(str(value) for value in row.as_dict().values()) for row in rows))


def main() -> None:
    """Run one verb; deliberate errors become a sentence and an exit status, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our letters costs the letters, not the report
    try:
        try:
            with collector_paused():  # importing, loading and rehearsing make no rubbish; a fifth of the imports' time
                app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # a full disk is noticed while it can still be told
    except DeviceError as problem:
        complain(f"cuefocus: {problem}")
        sys.exit(Exit.DEVICE)
    except CueFocusError as problem:
        complain(f"cuefocus: {problem}")
        sys.exit(Exit.INPUT)
    except BrokenPipeError:
        _let_go_of_stdout()
        sys.exit(Exit.DONE)
    except OSError as problem:  # what nothing nearer could say better: standard output on a full disk, …
        _let_go_of_stdout()
        complain(f"cuefocus: {problem.filename or 'the output'}: {problem.strerror}; nothing more was done")
        sys.exit(Exit.DEVICE)
    except KeyboardInterrupt:
        sys.exit(130)
