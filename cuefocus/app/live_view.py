"""What a person sees while the daemon runs: one picture on a terminal, one line an event elsewhere."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.errors import TimecodeError
from cuefocus.timebase.frames import FrameRate, rate_named, timecode_at
from cuefocus.timebase.units import NS_PER_S

Fields = Mapping[str, Any]

KEYS_LINE: Final = "a arm · e engage · space GO · h HOLD · r resume · p PANIC · q quit"
_LANDINGS: Final = 10
_ALARMS: Final = 4
_METER_DB: Final = 60.0
_METER_CELLS: Final = 12
_GOOD_LOCK: Final = 0.8
_ALARM_SHOWN_NS: Final = 30 * NS_PER_S
_STATE_LOOK: Final = {
    "locked": ("● LOCKED", "bold green"),
    "checking": ("◐ CHECKING", "bold yellow"),
    "freewheeling": ("◌ FREEWHEELING", "bold dark_orange"),
    "locating": ("↷ LOCATING", "bold yellow"),
    "holding": ("■ HOLDING", "bold red"),
    "disagree": ("≠ DISAGREE", "bold red"),
    "no_signal": ("○ NO SIGNAL", "bold grey62"),
}
_VERDICT_LOOK: Final = {"landed": "green", "skipped": "grey62", "replaced": "grey62", "overridden": "dark_orange"}


@dataclass(slots=True)
class Picture:
    """What is known now, gathered from events.

    Args:
        state: fields of the last whole state event.
        sounds: the last meter of each live source.
        songs: where each source that follows a song's beats last was.
        landings, alarms: the last ones.
    """

    state: dict[str, Any] = field(default_factory=dict)
    sounds: dict[str, Fields] = field(default_factory=dict)
    songs: dict[str, Fields] = field(default_factory=dict)
    landings: deque[Fields] = field(default_factory=lambda: deque(maxlen=_LANDINGS))
    alarms: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=_ALARMS))
    answer: str = ""

    def take(self, event: Fields) -> None:
        """Note an event."""
        kind = event.get("event")
        if kind == "state" and "state" in event:
            self.state = dict(event)
        elif kind == "state" and "sound" in event:
            self.sounds[str(event.get("source", ""))] = event["sound"]
        elif kind == "state" and "song" in event:
            self.songs[str(event.get("source", ""))] = event["song"]
        elif kind == "source" and event.get("kind") == "lost":
            self.sounds.pop(str(event.get("source", "")), None)
            self.songs.pop(str(event.get("source", "")), None)
        elif kind == "landing":
            self.landings.appendleft(event)
        elif kind == "alarm":
            self.alarms.appendleft((int(event.get("host_ns", 0)), str(event.get("text", ""))))

    @property
    def rate(self) -> FrameRate | None:
        """How the act's labels count; None before the first state."""
        try:
            return rate_named(str(self.state["rate"])) if "rate" in self.state else None
        except TimecodeError:
            return None


def drawn(picture: Picture, clock: Clock, now_ns: int, *, title: str) -> RenderableType:
    """The picture of this moment."""
    parts: list[RenderableType] = [_head(picture, clock, now_ns, title)]
    parts += [_meter(source, sound) for source, sound in picture.sounds.items()]
    parts += [_song(source, song) for source, song in picture.songs.items()]
    parts.append(_next_line(picture, clock, now_ns))
    if picture.landings:
        parts.append(_landings(picture))
    for at_ns, text in picture.alarms:
        if now_ns - at_ns < _ALARM_SHOWN_NS:
            parts.append(Text(f"! {text}", style="bold red"))
    if picture.answer:
        parts.append(Text(picture.answer, style="italic"))
    parts.append(Text(KEYS_LINE, style="grey62"))
    return Group(*parts)


def _head(picture: Picture, clock: Clock, now_ns: int, title: str) -> RenderableType:
    state, rate = picture.state, picture.rate
    label = "--:--:--:--"
    if rate is not None and clock.state is not ClockState.NO_SIGNAL:
        label = timecode_at(clock.show_at(now_ns) if clock.running else clock.show_ns, rate).text(rate)
    word, look = _STATE_LOOK.get(clock.state.word, (clock.state.word, "bold"))
    source = f"from {state['source']}{_heard(state)}" if state.get("source") and clock.running else ""
    speed = f"{clock.speed:.3f}×" if clock.running and abs(clock.speed - 1.0) > 0.0005 else ""
    take = f"take {state['take']} pass {state['pass']}" if state.get("armed") else "rehearsal"
    engaged = state.get("engaged") or []
    ready = "ARMED" if state.get("armed") else "disarmed"
    ready += f", {', '.join(engaged)} engaged" if engaged else ", nothing engaged"
    line = Table.grid(padding=(0, 2))
    line.add_row(
        Text(label, style="bold white on grey15"), Text(word, style=look), Text(source), Text(speed), Text(take)
    )
    stops = [f"{axis} {word}" for axis, word in (state.get("stopped") or {}).items()]
    faults = [f"{axis}: {reason}" for axis, reason in (state.get("faults") or {}).items()]
    below = Text(f"{title} · {state.get('act', '')} · {ready}", style="cyan")
    trouble = Text("; ".join((*stops, *faults, str(state.get("refusal") or ""))).strip("; "), style="bold red")
    others = Text(" · ".join(_standbys(state)), style="grey62")
    return Group(*(part for part in (line, others, below, trouble) if not isinstance(part, Text) or part.plain))


