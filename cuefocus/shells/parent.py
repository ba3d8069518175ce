"""Who started a process, told to it: one that asks only when it has begun may find that its parent has gone already."""

import os
from argparse import ArgumentParser

_OPTION = "--parent"


def told_parent() -> tuple[str, str]:
    """What tells a process that it was started by this one; goes on its command line."""
    return _OPTION, str(os.getpid())


def hear_parent(parser: ArgumentParser) -> None:
    """Take that in as `parent`; who starts a process by hand need not say it."""
    parser.add_argument(_OPTION, type=int, default=os.getppid(), help="process that started this one")


def is_orphan(parent: int) -> bool:
    """Whether the process that started this one has ended."""
    return os.getppid() != parent
