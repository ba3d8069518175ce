"""A landing in one sentence that can be read aloud across a set."""

from cuefocus.landing.rows import LandingRow
from cuefocus.landing.verdict import FATES, Verdict

_MEASURED = {"motor": "measured at the motor", "lens": "measured at the lens"}
_NOT_THERE = {
    Verdict.SHORT: "not reached",
    Verdict.OVER: "overshot",
    Verdict.HUNTED: "not held",
}


def sentence(row: LandingRow) -> str:
    """*Cue 1, Ben sharp 1 frame late on "goodbye" (measured at the motor, ±4 ms): playback jumped.*"""
    verdict = Verdict(row.verdict)
    parts = [f"Cue {row.cue}, {_subject(row)}"]
    if verdict in FATES:
        parts.append(verdict.value)
    elif verdict in _NOT_THERE:
        parts.append(_NOT_THERE[verdict])
    else:
        parts.append(_state(row))
        if verdict is not Verdict.LANDED:
            parts.append(lateness(row.error_ms, row.error_frames) or verdict.value)
    parts.append(_when(row.anchor, row.land_at))
    doubt = _doubt(row, with_error=verdict is Verdict.LANDED)
    parts.append(f"({doubt})" if doubt and verdict not in FATES else "")
    text = " ".join(part for part in parts if part)
    return f"{text}{f': {row.reason}' if row.reason else ''}.{_departure(row)}"


def lateness(error_ms: float | None, error_frames: float | None) -> str:
    """`1 frame late`, `0.6 frames early`, `3.2 ms late`; empty when unknown, `on time` for nothing at all."""
    if error_ms is None:
        return ""
    if round(error_ms, 1) == 0.0:
        return "on time"
    side = "late" if error_ms > 0 else "early"
    frames = 0.0 if error_frames is None else abs(error_frames)
    if frames < 0.5:
        return f"{abs(error_ms):.1f} ms {side}"
    whole = round(frames)
    text = str(whole) if abs(frames - whole) < 0.15 and whole else f"{frames:.1f}"
    return f"{text} {'frame' if text == '1' else 'frames'} {side}"


def signed_ms(error_ms: float) -> str:
    """`+0.5`, `−12.0`, `0.0`: with a sign that is wide enough to see."""
    rounded = round(error_ms, 1)
    if rounded == 0.0:
        return "0.0"
    return f"{'+' if rounded > 0 else '−'}{abs(rounded):.1f}"


def _subject(row: LandingRow) -> str:
    if row.axis != "focus":
        return f"{row.axis} {row.target}"
    return row.target[:1].upper() + row.target[1:]


def _state(row: LandingRow) -> str:
    if row.axis != "focus":
        return "there"
    stopped = row.arrived_s is not None and row.arrived_s == row.stopped_s and row.arrived_s != row.sharp_s
    return "at rest" if stopped else "sharp"


def _when(anchor: str | None, land_at: str | None) -> str:
    if anchor and anchor != land_at:
        return f"on {anchor}"
    return f"at {land_at}" if land_at else ""


def _doubt(row: LandingRow, *, with_error: bool) -> str:
    how = "estimated" if row.estimated else _MEASURED.get(row.measured_at, "")
    error = f"{signed_ms(row.error_ms)} ms" if with_error and row.error_ms is not None else ""
    doubt = "" if row.uncertainty_ms is None else f"±{_plain_ms(row.uncertainty_ms)} ms"
    return ", ".join(part for part in (how, " ".join(part for part in (error, doubt) if part)) if part)


def _plain_ms(uncertainty_ms: float) -> str:
    return f"{uncertainty_ms:.0f}" if uncertainty_ms >= 0.95 else f"{max(0.1, uncertainty_ms):.1f}"


def _departure(row: LandingRow) -> str:
    if row.leave_error_ms is None:
        return ""
    where = _when(row.leave_anchor, row.leave_at)
    return f" It left {where + ' ' if where else ''}{lateness(row.leave_error_ms, row.leave_error_frames)}."
