"""Words and beats of one act together."""

from dataclasses import dataclass

from cuefocus.anchors.beat_grid import BeatMap
from cuefocus.anchors.spoken import Words


@dataclass(frozen=True, slots=True)
class ActAnchors:
    """What stands on an act's media."""

    words: Words | None = None
    beats: BeatMap | None = None


NO_ANCHORS = ActAnchors()
