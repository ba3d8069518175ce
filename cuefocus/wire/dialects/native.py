"""CueFocus' own OSC: `/cuefocus/…` in, `/cuefocus/out/…` back. Events are addressed as Eos addresses its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from cuefocus.wire.dialects.addresses import CUE, cue_named, meant_by
from cuefocus.wire.dialects.dialect import Heard, ShowView
from cuefocus.wire.dialects.native_news import OUT, ROOT, native_news, state_told
from cuefocus.wire.osc import OscMessage
from cuefocus.wire.osc_arguments import echoed, is_press, is_release, number, passcode, spelled, text
from cuefocus.wire.said import STOPS, Said

_NAMELESS: Final = Heard(ignored="the name is empty; send one, or no argument at all")
_CONFIRM: Final = "confirm"
_Meaning = Callable[[OscMessage, str, ShowView], Heard]


def not_pressed(message: OscMessage) -> Heard:
    """Nothing is done: a button was let go, or a fader stands between."""
    return Heard(ignored="a button let go" if is_release(message) else "a fader's value; only 1.0 fires")


def _button(verb: str) -> _Meaning:
    """Said when pressed; for the cue in the address, if one is there."""
    return lambda message, cue, view: Heard((Said(verb, cue),)) if is_press(message) else not_pressed(message)


def _listed(verb: str) -> _Meaning:
    """Said when pressed; a text names the cue list. A number but 1 was meant for something."""

    def meaning(message: OscMessage, cue: str, view: ShowView) -> Heard:
        if not is_press(message):
            return not_pressed(message)
        if numbered := _numbered(message):
            fires = f"; to fire a cue say {ROOT}/cue/{numbered}/fire" if verb == "go" else ""
            return Heard(ignored=f"{numbered} is no press, and a list is named by a text{fires}")
        if _names_nothing(message):
            return _NAMELESS
        return Heard((Said(verb, value=_name(message, _is_list, view)),))

    return meaning


def _stop(verb: str) -> _Meaning:
    """Said by everything but a button let go. A text names the axis or the camera."""
    return lambda message, cue, view: (
        not_pressed(message) if is_release(message) else Heard((Said(verb, _name(message, _is_axis, view)),))
    )


def _hold(message: OscMessage, cue: str, view: ShowView) -> Heard:
    """As any stop; a number that names a cue, a camera or nothing: of the cue's axis, of the camera, of all."""
    named = _numbered(message)
    known = named in view.cues or _is_axis(named, view)
    return Heard((Said("hold", named),)) if known else _stop("hold")(message, cue, view)


def _resume(message: OscMessage, cue: str, view: ShowView) -> Heard:
    """Said when pressed; a number names a cue or a camera, and never all: nothing moves again that nobody meant."""
    named = _numbered(message)
    if named and not (named in view.cues or _is_axis(named, view)):
        return Heard(ignored=f"no cue or camera {named}; send an axis, or no argument to resume all")
    return Heard((Said("resume", named),)) if named else _for_axis("resume")(message, cue, view)


def _for_axis(verb: str) -> _Meaning:
    """Said when pressed. A text names the axis or the camera; an empty one names all to a stop only."""

    def meaning(message: OscMessage, cue: str, view: ShowView) -> Heard:
        if not is_press(message):
            return not_pressed(message)
        if _names_nothing(message) and verb not in STOPS:
            return _NAMELESS
        return Heard((Said(verb, _name(message, _is_axis, view)),))

    return meaning


def _of_cue(verb: str) -> _Meaning:
    """For the cue that the argument names, text or number."""

    def meaning(message: OscMessage, cue: str, view: ShowView) -> Heard:
        named = text(message.first)
        return Heard((Said(verb, named),)) if named else Heard(ignored=f"which cue? {message.address} names it")

    return meaning


def _arm(message: OscMessage, cue: str, view: ShowView) -> Heard:
    on = _switched(message.first) if message.arguments else True
    return Heard(ignored="arm is 1 or 0") if on is None else Heard((Said("arm" if on else "disarm"),))


