"""Words that stop: which latch each sets, for which axes, and which of a turn's go to motion before all else."""

from collections.abc import Iterator, Sequence
from typing import Final

from cuefocus.engine.plan import DISARMING_STOPS, Latch
from cuefocus.engine.ports import Command, InboxEvent

STOPS: Final = {"hold": Latch.HOLD, "hand": Latch.HAND, "panic": Latch.PANIC, "release": Latch.RELEASE}


def is_meant(name: str, target: str) -> bool:
    """Whether an axis is one of those that a target names: itself, its camera, or, empty, everything."""
    return not target or name == target or name.startswith(f"{target}.")


def at_once(inbox: Sequence[InboxEvent], axes: Sequence[str], now_ns: int) -> Iterator[tuple[Latch, int | None]]:
    """What PANIC and RELEASE stop, which are obeyed whoever says them once they have come so far: latch and axis.

    An axis of None is every one, as where the target is none. HOLD and HAND write no plans that they would wait for.
    """
    for event in inbox:
        if not isinstance(event, Command) or event.due_ns > now_ns:
            continue
        latch = STOPS.get(event.verb, Latch.NONE) & DISARMING_STOPS
        if latch:
            meant = [at for at, name in enumerate(axes) if event.target and is_meant(name, event.target)]
            yield from ((latch, axis) for axis in meant or (None,))