def _heard(state: Fields) -> str:
    """The leader's rate by ear, once it is told."""
    heard = (state.get("sources") or {}).get(state.get("source")) or {}
    return f", {heard['heard_rate']} fps {heard['ppm']:+.0f} ppm" if heard.get("heard_rate") else ""


def _standbys(state: Fields) -> list[str]:
    """The sources beside the one that leads: whether each may stand in, and by how much it is late."""
    said: list[str] = []
    for name, heard in (state.get("sources") or {}).items():
        if heard.get("leads"):
            continue
        late_ms = heard.get("late_ms")
        if heard.get("state") in ("no_signal", None):
            said.append(f"{name}: no timecode")
        elif heard.get("refusal"):
            said.append(f"{name} cannot stand in: {heard['refusal']}")
        elif late_ms is None:
            said.append(f"{name}: {heard.get('timecode') or heard['state']}")
        elif heard.get("may_stand_in"):
            said.append(f"{name} stands by, {late_ms:+.1f} ms late")
        else:
            said.append(f"{name} cannot stand in, {late_ms:+.0f} ms late")
    return said


def _meter(source: str, sound: Fields) -> Text:
    """Level and lock of a live source."""
    level_dbfs, lock = float(sound["level_dbfs"]), float(sound["lock"])
    lit = round(min(1.0, max(0.0, 1.0 + level_dbfs / _METER_DB)) * _METER_CELLS)
    bar = "▮" * lit + "▯" * (_METER_CELLS - lit)
    channel = f" channel {sound['channel']}" if sound.get("channel") else ""
    parts = [f"{source}{channel}  {bar} {level_dbfs:6.1f} dBFS  lock {100 * lock:3.0f} %"]
    if sound.get("front_end"):
        parts.append(f"by {sound['front_end']}")
    if sound.get("clipped"):
        parts.append("CLIPPED")
    if sound.get("xruns"):
        parts.append(f"{sound['xruns']} xruns")
    good = lock > _GOOD_LOCK and not sound.get("clipped")
    return Text("  ".join(parts), style="green" if good else "yellow" if lock else "grey62")


def _song(source: str, song: Fields) -> Text:
    """Where a source is by bar and beat."""
    tempo = f"  {float(song['tempo']):.1f} bpm" if song.get("tempo") else ""
    if song.get("waits"):
        return Text(f"{source}  {song.get('act')}{tempo}  {song['waits']}, with start and stop sync", style="yellow")
    stands = "" if song.get("running") else "  stopped"
    text = f"{source}  {song.get('act')} bar {song.get('bar')} beat {song.get('beat')}{tempo}{stands}"
    return Text(text, style="green" if song.get("running") else "grey62")


def _next_line(picture: Picture, clock: Clock, now_ns: int) -> RenderableType:
    upcoming = picture.state.get("next")
    lines: list[Text] = []
    if isinstance(upcoming, Mapping):
        name = f" {upcoming['name']}" if upcoming.get("name") else ""
        where = f"{upcoming.get('axis', '')} → {upcoming.get('target', '')}"
        left_s = _left_s(upcoming, clock, now_ns)
        count = f"  lands in {left_s:5.1f} s" if left_s is not None else ""
        at = f" at {upcoming['land_at']}" if upcoming.get("land_at") else ""
        lines.append(Text(f"NEXT {upcoming.get('cue', '')}{name}  {where}{at}{count}", style="bold"))
    standing = _standing_by(picture.state)
    if standing:
        lines.append(Text(standing, style="bold"))
    waiting = _waiting(picture.state, now_ns)
    if waiting:
        lines.append(Text(waiting, style="bold yellow"))
    lines += [Text(f"{name}: {why}", style="bold red") for name, why in _refusals(picture.state).items()]
    return Group(*lines) if lines else Text("nothing ahead", style="grey62")


