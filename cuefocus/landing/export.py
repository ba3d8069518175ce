"""Landings as CSV text; the same rows always give the same bytes."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from cuefocus.landing.rows import LANDING_KEYS, LEAVE_KEYS, SHOW_KEY, LandingRow


def rows_csv(rows: Sequence[LandingRow]) -> str:
    """A heading of landing keys, then a line for each row.

    The `leave_` columns are there only if a rack leaves on an anchor, `show` only where a row says its show.
    """
    keys = LANDING_KEYS + (LEAVE_KEYS if any(row.leaves for row in rows) else ())
    keys += (SHOW_KEY,) if any(row.show is not None for row in rows) else ()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(keys)
    for row in rows:
        values = row.as_dict()
        writer.writerow([_cell(values.get(key)) for key in keys])
    return text.getvalue()


def _cell(value: Any) -> str:
    """One line of text, whatever a name holds."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return " ".join(str(value).splitlines())
