"""`run` and `tell`: the daemon, and commands to it."""

import gc
import os
from pathlib import Path
from typing import Annotated

import typer

from cuefocus.cli.options import Json, RigFile
from cuefocus.cli.speech import Exit, say, say_json
from cuefocus.errors import InputError


def run(
    rig: RigFile,
    show: Annotated[Path, typer.Option("--show", help="show file", metavar="S.yaml")],
    source: Annotated[
        list[str],
        typer.Option(
            "--source",
            help="timecode: file:X.wav, jack:PORT, audio:DEVICE#3, midi:PORT, clock:PORT, artnet:ADDRESS, reaper:PORT, "
            "ableton:HOST, link:; again for more, the first followed first; default the rig's",
            metavar="SOURCE",
        ),
    ] = [],
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


def tell(
    words: Annotated[
        list[str],
        typer.Argument(
            help="arm, engage [AXIS], go [CUE], standby CUE, hold, resume, hand AXIS, setup CAMERA, panic, …"
        ),
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
