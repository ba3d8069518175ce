"""Orders to a running daemon, by its local sockets; whoever gives one waits for the answer.

A stop goes to motion first, which obeys whoever else is dead; then to the conductor, so that the session knows. A stop
whose target nobody knows is for every axis, and the answer says so. What motion does not know of (a cue, a slip) the
session says the axis of, and motion is told again.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.local_socket import ask
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.said import HELD, STOPS, STOPS_IN_DOUBT

ANSWER_NS: Final = 1000 * NS_PER_MS
MOTION_ANSWER_NS: Final = 500 * NS_PER_MS


@dataclass(frozen=True, slots=True)
class Order:
    """A command as it goes out.

    Args:
        target: camera, axis or cue; empty for all, or the next.
        value: the rest, by verb.
        by_ring: a hand move, ring; None for none.
        said_ns: host time at which it was said, where that was before now; 0: now. It is the same order whenever said.
    """

    verb: str
    target: str = ""
    value: str = ""
    by_ring: float | None = None
    said_ns: int = field(default=0, compare=False)

    @property
    def stop(self) -> bool:
        """Whether motion obeys it by itself."""
        return self.verb in STOPS


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Args:
        ok: whether it was done. For a stop: whether motion obeyed.
        text: for a person.
        data: for a program.
        absent: it was not done because somebody who must obey is not there.
    """

    ok: bool
    text: str
    data: dict[str, object] = field(default_factory=dict)
    absent: bool = False

    def as_dict(self) -> dict[str, object]:
        """The answer for `--json`."""
        return {"ok": self.ok, "text": self.text, **self.data}


def give(motion: Path, conductor: Path, order: Order, *, source: str, timeout_ns: int = ANSWER_NS) -> Answer:
    """Give an order, and wait for the answer.

    Args:
        motion: its socket.
        conductor: its socket.
        order: what to do.
        source: who says it: "tell", "key", …
        timeout_ns: how long the conductor may take.

    Raises: DeviceError when nobody is there to obey it.
    """
    fields: dict[str, object] = {"verb": order.verb, "target": order.target, "value": order.value, "source": source}
    if not order.stop:
        if order.said_ns:
            fields["said_ns"] = order.said_ns
        return _answer(ask(conductor, fields, timeout_ns=timeout_ns))
    obeyed = _by_motion(motion, fields if order.by_ring is None else {**fields, "by": order.by_ring})
    try:
        known = _answer(ask(conductor, fields, timeout_ns=timeout_ns))
    except DeviceError as problem:
        if obeyed.absent:
            raise DeviceError(f"nobody obeys: {obeyed.text}, and the conductor does not answer") from problem
        return _alone(motion, order, fields, obeyed)
    held = known.data.pop(HELD, None)
    by_cue = order.verb == "hold" and not obeyed.absent and known.ok  # only the session knows what a cue moves
    if by_cue and not obeyed.ok and isinstance(held, str):
        obeyed = _by_motion(motion, {**fields, "target": held})
    if not (obeyed.ok or obeyed.absent or known.ok) and order.verb in STOPS_IN_DOUBT:
        obeyed = _everywhere(motion, fields, obeyed)
    if not obeyed.ok and by_cue:
        return Answer(True, known.text, {"motion": False, "conductor": True, **known.data})
    if not obeyed.ok:
        text = "; ".join(dict.fromkeys((known.text, obeyed.text)))  # both may refuse in the same words
        return Answer(False, text, {"motion": False, "conductor": known.ok}, absent=obeyed.absent)
    text = known.text if known.ok else "; ".join(filter(None, (known.text, obeyed.text)))
    return Answer(True, text or obeyed.text, {"motion": True, "conductor": known.ok, **known.data})


def give_alone(motion: Path, order: Order, *, source: str, timeout_ns: int = MOTION_ANSWER_NS) -> Answer:
    """Give a stop to motion alone, since nobody conducts; a successor learns of it by the stop itself.

    Args:
        motion: its socket.
        order: one of the words that motion obeys.
        source: who says it.
        timeout_ns: how long motion may take; twice that where it knows no such target, and is asked for every axis.

    Raises: DeviceError when motion does not answer either.
    """
    fields: dict[str, object] = {"verb": order.verb, "target": order.target, "value": order.value, "source": source}
    if order.said_ns:
        fields["said_ns"] = order.said_ns
    obeyed = _by_motion(motion, fields, timeout_ns)
    if obeyed.absent:
        raise DeviceError(f"nobody obeys: {obeyed.text}, and nobody conducts")
    return _alone(motion, order, fields, obeyed, timeout_ns)


def _alone(
    motion: Path, order: Order, fields: dict[str, object], obeyed: Answer, timeout_ns: int = MOTION_ANSWER_NS
) -> Answer:
    """What is said of a stop that motion was given, and nobody else: for every axis where it names none."""
    if not obeyed.ok and order.verb in STOPS_IN_DOUBT:
        obeyed = _everywhere(motion, fields, obeyed, timeout_ns)
    said = obeyed.text if not obeyed.ok or order.target else "motion obeys"
    text = f"{order.verb.upper()}: {said}; the conductor does not answer"
    return Answer(obeyed.ok, text, {"motion": obeyed.ok, "conductor": False})


def _by_motion(motion: Path, fields: dict[str, object], timeout_ns: int = MOTION_ANSWER_NS) -> Answer:
    """What motion does of it."""
    try:
        return _answer(ask(motion, fields, timeout_ns=timeout_ns))
    except DeviceError as problem:
        return Answer(False, f"motion does not answer ({problem.sentence})", absent=True)


def _everywhere(motion: Path, fields: dict[str, object], refused: Answer, timeout_ns: int = MOTION_ANSWER_NS) -> Answer:
    """Have motion stop every axis, since nobody knows the one that was meant; the answer says why."""
    obeyed = _by_motion(motion, {**fields, "target": ""}, timeout_ns)
    return replace(obeyed, text=f"{refused.text}: every axis: {obeyed.text}") if obeyed.ok else refused


def _answer(fields: dict[str, object]) -> Answer:
    """An answer as both sockets give it."""
    data = fields.get("data")
    text = str(fields.get("text") or fields.get("problem") or "")
    return Answer(fields.get("ok") is True, text, dict(data) if isinstance(data, dict) else {})