def _standing_by(state: Fields) -> str:
    """What GO fires, in the list of the space bar and in the others."""
    standby, main, lists = state.get("standby"), state.get("list"), state.get("standbys") or {}
    parts = [f"STANDBY {standby}: space fires it"] if standby else []
    parts += [f"{name}: {cue or 'at its end'}" for name, cue in lists.items() if name != main]
    return " · ".join(parts)


def _refusals(state: Fields) -> dict[str, str]:
    """Why GO could fire nothing now, by list."""
    return state.get("standby_refusals") or {}


def _waiting(state: Fields, now_ns: int) -> str:
    """Cues that were fired, or follow, and how long each has yet to wait."""
    since_s = (now_ns - int(state.get("host_ns", now_ns))) / NS_PER_S
    parts = []
    for wait in state.get("waiting") or ():
        left_s = max(0.0, wait["due_in_s"] - (0.0 if wait["held"] else since_s))
        parts.append(f"{wait['cue']} in {left_s:.1f} s" + (" (held)" if wait["held"] else ""))
    return f"WAITING {' · '.join(parts)}" if parts else ""


def _left_s(upcoming: Fields, clock: Clock, now_ns: int) -> float | None:
    """Host seconds to the landing; None while the clock does not run forward."""
    land_show_ns = upcoming.get("land_show_ns", upcoming.get("land_ns"))
    if not isinstance(land_show_ns, int) or not clock.running or clock.speed <= 0.0:
        return None
    return max(0.0, (clock.host_at(land_show_ns) - now_ns) / NS_PER_S)


def _landings(picture: Picture) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2))
    for heading in ("cue", "axis", "target", "verdict"):
        table.add_column(heading, style="grey82")
    table.add_column("error", justify="right")
    table.add_column("reason")
    for row in picture.landings:
        verdict = str(row.get("verdict", ""))
        table.add_row(
            Text(str(row.get("cue", ""))),
            Text(f"{row.get('camera', '')} {row.get('axis', '')}"),
            Text(str(row.get("target", ""))),
            Text(verdict, style=_VERDICT_LOOK.get(verdict, "bold red")),
            _error(row),
            Text(str(row.get("reason") or "")),
        )
    return table


def _error(row: Fields) -> str:
    error_ms, uncertainty_ms = row.get("error_ms"), row.get("uncertainty_ms")
    if error_ms is None:
        return "–"
    return f"{error_ms:+.2f} ms" + (f" ±{uncertainty_ms:.2f}" if uncertainty_ms is not None else "")


def sentence(event: Fields) -> str | None:
    """One line for a log or a pipe; None for what is not worth one."""
    kind = event.get("event")
    if kind == "landing":
        where = f"{event.get('camera')} {event.get('axis')} → {event.get('target')}"
        reason = f": {event['reason']}" if event.get("reason") else ""
        return f"cue {event.get('cue')}  {where}  {event.get('verdict')}  {_error(event)}{reason}"
    if kind == "alarm":
        return f"! {event.get('text', '')}"
    if kind == "state" and "suppressed" in event:
        routes = f"by {event.get('route')}, {event.get('age_ms')} ms after {event.get('by')}"
        return f"{event['suppressed']} heard again {routes}: {'refused' if event.get('refused') else 'taken'} once"
    if kind == "state" and "expired" in event:
        return f"{event['expired']} by {event.get('route')} is {event.get('age_ms')} ms old: not obeyed"
    if kind == "state" and "unfired" in event:
        return f"{event['unfired']} not fired by {event.get('route')} ({event.get('heard')}): {event.get('why')}"
    if kind == "take":
        if "slate" in event:
            return f"take {event.get('take')} slate {event['slate']}"
        if "mark" in event:
            mark = {"ng": "NG", "none": "not marked"}.get(event["mark"], event["mark"])
            return f"take {event.get('take')} pass {event.get('pass')} is {mark}"
        reason = f" ({event['reason']})" if event.get("reason") else ""
        return f"take {event.get('take')} {event.get('state')}{reason}"
    if kind == "source" and event.get("text"):
        return f"{event.get('source')} {event.get('kind')}: {event['text']}"
    if kind == "source" and event.get("kind") == "opened":
        duration_s = int(event.get("duration_ns", 0)) / NS_PER_S
        return f"{event.get('source')} plays, {duration_s:.1f} s"
    if kind == "sent":
        whose = f"cue {event['cue']} {event.get('moment')}" if event.get("cue") else event.get("moment")
        failed = f", not told: {event['failed']}" if event.get("failed") else ""
        return f"{event.get('to')} {event.get('what')}  ({whose})  {event.get('late_ms')} ms late{failed}"
    if kind == "calendar":
        return str(event.get("text", ""))
    if kind == "process":
        return f"{event.get('process')} {event.get('text')}"
    return None
