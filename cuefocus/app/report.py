"""The verb `report`, and the report that ends a run: rows from the take store to a table, a page, CSV and JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cuefocus.errors import DeviceError, InputError
from cuefocus.landing.export import rows_csv
from cuefocus.landing.page import html_page
from cuefocus.landing.report import Column, RackLine, Report, by_show, make_report
from cuefocus.landing.rows import LandingRow, row_from_dict
from cuefocus.landing.sentences import signed_ms
from cuefocus.landing.verdict import FATES, Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

    from cuefocus.takes.store import TakeInfo, TakeStore

LEDGER = "ledger.jsonl"
_SQLITE = b"SQLite format 3\0"
_STYLES = {Verdict.LANDED: "green", Verdict.LATE: "yellow", Verdict.EARLY: "cyan"}
_WIDTH_OF_THE_REST, _WIDTH_OF_A_TAKE = 54, 15
#: For a file or a program nothing is left out for want of width.
_AS_WIDE_AS_IT_IS = 100_000


def report(
    store: Path, takes: Sequence[int], *, html: Path | None = None, csv: Path | None = None, show: bool = True
) -> list[LandingRow]:
    """The landings of some takes (all if none are named), written to the files asked for and shown as a table.

    Raises: InputError when there is no store or no such take, DeviceError when a file cannot be written.
    """
    rows, reports = reports_of_store(store, takes)
    if html is not None:
        _write(html, html_page(*reports))
    if csv is not None:
        _write(csv, rows_csv(rows))
    if show:
        _print(reports)
    return rows


def reports_of_store(store: Path, takes: Sequence[int] = ()) -> tuple[list[LandingRow], tuple[Report, ...]]:
    """The landings of some takes, with what its ledger holds beyond the store, and a report on them for each show.

    Raises: InputError when there is no store, no such take, or a landing that another version wrote.
    """
    from cuefocus.takes.ingest import ingest
    from cuefocus.takes.trouble import TakeStoreError

    ledger = store.parent / LEDGER
    with _readable(store, ledger) as opened:
        try:
            ingest(opened, ledger)
        except TakeStoreError:
            if opened.path is None:
                raise
        found = opened.landings(takes)
    rows = [_row(store, keys) for _, keys in found]
    return rows, by_show(rows, [_column(info, row.pass_) for (info, _), row in zip(found, rows, strict=True)])


def _row(store: Path, keys: Mapping[str, Any]) -> LandingRow:
    try:
        row = row_from_dict(keys)
        Verdict(row.verdict)
    except (KeyError, ValueError) as problem:
        text = f"a landing of take {keys.get('take')} cannot be read: " + (
            f"it has no {problem.args[0]!r}" if isinstance(problem, KeyError) else f"{problem}"
        )
        raise InputError(text, where=str(store), hint="read it with the version that wrote it") from None
    return row


def _column(info: "TakeInfo", pass_: int) -> Column:
    mark = next((known.mark for known in info.passes if known.pass_ == pass_), "")
    label = f"{info.label}, pass {pass_}" if len(info.passes) > 1 else info.label
    return Column(info.take, pass_, label, mark)


def print_report(rows: Sequence[LandingRow]) -> None:
    """A report on standard output, of rows as the take store would have kept them: both print the same figures."""
    _print([make_report([row_from_dict(row.as_dict()) for row in rows])])


def rendered(made: Report, width: int = 100) -> "list[RenderableType]":
    """What a terminal of `width` shows: a table of all racks, the sentences worth reading, the summary."""
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    several = len(made.columns) > 1
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading, narrowest in (("cue", 3), ("camera", 6), ("to", 5), ("on", 10)):
        table.add_column(heading, no_wrap=True, overflow="ellipsis", min_width=narrowest)
    shown = made.columns[-max(1, (width - _WIDTH_OF_THE_REST) // _WIDTH_OF_A_TAKE) :]
    for column in shown:
        mark = f" ({column.mark})" if column.mark else ""
        table.add_column(escape(column.label + mark), justify="right", no_wrap=True)
    for heading in ("mean", "std") if several else ("±", "at the mark"):
        table.add_column(heading, justify="right", no_wrap=True)
    for rack in made.racks:
        cells = [_cell(row) for row in rack.rows[-len(shown) :]]
        table.add_row(*_names(rack), *cells, *(_repeats(rack) if several else _closeness(rack)))
    parts: list[RenderableType] = [table] if made.racks else []
    left_out = len(made.columns) - len(shown)
    if left_out > 0:
        parts.append(Text(f"{left_out} earlier not shown for want of width; --html shows all", style="dim"))
    parts += [Text()] if made.racks else []
    parts += [
        Text(sentence, style=_style(row.verdict))
        for row, sentence in zip(made.rows, made.sentences, strict=True)
        if row.verdict != Verdict.LANDED
    ]
    return [*parts, Text(made.summary, style="bold")]


def _print(reports: Sequence[Report]) -> None:
    from rich.console import Console
    from rich.text import Text

    console: Console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_AS_WIDE_AS_IT_IS)
    for number, made in enumerate(reports):
        if len(reports) > 1:
            name = made.show or "show not written down"
            console.print(*([Text()] if number else []), Text(name, style="bold underline"), sep="\n")
        console.print(*rendered(made, console.width), sep="\n")


def _names(rack: RackLine) -> "tuple[RenderableType, ...]":
    from rich.text import Text

    camera = rack.camera if rack.axis == "focus" else f"{rack.camera} {rack.axis}"
    return tuple(Text(text) for text in (rack.cue, camera, rack.target, rack.when))


def _cell(row: LandingRow | None) -> "RenderableType":
    from rich.text import Text

    if row is None:
        return Text("–", style="dim")
    error = "" if row.error_ms is None else f"{signed_ms(row.error_ms)} ms"
    text = error if error and row.verdict == Verdict.LANDED else f"{row.verdict} {error}".rstrip()
    return Text(text, style=_style(row.verdict))


def _repeats(rack: RackLine) -> tuple[str, str]:
    found = rack.repeatability
    mean = "–" if found.mean_ms is None else f"{signed_ms(found.mean_ms)} ms"
    return mean, "–" if found.std_ms is None else f"{found.std_ms:.2f} ms"


def _closeness(rack: RackLine) -> tuple[str, str]:
    row = next(row for row in rack.rows if row is not None)
    doubt = "–" if row.uncertainty_ms is None else f"{row.uncertainty_ms:.1f} ms"
    return doubt, "–" if row.blur_coc is None else f"{row.blur_coc:.2f} coc"


def _style(verdict: str) -> str:
    known = Verdict(verdict)
    return _STYLES.get(known, "dim" if known in FATES else "red")


def _readable(store: Path, ledger: Path) -> "TakeStore":
    """The store, to write if that is possible (the ledger may hold more), else to read, else the ledger alone.

    A report sets nothing aside: what is no sound take store is left as it is.
    """
    from cuefocus.takes.opening import open_store, open_store_in_memory, open_store_to_read
    from cuefocus.takes.trouble import NotATakeStore, TakeStoreError

    try:
        there = store.exists() or ledger.exists()
    except OSError as problem:  # a name that cannot be one
        raise InputError(f"cannot be read: {problem.strerror}", where=str(store), hint="check the path") from None
    if not there:
        raise InputError("there is no take store here", where=str(store), hint="`cuefocus run` begins one")
    try:
        if store.exists():
            _refuse_what_is_no_store(store)
            open_store_to_read(store).close()
    except (TakeStoreError, InputError) as problem:
        if ledger.exists():
            return open_store_in_memory()
        if isinstance(problem, NotATakeStore):  # a file named wrongly is no fault of the system
            raise InputError(problem.sentence, where=problem.where, hint=problem.hint) from None
        raise
    for opening in (open_store, open_store_to_read):
        try:
            return opening(store)
        except TakeStoreError:
            continue
    return open_store_in_memory() if ledger.exists() else open_store_to_read(store)


def _refuse_what_is_no_store(store: Path) -> None:
    """Raise: InputError for a folder, a device, a pipe, or a file of another kind."""
    if not store.is_file():
        raise InputError("is a folder, a device or a pipe, not a take store", where=str(store), hint="name a file")
    try:
        with store.open("rb") as file:
            begins = file.read(len(_SQLITE))
    except OSError as problem:
        raise InputError(
            f"cannot be read: {problem.strerror}", where=str(store), hint="check its permissions"
        ) from None
    if begins != _SQLITE:
        what = "is not a take store" if begins else "is not a take store: it is empty"
        raise InputError(what, where=str(store), hint="`cuefocus run` keeps its own in takes/takes.db")


def _write(path: Path, text: str) -> None:
    try:
        path.write_bytes(text.encode("utf-8", "replace"))
    except OSError as problem:
        raise DeviceError(
            f"cannot be written ({problem.strerror})", where=str(path), hint="name another file"
        ) from problem
