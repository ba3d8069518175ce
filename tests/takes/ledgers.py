"""Rows and ledgers for the take tests."""

from dataclasses import replace
from pathlib import Path

from cuefocus.landing.ledger import LedgerLine, encode_line
from cuefocus.landing.rows import LandingRow

ROW = LandingRow(
    take=1,
    pass_=1,
    cue="1",
    name='Ana to Ben on the second "goodbye"',
    camera="A",
    axis="focus",
    target="ben",
    anchor="goodbye",
    land_at="01:00:34:12",
    verdict="landed",
    measured_at="motor",
    planned_s=34.48,
    arrived_s=34.4805,
    sharp_s=34.4805,
    stopped_s=34.53,
    error_ms=0.5,
    uncertainty_ms=0.8,
    error_frames=0.0125,
    error_dioptres=0.004,
    error_mm=18.2,
    blur_coc=0.49,
    overshoot_counts=0,
    held_s=0.99,
    speed=1.0,
    source="ltc",
    offset_ms=0.0,
    stop=1.8,
    focal_mm=40.0,
)


def row(**changes: object) -> LandingRow:
    return replace(ROW, **changes)  # type: ignore[arg-type]


def rows(*, takes: int = 2, passes: int = 1, cues: int = 3) -> list[LandingRow]:
    return [
        row(take=take, pass_=pass_, cue=str(cue), error_ms=float(take + cue - pass_))
        for take in range(1, takes + 1)
        for pass_ in range(1, passes + 1)
        for cue in range(1, cues + 1)
    ]


def lines(many: list[LandingRow], run: str = "run-1") -> list[LedgerLine]:
    return [LedgerLine(run, number, one.as_dict()) for number, one in enumerate(many)]


def write_ledger(path: Path, many: list[LandingRow], run: str = "run-1", *, first: int = 0, show: str = "") -> None:
    with path.open("ab") as stream:
        stream.write(b"".join(encode_line(run, first + number, one, show) for number, one in enumerate(many)))
