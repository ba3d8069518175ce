"""A dot plot of landings as SVG text: a rack a line, a dot a landing, time left to right. Same rows, same bytes."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import copysign, sqrt

from cuefocus.landing.report import RackLine, Report
from cuefocus.landing.rows import LandingRow
from cuefocus.landing.sentences import sentence

_WIDTH = 960
_LEFT, _RIGHT = 250, 140
_ROW = 26
_TOP, _BOTTOM = 34, 30
_SCALES_MS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)
_LONGEST_LABEL = 34
_TICKS = (0.02, 0.1, 0.4, 1.0)

#: Verdicts differ by shape too, for print and for eyes that do not tell the colours apart.
SHAPES = {
    "landed": "circle",
    "early": "M5,-6 L-6,0 L5,6 Z",
    "late": "M-5,-6 L6,0 L-5,6 Z",
    "over": "M0,-6 L6,5 L-6,5 Z",
    "short": "M0,6 L6,-5 L-6,-5 Z",
    "hunted": "M0,-6 L6,0 L0,6 L-6,0 Z",
}
_CROSS = "M-4,-4 L4,4 M-4,4 L4,-4"


@dataclass(frozen=True, slots=True)
class _Scale:
    """Errors to pixels by their square root, so that one late rack does not hide how the others differ.

    What lies beyond `reach_ms` sits at the rim.
    """

    reach_ms: float

    def x(self, error_ms: float) -> float:
        share = copysign(sqrt(min(1.0, abs(error_ms) / self.reach_ms)), error_ms)
        return _LEFT + (share + 1.0) / 2.0 * (_WIDTH - _LEFT - _RIGHT)


def dot_plot(report: Report) -> str:
    """The plot, self-contained; colours come from the page's CSS classes."""
    racks = report.racks
    height = _TOP + _ROW * len(racks) + _BOTTOM
    scale = _Scale(_reach_ms(report.rows))
    parts = [
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="errors of all landings, early left, late right">',
        *_frame_band(report.rows, scale, height),
        *_grid(scale, height),
    ]
    for line, rack in enumerate(racks):
        parts += _rack(rack, _TOP + _ROW * line + _ROW / 2, scale, striped=bool(line % 2))
    parts.append("</svg>")
    return "\n".join(parts)


def marker(verdict: str, x: float, y: float, *, faint: bool = False, title: str = "") -> str:
    """One landing's sign."""
    kind = f"v-{verdict}{' faint' if faint else ''}"
    shape = SHAPES.get(verdict, _CROSS)
    body = f"<title>{escape(title)}</title>" if title else ""
    place = f'transform="translate({x:.1f},{y:.1f})"'
    if shape == "circle":
        return f'<circle class="{kind}" r="5" {place}>{body}</circle>'
    return f'<path class="{kind}{" cross" if shape == _CROSS else ""}" d="{shape}" {place}>{body}</path>'


def _reach_ms(rows: Sequence[LandingRow]) -> float:
    errors = sorted(abs(row.error_ms) for row in rows if row.error_ms is not None)
    widest = errors[-1] if errors else 0.0
    return next((scale for scale in _SCALES_MS if scale >= widest * 1.05), _SCALES_MS[-1])


def _frame_band(rows: Sequence[LandingRow], scale: _Scale, height: int) -> list[str]:
    """Half a frame to either side, where the rows tell how long a frame is."""
    known = [(abs(row.error_ms), abs(row.error_frames)) for row in rows if row.error_ms and row.error_frames]
    if not known:
        return []
    error_ms, error_frames = max(known)
    half_ms = 0.5 * error_ms / error_frames
    left, right = scale.x(-half_ms), scale.x(half_ms)
    box = f'x="{left:.1f}" y="{_TOP}" width="{right - left:.1f}" height="{height - _TOP - _BOTTOM}"'
    return [f'<rect class="band" {box}><title>half a frame early to half a frame late</title></rect>']


def _grid(scale: _Scale, height: int) -> list[str]:
    parts = []
    for share in (*(-tick for tick in reversed(_TICKS)), 0.0, *_TICKS):
        error_ms = scale.reach_ms * share
        x = scale.x(error_ms)
        kind = "grid" if share else "zero"
        parts.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{height - _BOTTOM}"/>')
        text = f"{error_ms:+.3g}".replace("-", "−") if share else "0 ms"
        parts.append(f'<text class="tick" x="{x:.1f}" y="{height - 10}" text-anchor="middle">{text}</text>')
    parts.append(f'<text class="tick" x="{scale.x(-scale.reach_ms):.1f}" y="20">◂ early</text>')
    parts.append(f'<text class="tick" x="{scale.x(scale.reach_ms):.1f}" y="20" text-anchor="end">late ▸</text>')
    parts.append(f'<text class="tick" x="{_WIDTH - 8}" y="20" text-anchor="end">repeats within</text>')
    return parts


def _rack(rack: RackLine, y: float, scale: _Scale, *, striped: bool) -> list[str]:
    parts = []
    if striped:
        parts.append(f'<rect class="stripe" x="0" y="{y - _ROW / 2:.1f}" width="{_WIDTH}" height="{_ROW}"/>')
    camera = rack.camera if rack.axis == "focus" else f"{rack.camera} {rack.axis}"
    label = f"{rack.cue} · {camera} · {rack.target} · {rack.when}"
    short = label if len(label) <= _LONGEST_LABEL else f"{label[: _LONGEST_LABEL - 1]}…"
    title = escape(rack.name or label)
    parts.append(f'<text class="label" x="8" y="{y + 4:.1f}">{escape(short)}<title>{title}</title></text>')
    there = [row for row in rack.rows if row is not None]
    for turn, row in enumerate(there):
        faint = turn < len(there) - 1
        if row.error_ms is None:
            parts.append(marker(row.verdict, _WIDTH - _RIGHT + 24, y, faint=faint, title=sentence(row)))
            continue
        if row.uncertainty_ms and not faint:
            left = scale.x(row.error_ms - row.uncertainty_ms)
            right = scale.x(row.error_ms + row.uncertainty_ms)
            kind = f"whisker v-{row.verdict}"
            parts.append(f'<line class="{kind}" x1="{left:.1f}" x2="{right:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(marker(row.verdict, scale.x(row.error_ms), y, faint=faint, title=sentence(row)))
    spread = rack.repeatability.std_ms
    if spread is not None:
        parts.append(f'<text class="tick" x="{_WIDTH - 8}" y="{y + 4:.1f}" text-anchor="end">{spread:.2f} ms</text>')
    return parts
