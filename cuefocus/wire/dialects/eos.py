"""ETC Eos: how it is greeted, and which of its addresses never fire anything.

Its events come as addresses, `/eos/out/event/cue/<list>/<cue>/fire`; the show writes them down as triggers. What Eos
repeats for as long as a cue is current (`active`, `pending`, `previous`) is no event: see `osc_triggers.why_never`.
Source: ETC, Eos Family OSC integration.
"""

from collections.abc import Mapping, Sequence

from cuefocus.wire.dialects.dialect import Heard, ShowView
from cuefocus.wire.osc import OscMessage
from cuefocus.wire.osc_arguments import echoed
from cuefocus.wire.osc_triggers import why_never

_PING, _PONG = "/eos/ping", "/eos/out/ping"


def greeting(*, user: int = 0) -> tuple[OscMessage, ...]:
    """What is sent on connecting. User 0 is the background user: it disturbs nobody's command line."""
    return OscMessage("/eos/reset"), OscMessage("/eos/user", (user,)), OscMessage("/eos/subscribe", (1,))


def ping(token: str) -> OscMessage:
    """Comes back at `/eos/out/ping` with the same argument."""
    return OscMessage(_PING, (token,))


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
