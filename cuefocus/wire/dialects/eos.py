"""ETC Eos: what is sent to it, what its cue events say, and which of its addresses never fire anything.

Its events come as addresses, `/eos/out/event/cue/<list>/<cue>/fire`; the show writes them down as triggers. What Eos
repeats for as long as a cue is current (`active`, `pending`, `previous`) is no event: see `osc_triggers.why_never`.
Source: ETC, Eos Family OSC integration.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from cuefocus.wire.dialects.dialect import Heard, ShowView
from cuefocus.wire.osc import OscMessage
from cuefocus.wire.osc_arguments import echoed, text
from cuefocus.wire.osc_triggers import why_never

LONGEST_PACKET_BYTES: Final = 512
"""Eos reads no longer ones."""
_EVENT: Final = re.compile(r"/eos/out/event/cue/(?P<list>[0-9.]{1,20})/(?P<cue>[0-9.]{1,20})/(?P<what>fire|stop)")
_PING, _PONG = "/eos/ping", "/eos/out/ping"


@dataclass(frozen=True, slots=True)
class CueEvent:
    """A cue of the desk was fired or stopped. `label` is what it is called there."""

    cue_list: str
    cue: str
    fired: bool
    label: str


def greeting(*, user: int = 0) -> tuple[OscMessage, ...]:
    """What is sent on connecting. User 0 is the background user: it disturbs nobody's command line."""
    return OscMessage("/eos/reset"), OscMessage("/eos/user", (user,)), OscMessage("/eos/subscribe", (1,))


def ping(token: str) -> OscMessage:
    """Comes back at `/eos/out/ping` with the same argument."""
    return OscMessage(_PING, (token,))


def fire(cue: str, *, cue_list: str = "1") -> OscMessage:
    """Fires a cue of the desk."""
    return OscMessage(f"/eos/cue/{cue_list}/{cue}/fire")


def go() -> OscMessage:
    """Presses the desk's GO."""
    return OscMessage("/eos/key/go_0")


def cue_event(message: OscMessage) -> CueEvent | None:
    """The event of a cue; None for any other message."""
    match = _EVENT.fullmatch(message.address)
    if match is None:
        return None
    return CueEvent(match["list"], match["cue"], match["what"] == "fire", text(message.first))


class Eos:
    """The desk's side of the talk: it is pinged, and what it repeats is passed over."""

    name = "eos"
    addresses = (_PING, _PONG)

    def hear(self, message: OscMessage, view: ShowView) -> Heard | None:
        """A ping's echo, or why a message is passed over; None for one that is not Eos'."""
        if message.address == _PING:
            return Heard(answers=(OscMessage(_PONG, echoed(message)),), alive=True)
        if message.address == _PONG:
            return Heard(alive=True)
        why = why_never(message.address)
        return Heard(alive=True, ignored=why) if why else None

    def answer(self, message: OscMessage, ok: bool, text: str, data: Mapping[str, object]) -> Sequence[OscMessage]:
        """Nothing: Eos asks for nothing."""
        return ()

    def news(self, event: Mapping[str, object], view: ShowView) -> Sequence[OscMessage]:
        """Nothing: Eos would take it for a command."""
        return ()
