"""The landing report as data: racks down, takes and passes across, and how well each rack repeats. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev

from cuefocus.landing.rows import LandingRow
from cuefocus.landing.sentences import sentence, signed_ms
from cuefocus.landing.verdict import Verdict

#: Brought about by a person or by the playback: never counts against repeatability.
_SPOILT_BY_OTHERS = frozenset(
    {Verdict.REFUSED, Verdict.SKIPPED, Verdict.OVERRIDDEN, Verdict.REPLACED, Verdict.HELD, Verdict.MISSED}
)
#: Parts of a reason that begin with this tell of the playback (see `Evidence.notes`).
_PLAYBACK = "playback "


@dataclass(frozen=True, slots=True)
class Column:
    """One pass of one take.

    Args:
        take: as counted by the daemon.
        label: as headed, e.g. "take 3" or "12 B take 3, pass 2".
        mark: good, ng or nothing.
    """

    take: int
    pass_: int
    label: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Repeatability:
    """How alike a rack's landings were.

    Args:
        count: landings compared; `excluded` were spoilt by a person or the playback.
        mean_ms, std_ms, worst_ms: of the errors; worst keeps its sign.
        std_dioptres, std_mm: of the focus error at `land_at`.
    """

    count: int
    excluded: int
    mean_ms: float | None
    std_ms: float | None
    worst_ms: float | None
    std_dioptres: float | None
    std_mm: float | None


@dataclass(frozen=True, slots=True)
class RackLine:
    """One rack across all columns: `rows[n]` is its landing in column n, or None.

    A cue that was given another target or anchor is another rack from then on.
    """

    cue: str
    name: str | None
    camera: str
    axis: str
    target: str
    when: str
    rows: tuple[LandingRow | None, ...]
    repeatability: Repeatability


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows of one show.

    Args:
        show: title and file; empty where only one show can be meant or none was written down.
        rows: all landings, in the order they were given; `places` has the column of each.
        sentences: the same, to be read aloud.
        counts: landings by verdict, in the verdicts' order.
        median_ms, worst_ms: of the errors that count; worst keeps its sign.
        repeat_ms: median standard deviation of the racks that were landed at least twice.
    """

    columns: tuple[Column, ...]
    racks: tuple[RackLine, ...]
    rows: tuple[LandingRow, ...]
    places: tuple[Column, ...]
    sentences: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    median_ms: float | None
    worst: LandingRow | None
    repeat_ms: float | None
    show: str = ""

    @property
    def summary(self) -> str:
        """One line for the whole."""
        if not self.rows:
            return "No racks."
        total = len(self.rows)
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in self.counts)
        parts = [f"{total} {'landing' if total == 1 else 'landings'}: {verdicts}"]
        if self.median_ms is not None and self.worst is not None and self.worst.error_ms is not None:
            worst = f"worst {signed_ms(self.worst.error_ms)} ms (cue {self.worst.cue})"
            parts.append(f"median error {signed_ms(self.median_ms)} ms, {worst}")
        if self.repeat_ms is not None:
            parts.append(f"repeats within {self.repeat_ms:.1f} ms")
        return "; ".join(parts) + "."


def spoilt(row: LandingRow) -> bool:
    """Whether a person or the playback decided how this landing went."""
    if Verdict(row.verdict) in _SPOILT_BY_OTHERS:
        return True
    return any(part.startswith(_PLAYBACK) for part in (row.reason or "").split("; "))


def make_report(rows: Sequence[LandingRow], columns: Sequence[Column] | None = None) -> Report:
    """The report on some landings.

    Args:
        rows: in order of judgement.
        columns: the column of each row, where more is known of takes than their numbers.
    """
    places = _plain_columns(rows) if columns is None else columns
    heads = tuple(sorted(set(places), key=lambda column: (column.take, column.pass_)))
    racks = _racks(rows, places, heads)
    counting = [row for row in rows if row.error_ms is not None and not spoilt(row)]
    errors = [row.error_ms for row in counting if row.error_ms is not None]
    spreads = [rack.repeatability.std_ms for rack in racks if rack.repeatability.std_ms is not None]
    tally = Counter(row.verdict for row in rows)
    return Report(
        columns=heads,
        racks=racks,
        rows=tuple(rows),
        places=tuple(places),
        sentences=tuple(sentence(row) for row in rows),
        counts=tuple((verdict.value, tally[verdict.value]) for verdict in reversed(Verdict) if tally[verdict.value]),
        median_ms=median(errors) if errors else None,
        worst=max(counting, key=lambda row: abs(row.error_ms or 0.0), default=None),
        repeat_ms=median(spreads) if spreads else None,
        show=next((row.show for row in rows if row.show), ""),
    )


def by_show(rows: Sequence[LandingRow], columns: Sequence[Column] | None = None) -> tuple[Report, ...]:
    """A report for each show, in the order of their first landings; one at least. As `make_report` otherwise."""
    places = _plain_columns(rows) if columns is None else columns
    shows = list(dict.fromkeys(row.show for row in rows)) or [None]
    pairs = list(zip(rows, places, strict=True))
    of_show = [[(row, place) for row, place in pairs if row.show == show] for show in shows]
    return tuple(make_report([row for row, _ in some], [place for _, place in some]) for some in of_show)


def repeatability(rows: Sequence[LandingRow]) -> Repeatability:
    """How alike the landings of one rack were, without those spoilt by a person or the playback."""
    fair = [row for row in rows if not spoilt(row)]
    errors = [row.error_ms for row in fair if row.error_ms is not None]
    return Repeatability(
        count=len(errors),
        excluded=len(rows) - len(fair),
        mean_ms=fmean(errors) if errors else None,
        std_ms=_spread(errors),
        worst_ms=max(errors, key=abs) if errors else None,
        std_dioptres=_spread([row.error_dioptres for row in fair if row.error_dioptres is not None]),
        std_mm=_spread([row.error_mm for row in fair if row.error_mm is not None]),
    )


def _spread(values: Sequence[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _plain_columns(rows: Sequence[LandingRow]) -> list[Column]:
    several = Counter(take for take, _ in {(row.take, row.pass_) for row in rows})
    return [
        Column(row.take, row.pass_, f"take {row.take}{f', pass {row.pass_}' if several[row.take] > 1 else ''}")
        for row in rows
    ]


def _racks(rows: Sequence[LandingRow], places: Sequence[Column], heads: Sequence[Column]) -> tuple[RackLine, ...]:
    """Racks in the order of their first landing; a triggered cue that landed twice in a pass has two lines."""
    index = {column: number for number, column in enumerate(heads)}
    seen: Counter[tuple[Column, tuple[str, ...]]] = Counter()
    cells: dict[tuple[tuple[str, ...], int], list[LandingRow | None]] = {}
    for row, column in zip(rows, places, strict=True):
        rack = (row.cue, row.camera, row.axis, row.target, row.anchor or "")
        line = cells.setdefault((rack, seen[column, rack]), [None] * len(heads))
        seen[column, rack] += 1
        line[index[column]] = row
    return tuple(_rack_line(line) for line in cells.values())


def _rack_line(cells: Sequence[LandingRow | None]) -> RackLine:
    there = [row for row in cells if row is not None]
    last = there[-1]
    return RackLine(
        cue=last.cue,
        name=last.name,
        camera=last.camera,
        axis=last.axis,
        target=last.target,
        when=last.anchor or last.land_at or "trigger",
        rows=tuple(cells),
        repeatability=repeatability(there),
    )
