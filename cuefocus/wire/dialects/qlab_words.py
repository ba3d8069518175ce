"""What QLab's words mean to a focus puller: the commands that its Network cues and remotes send.

Stopping and pausing are one to us: motors decelerate and hold, and `resume` takes it back. Two panics are one panic.
Source: QLab 4 and 5 OSC dictionaries.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from cuefocus.wire.dialects.addresses import CUE, cue_named
from cuefocus.wire.dialects.dialect import Heard, ShowView
from cuefocus.wire.osc import OscMessage
from cuefocus.wire.osc_arguments import is_press, is_release, number, text
from cuefocus.wire.said import Said

Meaning = Callable[[OscMessage, str, ShowView], Heard]
"""Message, cue number (empty if none), show → what it asks for."""
_NOT_PRESSED: Final = Heard(ignored="not pressed: a button let go, or a fader")


def _button(verb: str) -> Meaning:
    return lambda message, cue, view: Heard((Said(verb, cue),)) if is_press(message) else _NOT_PRESSED


def _stop(verb: str) -> Meaning:
    """Everything but a button let go: when in doubt, a motor holds still."""
    return lambda message, cue, view: _NOT_PRESSED if is_release(message) else Heard((Said(verb),))


def _on_axis(verb: str, *, if_running: bool) -> Meaning:
    """For the axis of a cue. One that neither moves nor waits is not stopped: another may move, on the same axis."""

    def meaning(message: OscMessage, cue: str, view: ShowView) -> Heard:
        known = view.cues.get(cue)
        if is_release(message):
            return _NOT_PRESSED
        if known is None:
            return Heard(ignored=f"no cue {cue}")
        if if_running and not known.running and all(wait["cue"] != cue for wait in view.waiting):
            return Heard(ignored=f"cue {cue} is not under way")
        return Heard((Said(verb, known.axis_name),))

    return meaning


def _go(message: OscMessage, cue: str, view: ShowView) -> Heard:
    """GO; a cue may be named behind it, which is then the one that goes, and no other."""
    if not is_press(message):
        return _NOT_PRESSED
    first = message.first
    named = cue_named(text(first), view.cues)
    known = named in view.cues and view.cues[named].triggered
    whole = isinstance(first, int) and first not in (0, 1)
    if isinstance(first, str):
        return Heard((Said("go", named if known or number(first) not in (0.0, 1.0) else ""),))
    return Heard((Said("go", named if known and whole else ""),))


def _toggle(message: OscMessage, cue: str, view: ShowView) -> Heard:
    """A cue that is paused goes on, any other is paused."""
    if not is_press(message):
        return _NOT_PRESSED
    paused = cue in view.cues and view.cues[cue].paused
    return _on_axis("resume" if paused else "hold", if_running=not paused)(message, cue, view)


def _in_time(meaning: Meaning) -> Meaning:
    """Its argument is a length of time, and no button: ours stop as quickly as they may, whatever it is."""
    return lambda message, cue, view: meaning(OscMessage(message.address), cue, view)


def _load_at(message: OscMessage, cue: str, view: ShowView) -> Heard:
    if message.arguments and number(message.first) != 0.0:
        return Heard(ignored="a rack cannot be loaded at a moment inside it; load it")
    return Heard((Said("load", cue),))


WITHOUT_ARGUMENTS: Final = ("/stop", "/pause")
"""REAPER's feedback has these addresses too, always with an argument; QLab sends none."""
_PLAYHEADS: Final = (
    "playhead", "playheadId", "playheadID", "playbackPosition", "playbackPositionId", "playbackPositionID",
    "select", "select_id",
)  # fmt: skip
"""Words that put a cue on standby, by its number or its id: these are one here."""
COMMANDS: Final[Mapping[str, Meaning]] = {
    "/go": _go,
    f"/go/{CUE}": _button("go"),
    "/stop": _stop("hold"),
    "/pause": _stop("hold"),
    "/resume": _button("resume"),
    "/hardStop": _stop("panic"),
    "/panic": _stop("panic"),
    "/panicInTime": _in_time(_stop("panic")),
    "/reset": _button("top"),
    "/playhead/next": _button("next"),
    "/playhead/previous": _button("back"),
    "/select/next": _button("next"),
    "/select/previous": _button("back"),
    **dict.fromkeys((f"/{word}/{CUE}" for word in _PLAYHEADS), _button("standby")),
    f"/cue/{CUE}/go": _button("go"),
    f"/cue/{CUE}/start": _button("go"),
    f"/cue/{CUE}/startAndAutoloadNext": _button("go"),
    f"/cue/{CUE}/preview": _button("go"),
    f"/cue/{CUE}/load": _button("load"),
    f"/cue/{CUE}/loadAndSetPlayhead": _button("load"),
    f"/cue/{CUE}/loadAt": _load_at,
    f"/cue/{CUE}/stop": _on_axis("hold", if_running=True),
    f"/cue/{CUE}/pause": _on_axis("hold", if_running=True),
    f"/cue/{CUE}/hardPause": _on_axis("hold", if_running=True),
    f"/cue/{CUE}/togglePause": _toggle,
    f"/cue/{CUE}/hardStop": _on_axis("panic", if_running=True),
    f"/cue/{CUE}/panic": _on_axis("panic", if_running=False),
    f"/cue/{CUE}/panicInTime": _in_time(_on_axis("panic", if_running=False)),
    f"/cue/{CUE}/resume": _on_axis("resume", if_running=False),
}


def stand_ins(cue: str, view: ShowView) -> Iterator[str]:
    """The cues that QLab's `selected`, `playhead` and `active` stand for; a number stands for itself."""
    if cue in ("selected", "playhead"):
        standby = view.status.get("standby")
        if standby:
            yield str(standby)
    elif cue == "active":
        yield from (number for number, each in view.cues.items() if each.running)
    else:
        yield cue_named(cue, view.cues)
