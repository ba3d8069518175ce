"""What the command line says: lines, tables, JSON, and the exit statuses. The only place that prints."""

import contextlib
import json
import os
import sys
from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import typer

from cuefocus.wire.plain import plain_lines


class Exit(IntEnum):
    """Exit statuses; a contract."""

    DONE = 0
    INPUT = 1
    USAGE = 2
    DEVICE = 3


def say(text: str) -> None:
    """A line for a person on standard output, where what others said does nothing."""
    _print(plain_lines(text))


def _print(text: str) -> None:
    """Who has gone away ends the verb, quietly."""
    try:
        print(text)
    except BrokenPipeError:
        let_go_of_stdout()
        raise typer.Exit(Exit.DONE) from None


def say_json(value: Any) -> None:
    """One JSON document on standard output."""
    _print(json.dumps(value, ensure_ascii=False))


def let_go_of_stdout() -> None:
    """Nobody reads it, or it takes no more: what is left in its buffer goes nowhere."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def complain(text: str) -> None:
    """A line about trouble on standard error."""
    print(plain_lines(text), file=sys.stderr)


def say_table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table on standard output, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text  # a plain string would be read for markup, and `[fd00::2]` be taken for that

    table = Table(box=None, pad_edge=False)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain_lines(cell)) for cell in row))
    Console().print(table)
