"""An operator's words, and what each does. A table: verb → action."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from cuefocus.engine import offsets, stack_commands, stopping
from cuefocus.engine.outcome import Reply
from cuefocus.engine.plan import DISARMING_STOPS, Latch
from cuefocus.engine.ports import Command
from cuefocus.engine.settings import shown_ns
from cuefocus.engine.takebook import CueRecord
from cuefocus.landing.verdict import SHORT_AFTER_NS
from cuefocus.motion.live import NOTHING_SET, Live
from cuefocus.wire.said import HELD, STOPS_IN_DOUBT

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

Answer = tuple[bool, str]
_SETTING = re.compile(r"(stop|focal_mm)=([0-9]{1,5}(?:\.[0-9]{1,6})?)")
_SLATE_LETTERS = 200
_CONDUCTOR = "conductor"  # resumes axes after an absence of its own
_ALL_STOPS = Latch.HOLD | Latch.HAND | Latch.PANIC | Latch.RELEASE


def obey(session: "Session", command: Command) -> Reply:
    """Carry out one command and answer it."""
    action = _VERBS.get(command.verb)
    if action is None:
        text = f"no command {command.verb!r}; have {', '.join(_VERBS)}"
        return Reply(command.id, command.source, False, text, {})
    held = _held(session, command) if command.verb == "hold" else {}
    ok, text = action(session, command)
    data = session.status() if command.verb == "status" else held
    return Reply(command.id, command.source, ok, text, data, alarmed=not ok and session.alarmed(text))


BETWEEN_RACKS = "between-racks"
"""A disarm that cuts nothing short: refused while a rack is under way, or a cue waits to go."""
CALENDAR = "calendar"
"""The source of what the desk says by the clock on the wall."""
LAST_WORDS = "run"
"""Who disarms when the run ends: no step may follow, so nothing is left to be told in one."""


def _arm(session: "Session", command: Command) -> Answer:
    if session.book.armed:
        return True, f"take {session.book.take} is armed already"
    session.arm()
    return True, f"take {session.book.take} is armed"


def _disarm(session: "Session", command: Command) -> Answer:
    armed, engaged = session.book.armed, any(orders.engaged for orders in session.stage.orders.values())
    if command.value == BETWEEN_RACKS:
        under_way = [record for axis in session.stage.orders for record in session.book.pulling(axis)]
        busy = [f"cue {one.rack.cue} on {one.axis}" for one in under_way if not _judged(one, session.now_ns)]
        busy += [f"cue {wait.cue} on {wait.axis} ({wait.why})" for wait in session.casting.waits]
        if busy:
            return False, f"under way: {', '.join(busy)}"
    reason = "disarmed" if command.source != CALENDAR else "disarmed by the calendar"
    session.disarm(reason)
    if command.source == LAST_WORDS:
        session.taking.tell_all(session)
    if armed:
        return True, "disarmed; the axes hold"
    return True, "nothing was armed; the axes are disengaged now" if engaged else "nothing is armed"


def _judged(record: CueRecord, now_ns: int) -> bool:
    """Whether a rack has had its landing, and the time in which one that came short may still arrive."""
    return record.land_host_ns is not None and now_ns >= record.land_host_ns + SHORT_AFTER_NS


def _axes(session: "Session", command: Command) -> tuple[list[str], str]:
    """The axes a command is for: one by name, those of a camera, or all."""
    names = list(session.stage.orders)
    if not command.target:
        return names, ""
    chosen = [name for name in names if command.target in (name, name.partition(".")[0])]
    return chosen, "" if chosen else f"no axis or camera {command.target!r}; have {', '.join(names)}"


def _engage(session: "Session", command: Command) -> Answer:
    chosen, problem = _axes(session, command)
    if problem:
        return False, problem
    if not session.book.armed:
        return False, "arm first; then engage"
    confirmed = command.value == "confirm"
    engaged, said = list[str](), list[str]()
    for axis in chosen:
        why = session.engage(axis, confirmed=confirmed)
        orders = session.stage.orders[axis]
        if not why:
            engaged.append(axis)
        elif orders.assumed and not (orders.fault or orders.latch):
            said.append(f"{axis} only assumes where it stands; look, then: tell engage {axis} confirm")
        else:
            said.append(why)
    slow = [axis for axis in engaged if session.stage.orders[axis].cautious]
    done = f"{', '.join(engaged)} engaged" + (f"; the first move of {', '.join(slow)} is slow" if slow else "")
    if not said:
        return True, done
    return False, "; ".join([done] * bool(engaged) + said)


def _disengage(session: "Session", command: Command) -> Answer:
    chosen, problem = _axes(session, command)
    if problem:
        return False, problem
    for axis in chosen:
        session.stage.orders[axis].let_go()
    return True, f"{', '.join(chosen)} disengaged; they hold"


def _cue_axes(session: "Session", command: Command) -> tuple[list[str], str]:
    """As `_axes`; a cue stands for its axis, too, under way or not: whoever names one means no other axis."""
    chosen, problem = _axes(session, command)
    if not problem:
        return chosen, ""
    axis = session.job.axis_of(command.target)
    if axis is not None and axis in session.stage.orders:
        return [axis], ""
    return [], f"{problem}; nor has one of them a cue {command.target!r}"


def _at_rest(session: "Session", cue: str) -> str:
    """For who stops a cue: that it is not under way (it has just landed, and another moves its axis, say); or empty."""
    axis = session.job.axis_of(cue)
    if axis is None or any(one.rack.cue == cue for one in session.book.pulling(axis)):
        return ""
    if session.halted.axis_of(cue) is not None or any(wait.cue == cue for wait in session.casting.waits):
        return ""
    return f"cue {cue} is not under way"


def axes_of(session: "Session", command: Command) -> list[str]:
    """The axes that a word stops, or lets move again: all where it names none, or ends or begins a take."""
    if command.verb in ("hold", "resume"):
        chosen, problem = _cue_axes(session, command)
    elif command.verb in ("hand", "engage", "disengage"):
        chosen, problem = _axes(session, command)
    else:  # PANIC and RELEASE end the take for all, whichever they are for
        return list(session.stage.orders)
    return list(session.stage.orders) if problem and command.verb in STOPS_IN_DOUBT else chosen


def _held(session: "Session", command: Command) -> dict[str, object]:
    """What a HOLD of neither axis nor camera is for, as motion takes it: a cue's axis; empty for every axis."""
    if not _axes(session, command)[1]:
        return {}
    return {HELD: next(iter(_cue_axes(session, command)[0]), "")}


