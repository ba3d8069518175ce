"""What of the show others may ask for, kept as the session's events say it is."""

from collections.abc import Mapping
from dataclasses import replace

from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.dialects.dialect import ShowView


def observed(view: ShowView, event: Mapping[str, object]) -> ShowView:
    """The view after an event, as `run --json` prints it. Which cues are under way is changed in place."""
    kind, cue = event.get("event"), view.cues.get(str(event.get("cue", "")))
    if kind == "state" and "timecode" in event:
        return replace(view, status=event, countdown_s=_countdown_s(event))
    if kind in ("departure", "landing") and cue is not None and isinstance(view.cues, dict):
        view.cues[cue.number] = replace(cue, running=kind == "departure")
    return view


def _countdown_s(status: Mapping[str, object]) -> float | None:
    """Seconds until the next timed rack lands; None where no clock runs towards it."""
    coming, at_ns, speed = status.get("next"), status.get("show_ns"), status.get("speed")
    if not isinstance(coming, Mapping) or not isinstance(at_ns, int) or not isinstance(speed, float) or speed <= 0.0:
        return None
    return float((coming["land_show_ns"] - at_ns) / NS_PER_S / speed)
