"""What motion obeys by itself, whoever else is dead: HOLD, HAND, PANIC, RELEASE, the end of them, and moves by hand."""

from collections.abc import Sequence
from typing import Final

from cuefocus.engine.plan import Latch
from cuefocus.shells.local_socket import Fields, LocalServer
from cuefocus.shells.motion_axis import MotionAxis
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.stop_words import STOPS, is_meant
from cuefocus.wire.said import STOPS_IN_DOUBT

ENDS: Final = {"resume": Latch.HOLD | Latch.HAND, "clear": Latch.HOLD | Latch.HAND | Latch.PANIC | Latch.RELEASE}
VERBS: Final = (*STOPS, *ENDS, "status")


class MotionCommands:
    """Serves motion's own socket. A command is `{"verb", "target", …}`, an answer `{"ok", "text", "data"}`.

    `target` names an axis (`A.focus`), a camera (`A`) or, empty, everything. `resume` ends HOLD and HAND, `clear` ends
    all stops; `hand` with `by` also moves by that share of the ring's travel; `status` only answers. PANIC and RELEASE
    with a target that is none are for everything; HOLD may name a cue, which only the session knows. `said_ns` is the
    host time at which a stop was said to somebody who passes it on; without it, now.
    """

    def __init__(self, server: LocalServer, memory: SharedMemory, axes: Sequence[MotionAxis]) -> None:
        self._server, self._memory, self._axes = server, memory, tuple(axes)

    def fileno(self) -> int:
        """Descriptor that becomes readable with every command."""
        return self._server.fileno()

    def serve(self, now: int) -> None:
        """Obey one command; the loop comes back for the next."""
        taken = self._server.take()
        if taken is not None:
            fields, peer = taken
            self._server.answer(peer, self.obey(fields, now))

    def obey(self, fields: Fields, now: int) -> Fields:
        """Do what a command says; the answer."""
        verb, target, by = fields.get("verb"), fields.get("target") or "", fields.get("by")
        if verb not in VERBS or not isinstance(verb, str):
            return _no(f"motion does not know {verb!r}; it knows {', '.join(VERBS)}")
        chosen = [axis for axis in self._axes if isinstance(target, str) and is_meant(axis.spec.name, target)]
        problem = ""
        if not chosen:
            problem = f"no axis or camera {target!r}; have {', '.join(axis.spec.name for axis in self._axes)}"
            if verb == "hold" or verb not in STOPS_IN_DOUBT:
                return _no(problem)
            chosen, target = list(self._axes), ""
        if by is not None and (verb != "hand" or not _is_share(by)):
            return _no(f"a hand moves by a share of the travel from -1 to 1, not by {by!r}")
        latches, said = self._memory.latches, fields.get("said_ns")
        said_ns = said if isinstance(said, int) and 0 < said < now else now
        indexes: list[int | None] = [axis.index for axis in chosen] if target else [None]
        for index in indexes:
            if verb in STOPS:
                latches.set(STOPS[verb], index, said_ns=said_ns)
            elif verb in ENDS:
                latches.clear(ENDS[verb], index)
        if isinstance(by, int | float):
            for axis in chosen:
                axis.move_by(by)
        states = {axis.spec.name: self._state(axis) for axis in chosen}
        said = [problem] if problem else []
        text = "; ".join((*said, *(f"{name}: {state['text']}" for name, state in states.items())))
        return {"ok": True, "text": text, "data": {"axes": states}}

    def _state(self, axis: MotionAxis) -> Fields:
        latch = self._memory.latches.of(axis.index)
        stops = [verb for verb, flag in STOPS.items() if latch & flag]
        return {
            "text": "fault" if axis.faulted else ", ".join(stops) or "no stop is set",
            "stops": stops,
            "ring": round(axis.player.ring, 6),
            "fault": axis.faulted,
        }


def _no(problem: str) -> Fields:
    return {"ok": False, "text": problem}


def _is_share(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1.0 <= value <= 1.0
