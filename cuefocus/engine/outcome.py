"""What a step of the session hands back."""

from dataclasses import field

from cuefocus.chase.clock import Clock
from cuefocus.engine.plan import Latch, Plan
from cuefocus.engine.sends import Send
from cuefocus.landing.rows import LandingRow
from cuefocus.timebase.values import value


@value
class Reply:
    """An answer to a command, by its number and source; `alarmed`: an alarm tells the operator the same."""

    id: int
    source: str
    ok: bool
    text: str
    data: dict[str, object] = field(default_factory=dict)
    alarmed: bool = False


@value
class Event:
    """Something worth telling: `state`, `departure`, `landing`, `alarm` or `take`, with its fields."""

    kind: str
    fields: dict[str, object]


@value
class Outcome:
    """One step's result.

    Args:
        plan: always the plan in force; `plan_changed` says whether it is new.
        latches: (axis or "" for all, latch bits, set or clear), to be written after the plan is out.
        take_changed: a take began or ended.
        next_due_ns: call step again at this host time at the latest.
        finished: the takes asked for are done.
        punctual_ns: when something is due that should not be late (a word with a time, a wait's end); None: nothing.
        sends: what others are told, a little ahead of its time.
    """

    clock: Clock
    plan: Plan
    plan_changed: bool
    replies: tuple[Reply, ...]
    rows: tuple[LandingRow, ...]
    events: tuple[Event, ...]
    latches: tuple[tuple[str, Latch, bool], ...]
    take_changed: bool
    next_due_ns: int
    finished: bool = False
    punctual_ns: int | None = None
    sends: tuple[Send, ...] = ()
