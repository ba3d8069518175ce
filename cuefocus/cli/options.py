"""Options that more than one verb has."""

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="machine-readable output on stdout and nothing else there")]
RigFile = Annotated[Path, typer.Option("--rig", help="rig file", metavar="R.yaml")]
Store = Annotated[Path, typer.Option("--store", help="take store (SQLite)", metavar="FILE")]
RateName = Annotated[str, typer.Option("--rate", help="frame rate, e.g. 25 or 29.97df")]
StartLabel = Annotated[
    str, typer.Option("--start", help="first label; live also now, the time of day", metavar="HH:MM:SS:FF")
]
StartSpeed = Annotated[float, typer.Option("--speed", help="relative to the rate; negative runs backwards")]
RampList = Annotated[
    list[str], typer.Option("--ramp", help="the speed moves straight to SPEED, there at AT s", metavar="AT=SPEED")
]
WowText = Annotated[str, typer.Option("--wow", help="uneven speed, e.g. 0.5%@2", metavar="PERCENT%@HZ")]
JumpList = Annotated[list[str], typer.Option("--jump", help="at AT s go to a label", metavar="AT=HH:MM:SS:FF")]
GapList = Annotated[list[str], typer.Option("--gap", help="at AT s nothing for so many", metavar="AT=SECONDS")]
SendSeconds = Annotated[float | None, typer.Option("--seconds", help="how long; without it until Ctrl-C")]
DEFAULT_STORE = Path("takes/takes.db")
