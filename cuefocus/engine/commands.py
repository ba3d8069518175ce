"""An operator's words, and what each does. A table: verb → action."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from cuefocus.engine.outcome import Reply
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Command

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

Answer = tuple[bool, str]
_ALL_STOPS = Latch.HOLD | Latch.HAND | Latch.PANIC | Latch.RELEASE


def obey(session: "Session", command: Command) -> Reply:
    """Carry out one command and answer it."""
    action = _VERBS.get(command.verb)
    if action is None:
        text = f"no command {command.verb!r}; have {', '.join(_VERBS)}"
        return Reply(command.id, command.source, False, text, {})
    ok, text = action(session, command)
    data = session.status() if command.verb == "status" else {}
    return Reply(command.id, command.source, ok, text, data)


def _arm(session: "Session", command: Command) -> Answer:
    if session.book.armed:
        return True, f"take {session.book.take} is armed already"
    session.arm()
    return True, f"take {session.book.take} is armed"


def _disarm(session: "Session", command: Command) -> Answer:
    if not session.book.armed:
        return True, "nothing is armed"
    session.disarm("disarmed")
    for axis in session.stage.orders:
        _let_go(session, axis)
    return True, "disarmed; the axes hold"


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


def _let_go(session: "Session", axis: str) -> None:
    orders = session.stage.orders[axis]
    if orders.engaged:
        orders.engaged, orders.wants_operator = False, True
        orders.release(orders.last_sent_ring)


def _disengage(session: "Session", command: Command) -> Answer:
    chosen, problem = _axes(session, command)
    if problem:
        return False, problem
    for axis in chosen:
        _let_go(session, axis)
    return True, f"{', '.join(chosen)} disengaged; they hold"


def _go(session: "Session", command: Command) -> Answer:
    if command.target:
        return session.fire(command.target, command.stamp_ns, command.source)
    return session.go(command.stamp_ns, command.source)


def _stop(latch: Latch) -> Callable[["Session", Command], Answer]:
    def stop(session: "Session", command: Command) -> Answer:
        chosen, problem = _axes(session, command)
        if problem:
            return False, problem
        whole = len(chosen) == len(session.stage.orders)
        for axis in [""] if whole else chosen:
            session.latch(axis, latch, on=True)
        return True, f"{latch.name} on {'every axis' if whole else ', '.join(chosen)}; resume takes it back"

    return stop


def _resume(session: "Session", command: Command) -> Answer:
    chosen, problem = _axes(session, command)
    if problem:
        return False, problem
    whole = len(chosen) == len(session.stage.orders)
    for axis in [""] if whole else chosen:
        session.latch(axis, _ALL_STOPS, on=False)
    for axis in chosen:
        orders = session.stage.orders[axis]
        was, orders.latch = orders.latch, Latch.NONE
        if was or orders.loose:
            why = "a hand drove the axis" if was & Latch.HAND else "the axis was stopped"
            session.stage.rejoin_axis(session, orders, why, by_operator=True)
    return True, f"{', '.join(chosen)} may move again; the next rack leaves from where it is"


def _take_start(session: "Session", command: Command) -> Answer:
    if session.book.armed:
        session.end_take("next take")
    session.arm()
    return True, f"take {session.book.take} is armed"


def _take_end(session: "Session", command: Command) -> Answer:
    if not session.book.armed:
        return False, "no take is running"
    session.end_take("take ended by the operator")
    return True, f"take {session.book.take} is over"


def _mark(session: "Session", command: Command) -> Answer:
    word = command.value.lower()
    if word not in ("good", "ng", "none"):
        return False, f"a pass is marked good or ng, not {command.value!r}"
    session.tell("take", take=session.book.take, **{"pass": session.book.pass_}, mark=word)
    return True, f"take {session.book.take} pass {session.book.pass_} is {word.upper() if word == 'ng' else word}"


def _slate(session: "Session", command: Command) -> Answer:
    session.tell("take", take=session.book.take, slate=command.value)
    return True, f"slate {command.value}"


def _status(session: "Session", command: Command) -> Answer:
    return True, session.clock.state.word


_VERBS: dict[str, Callable[["Session", Command], Answer]] = {
    "arm": _arm,
    "disarm": _disarm,
    "engage": _engage,
    "disengage": _disengage,
    "go": _go,
    "hold": _stop(Latch.HOLD),
    "hand": _stop(Latch.HAND),
    "panic": _stop(Latch.PANIC),
    "release": _stop(Latch.RELEASE),
    "resume": _resume,
    "take_start": _take_start,
    "take_end": _take_end,
    "mark": _mark,
    "slate": _slate,
    "status": _status,
}
