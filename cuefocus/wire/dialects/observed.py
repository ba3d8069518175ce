"""What of the show others may ask for, kept as the session's events say it is."""

from collections.abc import Mapping
from dataclasses import replace

from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.dialects.dialect import ShowView


def observed(view: ShowView, event: Mapping[str, object]) -> ShowView:
    """The view after an event, as `run --json` prints it. Which cues are under way is changed in place."""
    kind, cue = event.get("event"), view.cues.get(str(event.get("cue", "")))
    if kind == "state" and "timecode" in event:
        after = replace(view, status=event, countdown_s=_countdown_s(event))
        _pause(view, after)
        return after
    if kind in ("departure", "landing") and cue is not None and isinstance(view.cues, dict):
        held = kind == "landing" and event.get("verdict") == "held" and event.get("reason") == "HOLD"
        view.cues[cue.number] = replace(cue, running=kind == "departure", paused=held and cue.triggered)
    return view


def _pause(view: ShowView, after: ShowView) -> None:
    """Cues whose waits stand still are paused; those that HOLD stopped are, as long as it stands on their axis."""
    stopped = _stopped(after)
    if not isinstance(view.cues, dict) or not any((stopped, after.waiting, _stopped(view), view.waiting)):
        return
    frozen = {wait["cue"] for wait in after.waiting if wait["held"]}
    for number, cue in view.cues.items():
        paused = number in frozen or (cue.paused and cue.axis_name in stopped)
        if paused != cue.paused:
            view.cues[number] = replace(cue, paused=paused)


def _stopped(view: ShowView) -> Mapping[str, object]:
    stopped = view.status.get("stopped")
    return stopped if isinstance(stopped, Mapping) else {}


def _countdown_s(status: Mapping[str, object]) -> float | None:
    """Seconds until the next timed rack lands; None where no clock runs towards it."""
    coming, at_ns, speed = status.get("next"), status.get("show_ns"), status.get("speed")
    if not isinstance(coming, Mapping) or not isinstance(at_ns, int) or not isinstance(speed, float) or speed <= 0.0:
        return None
    return float((coming["land_show_ns"] - at_ns) / NS_PER_S / speed)