def _stop(latch: Latch) -> Callable[["Session", Command], Answer]:
    def stop(session: "Session", command: Command) -> Answer:
        chosen, problem = _cue_axes(session, command) if latch is Latch.HOLD else _axes(session, command)
        if problem and command.verb not in STOPS_IN_DOUBT:
            return False, problem
        whole = bool(problem) or len(chosen) == len(session.stage.orders)
        for axis in [""] if whole else chosen:
            session.latch(axis, latch, on=True)
        for axis in session.stage.orders if whole else chosen:
            stopping.order(session, session.stage.orders[axis], latch)
        done = f"{latch.name} on {'every axis' if whole else ', '.join(chosen)}"
        if latch & DISARMING_STOPS:
            session.taking.disarm(session, f"{latch.name}", stopped=True)
            done += "; all disarmed and disengaged; resume takes back the stop alone"
        else:
            done += "; resume takes it back"
        aside = problem or _at_rest(session, command.target)
        return True, f"{aside}: {done}" if aside else done

    return stop


def _resume(session: "Session", command: Command) -> Answer:
    chosen, problem = _cue_axes(session, command)
    if problem:
        return False, problem
    whole = len(chosen) == len(session.stage.orders)
    for axis in [""] if whole else chosen:
        session.latch(axis, _ALL_STOPS, on=False)
    said = [f"{', '.join(chosen)} may move again"]
    for axis in chosen:
        orders = session.stage.orders[axis]
        was = orders.latch
        orders.stops.take_back()
        if was or orders.loose:
            stopping.rejoin(session, orders, was)
            if command.source != _CONDUCTOR:  # what nobody conducted is not made up for
                said.append(session.halted.go_on(session, orders, was, f"resume by {command.source}"))
    told = list(filter(None, said))
    return True, "; ".join(told if len(told) > 1 else [*told, "the next rack leaves from where it is"])


def _take_start(session: "Session", command: Command) -> Answer:
    if session.book.armed:
        session.end_take("next take", command.stamp_ns)
    session.arm()
    return True, f"take {session.book.take} is armed"


def _take_end(session: "Session", command: Command) -> Answer:
    if not session.book.armed:
        return False, "no take is running"
    session.end_take("take ended by the operator", command.stamp_ns)
    return True, f"take {session.book.take} is over"


def _mark(session: "Session", command: Command) -> Answer:
    word = command.value.lower()
    if word not in ("good", "ng", "none"):
        return False, f"a pass is marked good or ng, not {command.value!r}"
    session.tell("take", take=session.book.take, **{"pass": session.book.pass_}, mark=word)
    return True, f"take {session.book.take} pass {session.book.pass_} is {word.upper() if word == 'ng' else word}"


def _slate(session: "Session", command: Command) -> Answer:
    if not command.value.strip():
        return False, "a slate needs a text, such as 47B"
    if len(command.value) > _SLATE_LETTERS:
        return False, f"a slate has at most {_SLATE_LETTERS} letters, not {len(command.value)}"
    if not command.value.isprintable():
        return False, "a slate is one line of letters, without control characters"
    session.tell("take", take=session.book.take, slate=command.value)
    return True, f"slate {command.value}"


