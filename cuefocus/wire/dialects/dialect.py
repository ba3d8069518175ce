"""What a dialect of OSC is: how a desk's messages are understood, answered, and kept informed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from cuefocus.wire.osc import OscMessage
from cuefocus.wire.said import Said


@dataclass(frozen=True, slots=True)
class CueView:
    """A cue as desks may ask for it.

    Args:
        number: its id, as the show writes it.
        name: what it is called.
        camera: whose rack it is. axis: which.
        triggered: whether a trigger fires it; a timed one waits for timecode.
        running: whether its rack is under way.
        armed: whether it may be fired.
        pull_s: from departure to standstill, seconds; 0 where it depends on the place it leaves from.
        pre_wait_s: from its trigger until it goes, seconds.
        follow: "auto-continue", "auto-follow" or "": whether the next cue goes by itself.
        post_wait_s: how long after this one goes (auto-continue) or has landed, seconds.
        paused: HOLD has stopped it on its way, or freezes its wait.
    """

    number: str
    name: str = ""
    camera: str = ""
    axis: str = ""
    triggered: bool = False
    running: bool = False
    armed: bool = True
    pull_s: float = 0.0
    pre_wait_s: float = 0.0
    follow: str = ""
    post_wait_s: float = 0.0
    paused: bool = False

    @property
    def axis_name(self) -> str:
        """The axis by its full name, e.g. `A.focus`: what stops and resumes are for."""
        return self.axis if "." in self.axis or not self.axis else f"{self.camera}.{self.axis}"


@dataclass(frozen=True, slots=True)
class ShowView:
    """The show as desks may ask for it.

    Args:
        title: the show's.
        status: what the session told last (`engine.telling.status`): state, timecode, standby, next, armed, engaged, …
        cues: by number, in show order.
        countdown_s: until the next timed rack lands, seconds; None where none is coming.
    """

    title: str = ""
    status: Mapping[str, object] = field(default_factory=dict)
    cues: Mapping[str, CueView] = field(default_factory=dict)
    countdown_s: float | None = None

    @property
    def waiting(self) -> Sequence[Mapping[str, object]]:
        """The cues that wait to go, as the session tells them: `cue`, whether it is `held`, …"""
        waits = self.status.get("waiting")
        return waits if isinstance(waits, list) else ()


NO_SHOW: Final = ShowView()
"""One of which nothing is known."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message asks for.

    Args:
        said: what to do; the answer waits until it is done.
        answers: what to say at once, whoever may see it.
        subscribes: True to be kept informed from now on, False no longer; None says nothing about it.
        passcode: what the peer proves itself with; None where it does not.
        alive: the peer says nothing but that it is still there.
        replies_at: the UDP port at which the peer hears what it is answered and told from now on; 0 says nothing.
        leaves: the peer goes: what it has proven and asked to be told, in any dialect, is over.
        ignored: why nothing is done about it, for the log; empty where something is.
    """

    said: tuple[Said, ...] = ()
    answers: tuple[OscMessage, ...] = ()
    subscribes: bool | None = None
    passcode: str | None = None
    alive: bool = False
    replies_at: int = 0
    leaves: bool = False
    ignored: str = ""


class Dialect(Protocol):
    """One way of speaking OSC."""

    @property
    def name(self) -> str:
        """What it is called in a log."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """All it hears, as `addresses.CUE` has it; a message with wildcards is resolved against them."""

    def hear(self, message: OscMessage, view: ShowView) -> Heard | None:
        """What a message asks for; None for one that is not of this dialect."""

    def answer(self, message: OscMessage, ok: bool, text: str, data: Mapping[str, object]) -> Sequence[OscMessage]:
        """The answer to a message whose words were carried out or refused."""

    def news(self, event: Mapping[str, object], view: ShowView) -> Sequence[OscMessage]:
        """What a subscriber is told of an event, as `run --json` prints it: state, landing, alarm, take, …"""