def _engage(message: OscMessage, cue: str, view: ShowView) -> Heard:
    """`1`, `0` or `confirm`, behind an axis or for all."""
    if _names_nothing(message):
        return _NAMELESS
    axis = _name(message, _is_axis, view)
    if axis == _CONFIRM and not _is_axis(axis, view):
        axis = ""
    rest = message.arguments[1:] if axis else message.arguments
    if rest[:1] == (_CONFIRM,):
        return Heard((Said("engage", axis, _CONFIRM),))
    on = _switched(rest[0]) if rest else True
    return Heard(ignored="engage is 1 or 0") if on is None else Heard((Said("engage" if on else "disengage", axis),))


def _take_start(message: OscMessage, cue: str, view: ShowView) -> Heard:
    """With a text, its slate. A slate of 1 or 0 is a press here; `/cuefocus/slate` takes it."""
    if not is_press(message):
        return not_pressed(message)
    if _names_nothing(message):
        return _NAMELESS
    slate = _name(message, _is_nothing, view)
    return Heard((Said("take_start"), *([Said("slate", value=slate)] if slate else [])))


def _valued(verb: str) -> _Meaning:
    return lambda message, cue, view: Heard((Said(verb, value=text(message.first)),))


def _targeted(verb: str) -> _Meaning:
    """The first argument names what it is for, the others are the value."""

    def meaning(message: OscMessage, cue: str, view: ShowView) -> Heard:
        return Heard((Said(verb, text(message.first), " ".join(map(text, message.arguments[1:]))),))

    return meaning


def _offset(message: OscMessage, cue: str, view: ShowView) -> Heard:
    """Milliseconds; a second argument names the camera or cue."""
    if number(message.first) is None:
        return Heard(ignored="an offset is a number of milliseconds")
    if _names_nothing(message, 1):
        return _NAMELESS
    return Heard((Said("offset", text(message.arguments[1]) if message.arguments[1:] else "", spelled(message.first)),))


def _subscribe(message: OscMessage, cue: str, view: ShowView) -> Heard:
    on = _switched(message.first) if message.arguments else True
    if on is None:
        return Heard(ignored="subscribe is 1 or 0")
    return Heard(answers=(_reply(message, True, "subscribed" if on else "unsubscribed"),), subscribes=on)


def _unsubscribe(message: OscMessage, cue: str, view: ShowView) -> Heard:
    return Heard(answers=(_reply(message, True, "unsubscribed"),), subscribes=False)


def _ping(message: OscMessage, cue: str, view: ShowView) -> Heard:
    return Heard(answers=(OscMessage(f"{OUT}/ping", echoed(message)),), alive=True)


def _connect(message: OscMessage, cue: str, view: ShowView) -> Heard:
    return Heard(passcode=passcode(message.first))


_WORDS: Final[Mapping[str, _Meaning]] = {
    f"{ROOT}/go": _listed("go"),
    f"{ROOT}/cue/{CUE}/fire": _button("go"),
    f"{ROOT}/cue/{CUE}/start": _button("go"),
    f"{ROOT}/cue/{CUE}/standby": _button("standby"),
    f"{ROOT}/cue/{CUE}/load": _button("load"),
    f"{ROOT}/standby": _of_cue("standby"),
    f"{ROOT}/load": _of_cue("load"),
    f"{ROOT}/next": _listed("next"),
    f"{ROOT}/back": _listed("back"),
    f"{ROOT}/top": _listed("top"),
    f"{ROOT}/hold": _hold,
    f"{ROOT}/panic": _stop("panic"),
    f"{ROOT}/resume": _resume,
    f"{ROOT}/release": _for_axis("release"),
    f"{ROOT}/hand": _for_axis("hand"),
    f"{ROOT}/arm": _arm,
    f"{ROOT}/disarm": _button("disarm"),
    f"{ROOT}/engage": _engage,
    f"{ROOT}/disengage": _for_axis("disengage"),
    f"{ROOT}/take/start": _take_start,
    f"{ROOT}/take/end": _button("take_end"),
    f"{ROOT}/slate": _valued("slate"),
    f"{ROOT}/mark": _valued("mark"),
    f"{ROOT}/setup": _targeted("setup"),
    f"{ROOT}/source": _targeted("source"),
    f"{ROOT}/offset_ms": _offset,
    f"{ROOT}/status": lambda message, cue, view: Heard((Said("status"),)),
    f"{ROOT}/ping": _ping,
    f"{ROOT}/connect": _connect,
    f"{ROOT}/subscribe": _subscribe,
    f"{ROOT}/unsubscribe": _unsubscribe,
}
_NOT_OURS_TO_DO: Final[Mapping[str, str]] = {
    f"{ROOT}/locate": "timecode is followed from here, not moved: locate the playback",
}
"""Words that are asked for and mean nothing, and why."""


