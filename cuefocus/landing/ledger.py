"""The ledger's lines: every landing once, in the order they were judged, one JSON object a line.

A line is known by its run and its number within the run, so a reader that meets it twice (after a restart, or from two
copies of a file) counts it once.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cuefocus.landing.rows import LandingRow

#: What every ledger begins with.
OPENING = b'{"run":'

_write_json: Callable[[object], str] = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One entry.

    Args:
        run: id of the run that judged it.
        number: 0, 1, 2 … within the run.
        row: the landing keys.
        show: the show that was played; empty where an earlier version did not write it down.
    """

    run: str
    number: int
    row: Mapping[str, Any]
    show: str = ""


def encode_line(run: str, number: int, row: LandingRow, show: str = "") -> bytes:
    """One line, newline and all."""
    entry = {"run": run, "number": number, **({"show": show} if show else {}), "row": row.as_dict()}
    return _write_json(entry).encode("utf-8", "surrogatepass") + b"\n"


def run_opening(run: str) -> bytes:
    """What every line of a run begins with."""
    return OPENING + _write_json(run).encode("utf-8", "surrogatepass") + b","


def decode_line(line: bytes) -> LedgerLine | None:
    """The entry of a line (without its newline); None for a line that was torn."""
    try:
        entry = json.loads(line)
        run, number, row, show = entry["run"], entry["number"], entry["row"], entry.get("show", "")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    whole = isinstance(run, str) and isinstance(show, str) and _counts(number) and isinstance(row, dict)
    whole = whole and _counts(row.get("take")) and _counts(row.get("pass"))
    whole = whole and all(isinstance(row.get(key), str) for key in ("cue", "camera", "axis", "verdict"))
    return LedgerLine(run, number, row, show) if whole else None


def _counts(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**63
