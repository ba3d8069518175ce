"""Which ports the run itself has, by the kernel's tables: `doctor` beside a run finds them taken."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_PLACE: Final = re.compile(r"(?P<what>OSC|OSC over TCP|page) at .*:(?P<port>\d+)")
_TABLES: Final = {"OSC": ("udp", "udp6"), "OSC over TCP": ("tcp", "tcp6"), "page": ("tcp", "tcp6")}
_LISTENS: Final = {"0A", "07"}
"""TCP_LISTEN, and what an unconnected UDP socket is shown as (linux/include/net/tcp_states.h)."""


def is_ours(what: str) -> bool:
    """Whether this process or the one that started it has the port of a place, named as `doctor` does."""
    named = _PLACE.fullmatch(what)
    if named is None:
        return False
    taken = {inode for table in _TABLES[named["what"]] for inode in _taken(table, int(named["port"]))}
    return bool(taken & set(_held((os.getpid(), os.getppid()))))


def _taken(table: str, port: int) -> Iterable[str]:
    try:
        lines = Path(f"/proc/net/{table}").read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        fields = line.split()
        if int(fields[1].rpartition(":")[2], 16) == port and fields[3] in _LISTENS:
            yield f"socket:[{fields[9]}]"


def _held(pids: Iterable[int]) -> Iterable[str]:
    for pid in pids:
        try:
            yield from [os.readlink(one) for one in Path(f"/proc/{pid}/fd").iterdir() if one.is_symlink()]
        except OSError:
            continue
