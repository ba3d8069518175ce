"""The landing report as one HTML page that loads nothing from elsewhere. Same rows, same bytes."""

from html import escape

from cuefocus.landing.dot_plot import dot_plot, marker
from cuefocus.landing.page_style import STYLE
from cuefocus.landing.report import RackLine, Report, spoilt
from cuefocus.landing.rows import LandingRow
from cuefocus.landing.sentences import sentence, signed_ms
from cuefocus.landing.verdict import Verdict


def html_page(*reports: Report, title: str = "Landing report") -> str:
    """The whole page: a report, or one for each show."""
    several = len(reports) > 1
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>",
            f"<h1>{escape(title)}</h1>",
            *(part for report in reports for part in _of_show(report, several=several)),
            "<footer>Errors are host time, + late. Focus errors are dioptres, + focused too near. CueFocus reports the",
            "lens; it does not know whether the actor hit the mark.</footer>",
            "</body></html>",
            "",
        ]
    )


def _of_show(report: Report, *, several: bool) -> list[str]:
    heads = ", ".join(column.label for column in report.columns) or "no takes"
    name = report.show or ("show not written down" if several else "")
    return [
        *([f'<h1 class="show">{escape(name)}</h1>'] if name else []),
        f'<p class="lead">{escape(heads)}</p>',
        _tiles(report),
        '<h2>When each rack landed</h2><div class="card">',
        dot_plot(report),
        _legend(report),
        "</div>",
        '<h2>Side by side</h2><div class="card">',
        _table(report),
        "</div>",
        "<h2>To be read aloud</h2>",
        _sentences(report),
    ]


def _tiles(report: Report) -> str:
    landed = sum(row.verdict == Verdict.LANDED for row in report.rows)
    worst = report.worst.error_ms if report.worst is not None else None
    tiles = [
        (f"{landed} of {len(report.rows)}", "landed"),
        (_ms(report.median_ms), "median error"),
        (_ms(worst), f"worst, cue {report.worst.cue}" if report.worst is not None else "worst"),
        ("–" if report.repeat_ms is None else f"{report.repeat_ms:.2f} ms", "repeats within (median)"),
    ]
    cells = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(what)}</span></div>' for value, what in tiles
    )
    return f'<div class="tiles">{cells}</div>'


def _ms(error_ms: float | None) -> str:
    return "–" if error_ms is None else f"{signed_ms(error_ms)} ms"


def _legend(report: Report) -> str:
    signs = "".join(f"<span>{_sign(verdict)} {escape(verdict)} {count}</span>" for verdict, count in report.counts)
    faint = "<span>faint: earlier takes and passes</span>" if len(report.columns) > 1 else ""
    plot = "<span>shaded: half a frame either way</span><span>scale: wider near zero</span>"
    return f'<div class="legend">{signs}{plot}{faint}</div>'


def _sign(verdict: str) -> str:
    return f'<svg class="sign" viewBox="-7 -7 14 14" aria-hidden="true">{marker(verdict, 0, 0)}</svg>'


def _table(report: Report) -> str:
    heads = ["Cue", "Camera", "To", "On"]
    cells = [f"<th>{head}</th>" for head in heads]
    for column in report.columns:
        mark = f" ({escape(column.mark)})" if column.mark else ""
        struck = " ng" if column.mark == "ng" else ""
        cells.append(f'<th class="n{struck}">{escape(column.label)}{mark}</th>')
    cells += ['<th class="n">mean</th>', '<th class="n">std</th>', '<th class="n">std focus</th>']
    body = "\n".join(_line(rack) for rack in report.racks)
    return f"<table><thead><tr>{''.join(cells)}</tr></thead><tbody>\n{body}\n</tbody></table>"


def _line(rack: RackLine) -> str:
    axis = "" if rack.axis == "focus" else f" {rack.axis}"
    cells = [
        f'<td title="{escape(rack.name or "")}">{escape(rack.cue)}</td>',
        f"<td>{escape(rack.camera + axis)}</td>",
        f"<td>{escape(rack.target)}</td>",
        f"<td>{escape(rack.when)}</td>",
    ]
    cells += [_landing(row) for row in rack.rows]
    repeat = rack.repeatability
    excluded = f' title="{repeat.excluded} spoilt by a person or the playback left out"' if repeat.excluded else ""
    cells.append(f'<td class="n"{excluded}>{_ms(repeat.mean_ms)}</td>')
    cells.append(f'<td class="n">{"–" if repeat.std_ms is None else f"{repeat.std_ms:.2f} ms"}</td>')
    focus = "–" if repeat.std_dioptres is None else f"{repeat.std_dioptres:.4f} D"
    cells.append(f'<td class="n">{focus}</td>')
    return f"<tr>{''.join(cells)}</tr>"


def _landing(row: LandingRow | None) -> str:
    if row is None:
        return '<td class="n soft">–</td>'
    text = f"{signed_ms(row.error_ms)} ms" if row.error_ms is not None else row.verdict
    soft = " soft" if spoilt(row) else ""
    return f'<td class="n{soft}" title="{escape(sentence(row))}">{_sign(row.verdict)} {escape(text)}</td>'


def _sentences(report: Report) -> str:
    several = len(report.columns) > 1
    parts = []
    for column in report.columns:
        if several:
            parts.append(f'<h2 class="soft">{escape(column.label)}</h2>')
        lines = (row for row, place in zip(report.rows, report.places, strict=True) if place == column)
        parts.append("<ol>" + "".join(f"<li>{escape(sentence(row))}</li>" for row in lines) + "</ol>")
    return "\n".join(parts)
