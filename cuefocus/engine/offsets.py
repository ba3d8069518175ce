"""`offset`: how much later everything, a camera or a cue lands from now on, until somebody says otherwise."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cuefocus.engine.ports import Command
from cuefocus.motion.live import NO_OFFSETS
from cuefocus.timebase.units import NS_PER_MS, ms_from_ns

if TYPE_CHECKING:
    from cuefocus.engine.session import Session

_MS: Final = re.compile(r"([+-]?[0-9]{1,9}(?:\.[0-9]{1,6})?)(?: ?ms)?")
_MOST_MS: Final = 10_000.0


def offset(session: "Session", command: Command) -> tuple[bool, str]:
    """Milliseconds, + = later, or `clear`; nothing asks. Without a target it is for all, and so is `clear`."""
    settings, target, value = session.settings, command.target, command.value
    is_camera = any(target == axis.camera for axis in session.job.axes.values())
    if target and not is_camera and session.job.axis_of(target) is None:
        cameras = ", ".join(sorted({axis.camera for axis in session.job.axes.values()}))
        return False, f"no camera or cue {target!r}; have cameras {cameras}, and the show's cues; +40 alone is for all"
    if value:
        match = _MS.fullmatch(value)
        if match is None and value != "clear":
            return False, f"{value!r} is no offset; say milliseconds, + = later, such as +40, or clear"
        told_ms = float(match[1]) if match is not None else 0.0
        if abs(told_ms) > _MOST_MS:
            return False, f"{told_ms:+g} ms is too far: an offset is at most {_MOST_MS / 1000:g} s either way"
        told_ns, now = round(told_ms * NS_PER_MS), settings.offsets
        if not target:
            cleared = value == "clear"
            settings.set_offsets(session, NO_OFFSETS if cleared else replace(now, every_ns=told_ns))
        elif is_camera:
            settings.set_offsets(session, replace(now, cameras=_with(now.cameras, target, told_ns)), camera=target)
        else:
            settings.set_offsets(session, replace(now, cues=_with(now.cues, target, told_ns)), cue=target)
    return True, told(session) or "no offset is set; all lands as written"


def told(session: "Session") -> str:
    """What is set, for a sentence; empty where nothing is."""
    found = session.settings.offsets
    parts = [("everything", found.every_ns)] if found.every_ns else []
    parts += [*found.cameras.items(), *((f"cue {cue}", told_ns) for cue, told_ns in found.cues.items())]
    return ", ".join(f"{name} lands {ms_from_ns(told_ns):+g} ms" for name, told_ns in parts)


def shown(session: "Session") -> dict[str, object]:
    """As the status tells it, milliseconds: of everything, and what cameras and cues have beside that."""
    found = session.settings.offsets
    cameras = {camera: ms_from_ns(told_ns) for camera, told_ns in found.cameras.items()}
    cues = {cue: ms_from_ns(told_ns) for cue, told_ns in found.cues.items()}
    return {"all": ms_from_ns(found.every_ns), "cameras": cameras, "cues": cues}


def _with(known: Mapping[str, int], name: str, told_ns: int) -> dict[str, int]:
    kept = {other: ns for other, ns in known.items() if other != name}
    return {**kept, name: told_ns} if told_ns else kept