def _setup(session: "Session", command: Command) -> Answer:
    """`stop=2.8 focal_mm=85` or `clear`; nothing at all asks what is set."""
    settings, camera = session.settings, command.target
    glass = settings.glass(session.act, camera)
    if glass is None:
        return False, f"no camera {camera!r}; have {', '.join(session.job.glass) or 'none'}"
    live = settings.live.get(camera, NOTHING_SET)
    if command.value == "clear":
        settings.set(session, camera, NOTHING_SET)
    elif command.value:
        wanted = _live(command.value)
        if wanted is None:
            return False, f"{command.value!r} is no setting; say stop=2.8, focal_mm=85 or clear"
        why = glass.refusal(wanted)
        if why:
            return False, why
        stop = live.stop if wanted.stop is None else wanted.stop
        settings.set(session, camera, Live(stop, live.focal_mm if wanted.focal_mm is None else wanted.focal_mm))
    return True, _lens_text(session, camera)


def _live(value: str) -> Live | None:
    """The values of a setting; None for what is none."""
    found: dict[str, float] = {}
    for word in value.split():
        match = _SETTING.fullmatch(word)
        if match is None or match[1] in found:
            return None
        found[match[1]] = float(match[2])
    live = Live(found.get("stop"), found.get("focal_mm"))
    return live if live and all(number > 0.0 for number in found.values()) else None


def _lens_text(session: "Session", camera: str) -> str:
    shown = session.settings.shown(session.act, shown_ns(session.clock, session.now_ns))[camera]
    stop, focal_mm = shown["stop"], shown["focal_mm"]
    by = {"set": "last set", "track": "its own track", "act": f"act {session.act.name}", "rig": "rig"}
    return f"{camera}: T{stop:g} ({by[str(shown['stop_by'])]}), {focal_mm:g} mm ({by[str(shown['focal_by'])]})"


def _source(session: "Session", command: Command) -> Answer:
    """A name lets that source lead, `confirm` has its constant difference taken off; nothing asks who leads."""
    sources = session.sources
    if not command.target:
        return True, f"{sources.leader} leads; have {', '.join(sources.followers)}"
    if command.target not in sources.followers:
        return False, f"no source {command.target!r}; have {', '.join(sources.followers)}"
    if command.value == "confirm" and command.target == sources.leader:
        return False, f"{command.target} leads; only what a source that stands by is late by can be taken off"
    if command.value == "confirm":
        late_ms = sources.confirm(command.target)
        if late_ms is None:
            return False, f"{command.target} has not run beside {sources.leader} and agreed with it for two seconds yet"
        return True, f"{command.target} is taken to be {late_ms:+.3f} ms late against {sources.leader} from now on"
    runs = session.clock.running
    good, refusal = sources.choose(command.target), sources.followers[command.target].refusal
    if refusal:
        return True, f"{command.target} is the first in order, but cannot be followed as it is: {refusal}"
    if not good and runs:
        return True, f"{command.target} has no timecode now; it is the first in order from the next start on"
    return True, f"{command.target} leads" if good else f"{command.target} is the first in order"


def _status(session: "Session", command: Command) -> Answer:
    lenses = [_lens_text(session, camera) for camera in session.settings.live]
    shown = session.status()
    scrubs = [f"scrubbing at {shown['timecode']}, {shown['speed']:+.2f}×"] if shown["scrubbing"] else []
    orders = session.stage.orders.values()
    stopped = [f"{one.name} is stopped by {one.latch.words}" for one in orders if one.latch]
    faults = [f"{one.name}: {one.fault}" for one in orders if one.fault]
    later = list(filter(None, [offsets.told(session)]))
    return True, "; ".join([session.clock.state.word, *scrubs, *stopped, *faults, *lenses, *later])


_VERBS: dict[str, Callable[["Session", Command], Answer]] = {
    "arm": _arm,
    "disarm": _disarm,
    "engage": _engage,
    "disengage": _disengage,
    "go": stack_commands.go,
    "standby": stack_commands.standby,
    "next": stack_commands.onwards,
    "back": stack_commands.back,
    "load": stack_commands.load,
    "top": stack_commands.top,
    "hold": _stop(Latch.HOLD),
    "hand": _stop(Latch.HAND),
    "panic": _stop(Latch.PANIC),
    "release": _stop(Latch.RELEASE),
    "resume": _resume,
    "take_start": _take_start,
    "take_end": _take_end,
    "mark": _mark,
    "slate": _slate,
    "setup": _setup,
    "offset": offsets.offset,
    "source": _source,
    "status": _status,
}
