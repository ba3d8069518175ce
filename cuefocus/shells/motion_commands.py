"""What motion obeys by itself, whoever else is dead: HOLD, HAND, PANIC, RELEASE, the end of them, and moves by hand."""

from collections.abc import Sequence
from typing import Final

from cuefocus.engine.plan import Latch
from cuefocus.shells.local_socket import Fields, LocalServer
from cuefocus.shells.motion_axis import MotionAxis
from cuefocus.shells.shared_memory import SharedMemory

STOPS: Final = {"hold": Latch.HOLD, "hand": Latch.HAND, "panic": Latch.PANIC, "release": Latch.RELEASE}
ENDS: Final = {"resume": Latch.HOLD | Latch.HAND, "clear": Latch.HOLD | Latch.HAND | Latch.PANIC | Latch.RELEASE}
VERBS: Final = (*STOPS, *ENDS, "hand-by", "status")


class MotionCommands:
    """Serves motion's own socket. A command is `{"verb", "target", "value"}`.

    `target` names an axis (`A.focus`), a camera (`A`) or, empty, everything. `resume` ends HOLD and HAND, `clear` ends
    all stops; `hand-by` moves by `value` of the ring's travel while HAND is set; `status` only answers.
    """

    def __init__(self, server: LocalServer, memory: SharedMemory, axes: Sequence[MotionAxis]) -> None:
        self._server, self._memory, self._axes = server, memory, tuple(axes)

    def fileno(self) -> int:
        """Descriptor that becomes readable with every command."""
        return self._server.fileno()

    def serve(self, now: int) -> None:
        """Obey one command; the loop comes back for the next."""
        del now
        taken = self._server.take()
        if taken is not None:
            fields, peer = taken
            self._server.answer(peer, {**self.obey(fields), "by": "motion"})

    def obey(self, fields: Fields) -> Fields:
        """Do what a command says; the answer."""
        verb, target = fields.get("verb"), fields.get("target") or ""
        if verb not in VERBS or not isinstance(verb, str):
            return {"ok": False, "problem": f"motion does not know {verb!r}; it knows {', '.join(VERBS)}"}
        chosen = [axis for axis in self._axes if isinstance(target, str) and _is_meant(axis.spec.name, target)]
        if not chosen:
            known = ", ".join(axis.spec.name for axis in self._axes)
            return {"ok": False, "problem": f"no axis or camera {target!r}; have {known}"}
        if verb == "hand-by":
            problem = self._move(chosen, fields.get("value"))
            if problem:
                return {"ok": False, "problem": problem}
        latches = self._memory.latches
        indexes: list[int | None] = [axis.index for axis in chosen] if target else [None]
        for index in indexes:
            if verb in STOPS:
                latches.set(STOPS[verb], index)
            elif verb in ENDS:
                latches.clear(ENDS[verb], index)
        return {"ok": True, "axes": {axis.spec.name: self._state(axis) for axis in chosen}}

    def _move(self, chosen: Sequence[MotionAxis], value: object) -> str:
        try:
            ring_delta = float(value) if isinstance(value, int | float | str) else float("nan")
        except ValueError:
            ring_delta = float("nan")
        if not -1.0 <= ring_delta <= 1.0:
            return f"hand-by wants a share of the travel from -1 to 1, not {value!r}"
        for axis in chosen:
            if not self._memory.latches.of(axis.index) & Latch.HAND:
                return f"{axis.spec.name} is not in a hand; take it first with `hand`"
        for axis in chosen:
            axis.move_by(ring_delta)
        return ""

    def _state(self, axis: MotionAxis) -> Fields:
        latch = self._memory.latches.of(axis.index)
        return {
            "stops": [verb for verb, flag in STOPS.items() if latch & flag],
            "ring": round(axis.player.ring, 6),
            "fault": axis.faulted,
        }


def _is_meant(name: str, target: str) -> bool:
    return not target or name == target or name.startswith(f"{target}.")
