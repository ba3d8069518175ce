"""How long the track of an axis may become: what shared memory keeps free for it, and what is refused before that.

A rack becomes as many segments as its shape has pieces, and one more where it turns and takes up slack. Moves that no
cue asked for (settling, coming to rest, a hand's end) and triggered racks are splices, which have room of their own.
"""

from collections.abc import Iterable
from typing import Final

from cuefocus.motion.compiled import CompiledShow
from cuefocus.motion.requests import RackRequest
from cuefocus.motion.track import TrackRoom

MOST_SEGMENTS: Final = 1 << 18
"""Of one axis in one act: 14,500 racks of drawn shapes (17 segments and slack), or 131,000 of the others; 2 × 22 MB.
A show file (8 MiB) that asks for more cannot be told from one written by mistake."""


def segments_of(request: RackRequest) -> int:
    """Segments that a rack becomes at most."""
    return len(request.profile.pieces) + 1


def room_for(show: CompiledShow) -> dict[str, TrackRoom]:
    """By axis: its longest act, with every cue that could be resolved, whether or not it can land as things are set."""
    room: dict[str, TrackRoom] = {}
    for act in show.acts.values():
        for axis, chain in act.chains.items():
            needed = sum(segments_of(show.requests[cue]) for cue in chain.cues)
            before = room.get(axis, TrackRoom(0, 0))
            room[axis] = TrackRoom(max(before.segments, needed), max(before.landings, len(chain.cues)))
    return room


def without_room(requests: Iterable[RackRequest]) -> tuple[int, int] | None:
    """Which of an axis' racks in an act, in order, is the first that its track has no room for; None where all fit.

    Returns: its index, and how many segments all of them need.
    """
    needed, first = 0, None
    for index, request in enumerate(requests):
        needed += segments_of(request)
        if first is None and needed > MOST_SEGMENTS:
            first = index
    return None if first is None else (first, needed)
