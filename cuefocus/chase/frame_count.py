"""Our own count of a sound server's frames: it goes on beyond 2³², and never runs backwards."""

from typing import Final

_COUNTS: Final = 1 << 32  # jack_nframes_t


class FrameCount:
    """Numbers the first frame of each block.

    Attributes:
        jump: by how much the server's count last jumped, frames.
    """

    def __init__(self) -> None:
        self._next = 0
        self._expected: int | None = None
        self.jump = 0

    def begin_anew(self) -> None:
        """What the server counts next has nothing to do with what it counted before."""
        self._expected = None

    def block(self, counted: int | None, frames: int) -> tuple[int, bool]:
        """Number of a block's first frame, and whether frames before it are missing or were counted wrongly.

        Args:
            counted: the server's number of it, 0 to 2³² - 1; None where it keeps none.
            frames: length of the block.
        """
        jumped = False
        if counted is not None and self._expected is not None and (ahead := (counted - self._expected) % _COUNTS):
            self.jump = ahead if ahead < _COUNTS // 2 else ahead - _COUNTS
            self._next += max(0, self.jump)
            jumped = True
        first = self._next
        self._next += frames
        self._expected = None if counted is None else (counted + frames) % _COUNTS
        return first, jumped
