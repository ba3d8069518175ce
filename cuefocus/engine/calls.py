"""What we say to desks that we call on, and what their news mean as triggers of the show.

An Eos sends its cues' events by itself once we have subscribed. A QLab only says that something about a cue is new; it
is asked what, and where the cue has begun to run, that is heard as `/qlab/event/cue/NUMBER/start`, an address that a
show may name like any other.
"""

from dataclasses import dataclass
from typing import Final, Protocol

from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.dialects import eos, qlab_client
from cuefocus.wire.dialects.addresses import speakable
from cuefocus.wire.osc import OscMessage

_KEYS: Final = ("number", "isRunning", "isPaused")
_MOST_CUES: Final = 4096
_LONGEST_TOLD: Final = 200
"""Characters of what a desk says that are told."""


@dataclass(frozen=True, slots=True)
class Talk:
    """What comes of a message.

    Args:
        out: what to say to it.
        means: what is heard, as if a desk had sent it.
        note: what the operator is told; empty for nothing.
    """

    out: tuple[OscMessage, ...] = ()
    means: tuple[OscMessage, ...] = ()
    note: str = ""


class Call(Protocol):
    """How a kind of desk is spoken to."""

    alive_every_ns: int
    """We say so often that we are there; a desk that says nothing for three times as long has gone."""

    def greeting(self) -> tuple[OscMessage, ...]:
        """What is said first."""

    def alive(self) -> tuple[OscMessage, ...]:
        """What says that we are there, and asks whether the desk is."""

    def hear(self, message: OscMessage) -> Talk:
        """What a message means."""


class EosCall:
    """An ETC Eos.

    Args:
        user: which of its users we are.
    """

    alive_every_ns = 10 * NS_PER_S

    def __init__(self, user: int = 0) -> None:
        self._user = user

    def greeting(self) -> tuple[OscMessage, ...]:
        """Subscribe to everything: events come no other way."""
        return eos.greeting(user=self._user)

    def alive(self) -> tuple[OscMessage, ...]:
        """A ping, which it sends back."""
        return (eos.ping("cuefocus"),)

    def hear(self, message: OscMessage) -> Talk:
        """Its events are what they are."""
        return Talk(means=(message,))


class QLabCall:
    """A QLab workspace.

    Args:
        passcode, workspace: empty for none, and for the one in front.
    """

    alive_every_ns = round(qlab_client.THUMP_EVERY_S * NS_PER_S)

    def __init__(self, passcode: str = "", workspace: str = "") -> None:
        self._passcode, self._workspace = passcode, workspace
        self._running: set[str] = set()  # what does not run needs no place

    def greeting(self) -> tuple[OscMessage, ...]:
        """Connect, be told of every change, and ask what is under way already: that does not begin now."""
        self._running.clear()
        connect = qlab_client.greeting(passcode=self._passcode, workspace=self._workspace)
        return (*connect, qlab_client.asked_what_runs(workspace=self._workspace))

    def alive(self) -> tuple[OscMessage, ...]:
        """A thump, which it answers."""
        return (qlab_client.thump(workspace=self._workspace),)

    def hear(self, message: OscMessage) -> Talk:
        """A change is asked about; an answer that a cue runs which did not run before is its start."""
        news = qlab_client.read_news(message)
        if isinstance(news, str):
            return Talk(note=_cut(news))
        if isinstance(news, qlab_client.CueChanged):
            asked = qlab_client.asked_of_cue(news.cue_id, *_KEYS, workspace=self._workspace)
            return Talk(out=(asked,)) if speakable(news.cue_id) else Talk()
        if isinstance(news, qlab_client.Disconnected):
            return Talk(note="its workspace was closed")
        if isinstance(news, qlab_client.Reply):
            return self._answered(news)
        return Talk()

    def _answered(self, reply: qlab_client.Reply) -> Talk:
        if reply.address.endswith("/connect"):
            return Talk(note="" if reply.ok else f"it refuses us: {_cut(str(reply.data))}; is the passcode right?")
        if (cues := qlab_client.under_way(reply)) is not None:
            self._running.update(cues[: _MOST_CUES - len(self._running)])
            return Talk()
        if not reply.address.endswith("/valuesForKeys") or not reply.ok or not isinstance(reply.data, dict):
            return Talk()
        cue = reply.address.removesuffix("/valuesForKeys").rpartition("/")[2]
        number = str(reply.data.get("number") or "")
        runs = bool(reply.data.get("isRunning") or reply.data.get("isPaused"))  # one that goes on does not begin again
        if runs is (cue in self._running):
            return Talk()
        if runs:
            if len(self._running) >= _MOST_CUES:
                self._running.clear()
            self._running.add(cue)
        else:
            self._running.discard(cue)
        if not speakable(number):
            return Talk()
        return Talk(means=(OscMessage(f"/qlab/event/cue/{number}/{'start' if runs else 'stop'}"),))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TOLD else f"{text[:_LONGEST_TOLD]}…"


def call_of(kind: str, *, user: int, passcode: str, workspace: str) -> Call:
    """How a desk of a kind is spoken to."""
    return EosCall(user) if kind == "eos" else QLabCall(passcode, workspace)
