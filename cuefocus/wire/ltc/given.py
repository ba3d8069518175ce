"""Frames handed over lately: no word is handed over twice, and none out of turn."""

from bisect import bisect

import numpy as np

from cuefocus.wire.ltc.frame import LtcFrame

Due = tuple[float, LtcFrame]
"""The place in the sound by which a frame is sure, and the frame."""

_STALE_WORDS = 1.5  # where timecode was just read, a word found so much later would only confuse
_OVERLAP = 0.25  # frames


class Given:
    """The memory of what was handed over.

    Args:
        memory_samples: how long.
        keep_late: allow frames that come late.
    """

    def __init__(self, memory_samples: float, *, keep_late: bool) -> None:
        self._memory = memory_samples
        self._keep_late = keep_late
        self._frames: list[LtcFrame] = []  # in order of time
        self._latest = -np.inf
        self._now = self._before = self._given_at = -np.inf  # decided at; handed over at, before that and last

    @property
    def latest(self) -> LtcFrame | None:
        """The frame that none of the others ends after."""
        return self._frames[-1] if self._frames and self._frames[-1].last_sample == self._latest else None

    def has_met(self, frame: LtcFrame) -> bool:
        """Whether the last of the frames is in the way of this one, and always will be."""
        return bool(self._frames) and overlaps(self._frames[-1], frame)

    def takes(self, frame: LtcFrame, now: float) -> bool:
        """Whether a frame may be handed over: none that overlaps it has been, and it is not late."""
        first, last = frame.first_sample, frame.last_sample
        stale = now - last > _STALE_WORDS * (last - first)
        if now > self._now:
            self._now, self._before = now, self._given_at
        following = now - self._before < self._memory
        if not self._keep_late and (last < self._latest or (stale and following)):
            return False
        at = self._place_of(frame, first, last)
        if at < 0:
            return False
        self._latest, self._given_at = max(self._latest, last), now
        self._frames.insert(at, frame)
        if self._frames[0].last_sample < self._latest - 2.0 * self._memory:  # not for every frame
            self._forget()
        return True

    def _place_of(self, frame: LtcFrame, first: float, last: float) -> int:
        """The index at which a frame from `first` to `last` stands in order of time; -1 if another is in its way."""
        frames = self._frames
        at = len(frames)
        if at == 0 or first >= self._latest:  # the usual case, or almost: it begins where the last one ended
            return at
        late = self._latest - first
        newest = frames[-1]
        start, end = newest.first_sample, newest.last_sample
        if end == self._latest and late <= _OVERLAP * (last - first) and late <= _OVERLAP * (end - start):
            return at
        while at > 0 and frames[at - 1].last_sample > first:  # no frame is late by as much as is remembered
            at -= 1
            if overlaps(frames[at], frame):
                return -1
        while at < len(frames) and frames[at].first_sample <= first:
            at += 1
        return at

    def take_run(self, frames: list[LtcFrame], dues: list[float]) -> None:
        """Frames, two at least, that follow one another and `latest`, each handed over when it was due."""
        self._now, self._before, self._given_at = dues[-1], dues[-2], dues[-1]
        self._latest = frames[-1].last_sample
        first = bisect(frames, self._latest - self._memory, key=_last_sample)
        self._frames += frames[first:]
        self._forget()

    def _forget(self) -> None:
        spare = 0
        while self._frames[spare].last_sample < self._latest - self._memory:
            spare += 1
        del self._frames[:spare]


def _last_sample(frame: LtcFrame) -> float:
    return frame.last_sample


def overlaps(first: LtcFrame, second: LtcFrame) -> bool:
    """Whether two frames claim the same sound."""
    from_one, to_one, from_two, to_two = first.first_sample, first.last_sample, second.first_sample, second.last_sample
    return min(to_one, to_two) - max(from_one, from_two) > _OVERLAP * min(to_one - from_one, to_two - from_two)
