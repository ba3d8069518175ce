"""Ears begin anew as a fresh program: same process and arguments, nothing of the library that lost its server."""

import os
import sys
from collections.abc import Collection, Sequence
from typing import Final, NoReturn

from cuefocus.errors import DeviceError

_STANDARD: Final = range(3)
_OPEN_FILES: Final = "/proc/self/fd"


def begin_anew(argv: Sequence[str], keep: Collection[int]) -> NoReturn:
    """Become this Python with other arguments. What no longer runs looks to its peers like a program that has ended.

    A library's sockets are often not closed by exec: its server would wait for ever for a client that nobody plays
    any more, and all other clients with it. So every file is closed but those named.

    It leaves the real-time class: a program that starts takes a tenth of a second, and would hold up those that must
    not be late. The fresh one asks for the class when it has what it needs.

    Args:
        argv: arguments of the interpreter.
        keep: descriptors that the fresh program goes on with, beside the standard ones.

    Raises: DeviceError when the system refuses.
    """
    try:
        for descriptor in sorted(int(name) for name in os.listdir(_OPEN_FILES)):
            if descriptor not in _STANDARD and descriptor not in keep:
                _close_on_exec(descriptor)
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        os.execv(sys.executable, [sys.executable, *argv])  # noqa: S606 - ourselves, no shell
    except OSError as problem:
        raise DeviceError(f"the ears cannot begin anew: {problem}") from None


def _close_on_exec(descriptor: int) -> None:
    """Marked, not closed: threads of the library may be using it up to the last moment."""
    try:
        os.set_inheritable(descriptor, False)
    except OSError:  # the listing's own, or one that the library has closed since
        return
