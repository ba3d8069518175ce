"""Two lines of timecode into one rig: the leader `deck`, and `spare`, that stands by."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from heapq import merge

import numpy as np

from cuefocus.engine.ports import InboxEvent
from cuefocus.wire.events import Reading
from tests.stories.playback import SAMPLE_RATE, Places, Playback
from tests.stories.scenes import SOLO_RIG

LEADER, SPARE = "deck", "spare"

#: The story rig with a second source.
TWO_SOURCES = SOLO_RIG.replace(
    "  - {id: deck, kind: file}\n", "  - {id: deck, kind: file}\n  - {id: spare, kind: file, priority: 2}\n"
)


class TwoLines(Playback):
    """The deck on the first line; what is on the second is told by a playback of its own.

    Args:
        spare: what the second line carries.
        late_ms: how much later than true the second line's stamps are.
        handed_at_s: host seconds after the sound began from which what the second line says is to be taken for true.
    """

    def __init__(self, spare: Playback, *, late_ms: float = 0.0, handed_at_s: float | None = None) -> None:
        super().__init__()
        self._spare, self._late_ns, self._handed_at_s = spare, round(late_ms * 1e6), handed_at_s

    def places(self) -> Places:
        """What the clock should show at each sample."""
        true = super().places()
        if self._handed_at_s is None:
            return true
        late = round(self._late_ns * 1e-9 * SAMPLE_RATE)
        at, said = round(self._handed_at_s * SAMPLE_RATE), np.roll(self._spare.places(), late)
        return np.concatenate([true[:at], said[at : len(true)]])

    def heard(self, source: str, origin_ns: int) -> Iterator[tuple[int, Sequence[InboxEvent]]]:
        """Both, in order of time."""
        second = (
            (at_ns, [self._later(event) for event in inbox]) for at_ns, inbox in self._spare.heard(SPARE, origin_ns)
        )
        return merge(super().heard(source, origin_ns), second, key=lambda block: block[0])

    def _later(self, event: InboxEvent) -> InboxEvent:
        return replace(event, stamp_ns=event.stamp_ns + self._late_ns) if isinstance(event, Reading) else event
