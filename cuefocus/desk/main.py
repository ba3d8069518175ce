"""The desk process: `python -m cuefocus.desk.main --config FILE`, started by `run`.

It owns the take store and the calendar chores. It may stall, crash or be killed at any moment: no rack, no GO and no
landing depends on it, and what it missed waits in the ledger.
"""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cuefocus.desk.bookkeeper import LOOK_NS, Bookkeeper
from cuefocus.desk.chores import add_backup, scheduler
from cuefocus.desk.config import DeskConfig, read_desk_config
from cuefocus.errors import CueFocusError, InputError
from cuefocus.shells.event_pipe import EventReader, EventWriter
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.log_line import log_line

_NICE: Final = 5


def main(argv: Sequence[str]) -> int:
    """Run the desk; the exit status."""
    parser = argparse.ArgumentParser(prog="desk")
    parser.add_argument("--config", type=Path, required=True)
    given = parser.parse_args(argv)
    try:
        keep_desk(read_desk_config(given.config))
    except CueFocusError as problem:
        log_line(f"desk: {problem}")
        return 1 if isinstance(problem, InputError) else 3
    return 0


def keep_desk(config: DeskConfig) -> None:
    """Keep the store until SIGTERM, then once more."""
    os.nice(_NICE)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _frame: stopping.append(number))
    events = EventWriter(config.events_fd)

    def say(text: str) -> None:
        log_line(f"desk: {text}")
        events.put({"event": "alarm", "host_ns": now_ns(), "text": text, "source": "desk"})

    heard = EventReader(socket.socket(fileno=config.heard_fd)) if config.heard_fd >= 0 else None
    wait = DescriptorWait()
    if heard is not None:
        wait.watch(heard.fileno())
    books = Bookkeeper(Path(config.ledger), Path(config.store), say)
    chores = scheduler(say)
    add_backup(chores, Path(config.store))
    chores.start()
    try:
        while not stopping:
            if heard is not None:
                books.hear(heard.take())
                if heard.over:  # `run` and the conductor have gone
                    break
            books.tend(now_ns())
            wait.wait_until(now_ns() + LOOK_NS)
        if heard is not None:
            books.hear(heard.take())
        books.tend(now_ns())
    finally:
        chores.shutdown(wait=False)
        books.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
