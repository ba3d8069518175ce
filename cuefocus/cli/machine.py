"""`doctor`, `calendar` and `ports`: the machine, its devices, and what stands in the way."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuefocus.cli.options import Json, RigFile
from cuefocus.cli.speech import Exit, say, say_json, say_table

if TYPE_CHECKING:
    from cuefocus.app.doctor import Finding


def _findings_out(findings: "list[Finding]", *, as_json: bool) -> None:
    if as_json:
        say_json([finding.as_dict() for finding in findings])
    else:
        say_table(("", "what", "found", "do"), ((f.severity, f.what, f.problem, f.hint) for f in findings))


def doctor(
    rig: Annotated[
        Path | None,
        typer.Option(
            "--rig", help="rig file: also try its motors' ports, its desks, receivers and MIDI inputs", metavar="R.yaml"
        ),
    ] = None,
    show: Annotated[
        Path | None, typer.Option("--show", help="show file, with --rig: also what cannot land", metavar="S.yaml")
    ] = None,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen",
            help="what is wrong with this timecode: file:, jack:, audio:, midi:, clock:, artnet:, reaper:, ableton:, "
            "link:, as in run",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", min=1, max=60, help="with --listen: how long")] = 5.0,
    journal: Annotated[Path, typer.Option("--journal", help="folder where takes are kept: is there room?")] = Path(
        "takes"
    ),
    timing: Annotated[
        bool, typer.Option("--timing/--no-timing", help="measure how punctually this machine wakes up")
    ] = True,
    as_json: Json = False,
) -> None:
    """What stands in the way: devices, permissions, clock, and the machine's own timing floor; or in a signal's."""
    if listen is not None:
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
    of_devices = examine(journal, timing=timing) + of_motors
    findings = worst_first(of_devices + of_files)
    _findings_out(findings, as_json=as_json)
    if any(finding.severity == "error" for finding in of_devices):
        raise typer.Exit(Exit.DEVICE)
    raise typer.Exit(Exit.INPUT if any(finding.severity == "error" for finding in of_files) else Exit.DONE)


def calendar(rig: RigFile, as_json: Json = False) -> None:
    """The chores of a rig's calendar, and when each is due next."""
    from cuefocus.app.coming import calendar_rows
    from cuefocus.rig.loader import load_rig

    loaded = load_rig(rig)
    rows = calendar_rows(loaded.rig.value)
    if as_json:
        say_json([row.as_dict() for row in rows])
    else:
        say_table(("next", "in", "chore", "may be late by"), ((r.at_home, r.ahead, r.entry, r.late) for r in rows))


def ports(as_json: Json = False) -> None:
    """Serial, CAN, sound and MIDI ports, and Art-Net addresses: what to write in the rig, after --source or --to."""
    from cuefocus.app.ports import list_all_ports

    rows = list_all_ports()
    if as_json:
        say_json([row.as_dict() for row in rows])
        return
    if not rows:
        say("no serial, CAN, sound or MIDI port is here")
        return
    say_table(tuple(rows[0].as_dict()), (tuple(str(value) for value in row.as_dict().values()) for row in rows))
