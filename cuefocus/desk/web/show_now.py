"""The show as it is now, for whoever looks: kept from the session's events, carried on by the clock between them. Pure.

Nothing here is asked of anybody, so looking costs the conductor nothing. What was told too long ago is said to be
stale.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from cuefocus.desk.web.config import CueLine
from cuefocus.timebase.frames import rate_named, timecode_at
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.dialects.companion import color_of
from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.dialects.observed import observed

STALE_NS: Final = 3 * NS_PER_S
"""While timecode runs the state is told once a second."""
_RUNNING: Final = ("checking", "locked", "freewheeling")
_MOST_ALARMS: Final = 20
_STALE_COLOUR: Final = "#3c3c3c"
_TOLD: Final = (
    "act",
    "take",
    "pass",
    "source",
    "stopped",
    "faults",
    "waiting",
    "refusal",
    "standbys",
    "standby_refusals",
)


class ShowNow:
    """One show.

    Args:
        title: the show's.
        lines: its cues.
    """

    def __init__(self, title: str, lines: Iterable[CueLine]) -> None:
        self._lines = {line.cue: line for line in lines}
        cues = {
            line.cue: CueView(line.cue, line.name, line.camera, line.axis, line.triggered)
            for line in self._lines.values()
        }
        self.view = ShowView(title, {}, cues)
        self.unanswered = False
        self._alarms: deque[dict[str, object]] = deque(maxlen=_MOST_ALARMS)
        self._landed: Mapping[str, Any] = {}
        self._heard_ns = 0

    def hear(self, event: Mapping[str, Any], now_ns: int) -> None:
        """Take in an event, as `run --json` prints it."""
        self.view = observed(self.view, event)
        if event.get("event") == "alarm":
            self.note_alarm(event)
        elif event.get("event") == "landing":
            self._landed = event
        self._heard_ns, self.unanswered = now_ns, False

    def note_alarm(self, event: Mapping[str, Any]) -> None:
        """Keep an alarm, whoever gave it."""
        self._alarms.append({key: event[key] for key in ("host_ns", "text", "source") if key in event})

    def quiet_for(self, now_ns: int) -> int:
        """For how long nothing was heard of the conductor, ns."""
        return now_ns - self._heard_ns

    def knows(self, cue: str) -> bool:
        """Whether the show has that cue."""
        return cue in self._lines

    def stale(self, now_ns: int) -> bool:
        """Whether what is known may be true no longer."""
        if self.unanswered or not self.view.status:
            return True
        return self._runs and self.quiet_for(now_ns) > STALE_NS

    @property
    def _runs(self) -> bool:
        return self.view.status.get("state") in _RUNNING

    def status(self, now_ns: int) -> dict[str, object]:
        """The show at a glance. Times are carried on from when they were told, but not past `STALE_NS`."""
        told, stale = self.view.status, self.stale(now_ns)
        said_ns = told.get("host_ns")
        since_ns = now_ns - said_ns if self._runs and isinstance(said_ns, int) else 0
        since_ns = max(0, min(since_ns, STALE_NS))
        countdown_s = self.view.countdown_s
        coming = told.get("next")
        shown = ("cue", "name", "axis", "target", "anchor", "land_at", "life")
        return {
            "title": self.view.title,
            "state": str(told.get("state", "unknown")),
            "stale": stale,
            "timecode": self._timecode(since_ns),
            "next": {key: coming.get(key) for key in shown} if isinstance(coming, Mapping) else None,
            "countdown_s": None if countdown_s is None else round(max(0.0, countdown_s - since_ns / NS_PER_S), 3),
            "standby": told.get("standby"),
            "armed": told.get("armed") is True,
            "engaged": told.get("engaged", []),
            "running": [cue.number for cue in self.view.cues.values() if cue.running],
            "landed": {key: self._landed.get(key) for key in ("cue", "verdict", "error_ms")} if self._landed else None,
            "alarms": list(self._alarms),
            "colour": _STALE_COLOUR if stale else "#{:02x}{:02x}{:02x}".format(*color_of(told)),
            **{key: told.get(key) for key in _TOLD},
        }

    def variables(self, now_ns: int) -> dict[str, str | int | float]:
        """The same as flat names, for buttons: an empty text for what there is not."""
        now = self.status(now_ns)
        coming, landed, alarms, engaged = now["next"], now["landed"], now["alarms"], now["engaged"]
        next_rack = coming if isinstance(coming, Mapping) else {}
        last = landed if isinstance(landed, Mapping) else {}
        standby = self._lines.get(str(now["standby"]))
        countdown_s = now["countdown_s"]
        return {
            "title": self.view.title,
            "state": "stale" if now["stale"] else str(now["state"]),
            "state_colour": str(now["colour"]),
            "timecode": str(now["timecode"] or ""),
            "armed": int(now["armed"] is True),
            "engaged": " ".join(map(str, engaged)) if isinstance(engaged, Iterable) else "",
            "stopped": " ".join(told) if isinstance(told := now["stopped"], Mapping) else "",
            "standby": str(now["standby"] or ""),
            "standby_name": standby.name if standby is not None else "",
            "next_cue": str(next_rack.get("cue") or ""),
            "next_name": str(next_rack.get("name") or ""),
            "countdown": f"{countdown_s:.1f}" if isinstance(countdown_s, float) else "",
            "take": take if isinstance(take := now["take"], int) else 0,
            "landed_cue": str(last.get("cue") or ""),
            "landed_verdict": str(last.get("verdict") or ""),
            "landed_error_ms": f"{error:+.1f}" if isinstance(error := last.get("error_ms"), int | float) else "",
            "alarm": str(alarms[-1]["text"]) if isinstance(alarms, list) and alarms else "",
        }

    def cues(self) -> list[dict[str, object]]:
        """The show's cues in order, and which are under way."""
        return [
            {
                "cue": line.cue,
                "name": line.name,
                "camera": line.camera,
                "axis": line.axis,
                "act": line.act or None,
                "to": line.to,
                "lands": line.lands or None,
                "triggered": line.triggered,
                "running": self.view.cues[line.cue].running,
                "standby": self.view.status.get("standby") == line.cue,
            }
            for line in self._lines.values()
        ]

    def begin_anew(self) -> None:
        """News were lost: what is under way is not known any more."""
        self.view = replace(self.view, cues={key: replace(cue, running=False) for key, cue in self.view.cues.items()})

    def _timecode(self, since_ns: int) -> object:
        told = self.view.status
        at_ns, speed, rate_name = told.get("show_ns"), told.get("speed"), told.get("rate")
        if not (isinstance(at_ns, int) and isinstance(speed, float) and isinstance(rate_name, str) and since_ns):
            return told.get("timecode")
        rate = rate_named(rate_name)
        return timecode_at(at_ns + round(since_ns * speed), rate).text(rate)
