"""`check`, `rehearse`, `replay`, `report` and `schema`: files in, findings and rows out."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cuefocus.cli.options import DEFAULT_STORE, Json, RigFile, Store
from cuefocus.cli.speech import Exit, complain, say, say_json
from cuefocus.errors import CueFocusError, SoundFileError

if TYPE_CHECKING:
    from cuefocus.app.rehearsed import Rehearsed


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
        sends = [send.as_dict() for send in result.sends]
        say_json({"take": result.take, "landings": [row.as_dict() for row in result.rows], "sends": sends})
    else:
        from cuefocus.app.report import print_report

        print_report(result.rows)
        if result.sends:
            say("a run would have sent:")
        for send in result.sends:
            say(f"  {send}")
    for trouble in result.troubles:
        complain(f"cuefocus: {trouble}")
    if damage is not None:
        raise damage
    if timecode and result.wrong_timecode:
        raise SoundFileError(result.wrong_timecode, where=str(timecode[0]), hint="is it this show's? see `rate:`")
    landed = bool(result.rows) and all(row.verdict == "landed" for row in result.rows)
    raise typer.Exit(Exit.DEVICE if result.troubles or (strict and not landed) else Exit.DONE)


def rehearse(
    show: Annotated[Path, typer.Argument(help="show file", metavar="S.yaml")],
    rig: RigFile,
    timecode: Annotated[
        list[Path],
        typer.Option("--timecode", help="sound file with LTC; again for more sources, the best first", metavar="X.wav"),
    ],
    fire: Annotated[list[str], typer.Option("--fire", help="CUE@TC: fire a triggered cue at a timecode")] = [],
    journal: Annotated[Path | None, typer.Option("--journal", help="also write the journal here")] = None,
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="exit 3 unless every rack landed")] = False,
) -> None:
    """The whole path on a virtual clock with simulated motors, armed and engaged."""
    from cuefocus.app.rehearse import rehearse as rehearse_show

    result = rehearse_show(show, rig, timecode, fire=fire, journal=journal, warn=complain)
    _rows_out(result, as_json=as_json, strict=strict, timecode=timecode)


def replay(
    journal: Annotated[Path, typer.Argument(help="journal of a run or rehearsal")],
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="exit 3 unless every rack landed")] = False,
) -> None:
    """A take again, from its journal."""
    from cuefocus.app.replay import replay as replay_journal

    result = replay_journal(journal)
    _rows_out(result, as_json=as_json, strict=strict, damage=result.damage)


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
