"""Bitfocus Companion: what its buttons show. They speak to us with CueFocus' own words, by its generic OSC module.

News go to custom variables, which must have been made there, and, where a button is named, to its text and colour.
Source: Companion user guide, OSC control.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cuefocus.wire.dialects.dialect import Heard, ShowView
from cuefocus.wire.osc import OscMessage

VARIABLES: Final = {
    "cuefocus_state": "the chase's state: locked, no_signal, …",
    "cuefocus_timecode": "the frame on air",
    "cuefocus_armed": "1 or 0",
    "cuefocus_standby": "the cue that GO fires",
    "cuefocus_next": "the timed cue that lands next",
    "cuefocus_countdown": "seconds until it lands, one decimal",
    "cuefocus_take": "the take's number",
    "cuefocus_landed": "the last rack: cue, verdict, error in ms",
    "cuefocus_alarm": "the last alarm",
    "cuefocus_color": "the state's colour, #rrggbb",
}
"""Custom variables and what they hold. `cuefocus_color` is spelt as Companion spells its own words (`bgcolor`), where
the page's API, and all that a person reads, says colour: shows have buttons that go by either name, so both stay.
"""
Color = tuple[int, int, int]
_RED, _AMBER, _GREEN = (200, 0, 0), (200, 120, 0), (0, 150, 0)
_BLUE, _GREY, _BLACK = (0, 70, 180), (60, 60, 60), (0, 0, 0)
COLORS: Final[Mapping[str, Color]] = {
    "no_signal": _GREY,
    "locating": _BLUE,
    "checking": _AMBER,
    "locked": _GREEN,
    "freewheeling": _AMBER,
    "holding": _BLUE,
    "disagree": _RED,
}
"""A button's background by the chase's state while armed; unarmed it is black, stopped or at fault red."""


@dataclass(frozen=True, slots=True)
class Button:
    """A button by its place, as Companion counts: pages from 1, rows and columns from 0."""

    page: int
    row: int
    column: int

    @property
    def address(self) -> str:
        """The place in an address."""
        return f"/location/{self.page}/{self.row}/{self.column}"


def color_of(status: Mapping[str, object]) -> Color:
    """The colour of a state, as `engine.telling.status` tells it."""
    if status.get("stopped") or status.get("faults"):
        return _RED
    return COLORS.get(str(status.get("state")), _GREY) if status.get("armed") else _BLACK


@dataclass(frozen=True, slots=True)
class Companion:
    """Variables, and one button if it is named."""

    button: Button | None = None
    name: str = "companion"
    addresses: tuple[str, ...] = ()

    def hear(self, message: OscMessage, view: ShowView) -> Heard | None:
        """Nothing: it has no words of its own."""
        return None

    def answer(self, message: OscMessage, ok: bool, text: str, data: Mapping[str, object]) -> Sequence[OscMessage]:
        """Nothing: it asks for nothing."""
        return ()

    def news(self, event: Mapping[str, object], view: ShowView) -> Sequence[OscMessage]:
        """The variables that an event touches; with a state, the button too."""
        told = dict(_variables(event, view))
        messages = [OscMessage(f"/custom-variable/{name}/value", (value,)) for name, value in told.items()]
        if self.button is not None and event.get("event") == "state" and "armed" in event:
            coming = told.get("cuefocus_next") or told.get("cuefocus_standby") or "–"
            words = f"{coming}\n{told.get('cuefocus_countdown', '')}".rstrip()
            messages.append(OscMessage(f"{self.button.address}/style/text", (words,)))
            messages.append(OscMessage(f"{self.button.address}/style/bgcolor", color_of(event)))
        return messages


def _variables(event: Mapping[str, object], view: ShowView) -> Iterator[tuple[str, str]]:
    kind = event.get("event")
    if kind == "alarm":
        yield "cuefocus_alarm", str(event.get("text", ""))
    elif kind == "landing":
        error_ms = event.get("error_ms")
        shown = f" {error_ms:+.1f} ms" if isinstance(error_ms, int | float) else ""
        yield "cuefocus_landed", f"{event.get('cue', '')} {event.get('verdict', '')}{shown}"
    elif kind == "state":
        for key in ("state", "timecode", "standby", "take"):
            if key in event:
                yield f"cuefocus_{key}", "" if event[key] is None else str(event[key])
        if "armed" in event:
            yield "cuefocus_armed", str(int(bool(event["armed"])))
            yield "cuefocus_color", "#{:02x}{:02x}{:02x}".format(*color_of(event))
        if "next" in event:
            coming = event["next"]
            yield "cuefocus_next", str(coming.get("cue", "")) if isinstance(coming, Mapping) else ""
            yield "cuefocus_countdown", "" if view.countdown_s is None else f"{view.countdown_s:.1f}"