class Native:
    """Words for every command of the session; a reply to each; news of racks, state and alarms."""

    name = "cuefocus"
    addresses = tuple(_WORDS)

    def hear(self, message: OscMessage, view: ShowView) -> Heard | None:
        """What a message asks for; None for one that is not of this dialect."""
        if not message.address.startswith(f"{ROOT}/"):
            return None
        if message.address.startswith(f"{OUT}/"):
            return Heard(ignored="our own words come back")
        found = meant_by(message.address, _WORDS)
        if found is None:
            why = _NOT_OURS_TO_DO.get(message.address, "no such word")
            return Heard(answers=(_reply(message, False, why),), ignored=f"{message.address}: {why}")
        meaning, cue = found
        heard = meaning(message, cue_named(cue, view.cues), view)
        if heard.ignored and not is_release(message):
            return Heard(answers=(_reply(message, False, heard.ignored),), ignored=heard.ignored)
        return heard

    def answer(self, message: OscMessage, ok: bool, text: str, data: Mapping[str, object]) -> Sequence[OscMessage]:
        """`/cuefocus/out/reply` with the address, 1 or 0, and a sentence; `status` has its state behind it."""
        return (_reply(message, ok, text), *state_told(data, None))

    def news(self, event: Mapping[str, object], view: ShowView) -> Sequence[OscMessage]:
        """What a subscriber is told of an event, as `run --json` prints it."""
        return tuple(native_news(event, view))


def _reply(message: OscMessage, ok: bool, said: str) -> OscMessage:
    return OscMessage(f"{OUT}/reply", (message.address, int(ok), said))


def _name(message: OscMessage, known: Callable[[str, ShowView], bool], view: ShowView) -> str:
    """The first argument where it is a text; the texts "1" and "0" are a press, unless something is called so."""
    first = message.first
    if not isinstance(first, str):
        return ""
    return first if number(first) not in (0.0, 1.0) or known(first, view) else ""


def _numbered(message: OscMessage) -> str:
    """The whole number that the first argument is where it is no button's: what somebody means by it; else empty."""
    first = message.first
    return text(first) if isinstance(first, int) and first not in (0, 1) else ""


def _names_nothing(message: OscMessage, at: int = 0) -> bool:
    """Whether a name is there and empty, or blank: who sent it meant one, not all."""
    return any(isinstance(name, str) and not name.strip() for name in message.arguments[at : at + 1])


def _is_axis(name: str, view: ShowView) -> bool:
    """Whether a camera or an axis with cues is called so."""
    return any(name in (cue.camera, cue.axis_name) for cue in view.cues.values())


def _is_list(name: str, view: ShowView) -> bool:
    lists = view.status.get("standbys")
    return isinstance(lists, Mapping) and name in lists


def _is_nothing(name: str, view: ShowView) -> bool:
    return False


def _switched(argument: object) -> bool | None:
    """1 or 0, by value; None for what is neither."""
    value = number(argument)
    return None if value not in (0.0, 1.0) else bool(value)
