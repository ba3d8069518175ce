"""A system that watches no more descriptors than it is allowed to."""

import errno
import os
import select

import pytest

_REAL_EPOLL = select.epoll


class Crowd:
    """Every epoll made from now on, together: as where `max_user_watches` is reached.

    Attributes:
        most: how many descriptors they may watch.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
        self.most, self.kept = most, 0
        monkeypatch.setattr(select, "epoll", lambda: _Crowded(self))


class _Crowded:
    def __init__(self, crowd: Crowd) -> None:
        self._poll, self._crowd = _REAL_EPOLL(), crowd

    def register(self, fd: int, events: int) -> None:
        if self._crowd.kept >= self._crowd.most:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._poll.register(fd, events)
        self._crowd.kept += 1

    def unregister(self, fd: int) -> None:
        self._poll.unregister(fd)
        self._crowd.kept -= 1

    def __getattr__(self, name: str) -> object:
        return getattr(self._poll, name)
