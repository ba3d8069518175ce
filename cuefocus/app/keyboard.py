"""Single keys from a terminal, without waiting for Return; the terminal is as it was afterwards."""

import contextlib
import os
import sys
import termios
import tty
from collections.abc import Iterator
from typing import Final

from cuefocus.app.tell import CONFIRM
from cuefocus.shells.orders import Order

ORDERS: Final = {
    "a": Order("arm"),
    "e": Order("engage"),
    "E": Order("engage", value=CONFIRM),
    " ": Order("go"),
    "h": Order("hold"),
    "r": Order("resume"),
    "p": Order("panic"),
}
QUIT: Final = "q"


@contextlib.contextmanager
def keys(fd: int | None = None) -> Iterator[int]:
    """The descriptor on which single keys can be read; -1 where there is no terminal."""
    if fd is None:
        fd = _stdin_fd()
    if not _is_ours(fd):
        yield -1
        return
    before = termios.tcgetattr(fd)
    tty.setcbreak(fd)
    try:
        yield fd
    finally:
        with contextlib.suppress(termios.error):  # the terminal itself may be gone
            termios.tcsetattr(fd, termios.TCSADRAIN, before)


def _is_ours(fd: int) -> bool:
    """Whether it is the terminal that this program is in the foreground of."""
    try:
        return fd >= 0 and os.isatty(fd) and os.tcgetpgrp(fd) == os.getpgrp()
    except OSError:  # a terminal, but nobody's (`setsid`)
        return False


def read_keys(fd: int) -> str:
    """The keys that were pressed."""
    try:
        return os.read(fd, 64).decode("utf-8", "ignore")
    except OSError:
        return ""


def _stdin_fd() -> int:
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return -1
