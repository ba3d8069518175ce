"""The desk process: `python -m cuefocus.desk.main --config FILE`, started by `run`.

It owns the take store, the calendar chores and the page. It may stall, crash or be killed at any moment: no rack, no
GO and no landing depends on it, and what it missed waits in the ledger.
"""

import argparse
import os
import signal
import socket
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any, Final

from cuefocus.desk.bookkeeper import LOOK_NS, Bookkeeper
from cuefocus.desk.calendar_keeper import CalendarKeeper, Told
from cuefocus.desk.chores import Chores, RunNow
from cuefocus.desk.config import DeskConfig, read_desk_config
from cuefocus.desk.desk_page import DeskPage
from cuefocus.desk.kept_calendar import KeptCalendar
from cuefocus.desk.wall_clock import WallWatch, read_clocks, zone_named
from cuefocus.engine.commands import CALENDAR
from cuefocus.errors import CueFocusError, InputError
from cuefocus.rig.calendar import Calendar
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
        alarm = {"event": "alarm", "host_ns": now_ns(), "text": text, "source": "desk"}
        events.put(alarm)
        if page is not None:
            page.note_alarm(alarm)

    def tell(kind: str, text: str) -> None:
        if kind == "alarm":
            say(text)
        else:
            log_line(f"desk: {text}")
            events.put({"event": kind, "host_ns": now_ns(), "desk": text, "source": "desk"})

    page: DeskPage | None = None
    heard = EventReader(socket.socket(fileno=config.heard_fd)) if config.heard_fd >= 0 else None
    wait = DescriptorWait()
    if heard is not None:
        wait.watch(heard.fileno())
    books = Bookkeeper(Path(config.ledger), Path(config.store), say)
    calendar = DeskCalendar(config, events)
    page = DeskPage(config.page, tell, wait)
    try:
        while not stopping:
            if heard is not None:
                told = heard.take()
                books.hear(told)
                calendar.hear(told)
                if heard.over:  # `run` and the conductor have gone
                    break
            books.tend(now_ns())
            calendar.tend()
            page.tend()
            wait.wait_until(now_ns() + LOOK_NS)
        if heard is not None:
            books.hear(heard.take())
        books.tend(now_ns())
    finally:
        page.close()
        calendar.close()
        books.close()


class DeskCalendar:
    """The calendar as the desk keeps it: what it says becomes events, what it needs to hear is noted.

    Args:
        config: the desk's. events: where to say things.
    """

    def __init__(self, config: DeskConfig, events: EventWriter) -> None:
        self._events = events
        self._said: SimpleQueue[Told] = SimpleQueue()
        self._meters: dict[str, Mapping[str, Any]] = {}
        self._ending = Event()
        calendar = Calendar.model_validate(config.calendar)
        watch, now = WallWatch(), read_clocks().wall
        began = datetime.fromisoformat(config.began) if config.began else now
        kept = KeptCalendar(Path(config.kept), since=min(began, now))
        takes, store = Path(config.ledger).parent, Path(config.store)
        run = RunNow(Path(config.show), Path(config.rig), config.files, Path(config.conductor), takes, store)
        chores = Chores(run, self._said.put, self._meters, self._ending)
        zone = zone_named(calendar.timezone)
        self._keeper = CalendarKeeper(calendar.kept, zone, kept, chores.do, watch=watch)
        self._say(Told("plan", f"calendar {self._keeper.plan_said(now)}"))

    def hear(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Note the meters of sound inputs."""
        self._meters.update({str(one.get("source", "")): one["sound"] for one in events if "sound" in one})

    def tend(self) -> None:
        """Start what is due, and say what there is to say."""
        for told in self._keeper.turn():
            self._say(told)
        self._say_what_came()

    def close(self) -> None:
        """Break off what is being done."""
        self._ending.set()
        for told in self._keeper.close():
            self._say(told)
        self._say_what_came()

    def _say_what_came(self) -> None:
        with suppress(Empty):
            while True:
                self._say(self._said.get_nowait())

    def _say(self, told: Told) -> None:
        log_line(f"calendar: {told.text}")
        kind = {"event": "alarm"} if told.alarm else {"event": "calendar"}
        self._events.put({**kind, "host_ns": now_ns(), "text": told.text, "source": CALENDAR, "do": told.do})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
