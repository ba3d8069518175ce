"""The conductor process: `python -m cuefocus.shells.conductor_main --config FILE`, started by `run`.

A successor of a killed conductor finds the journal of its run, puts a session of its own where that leaves it (see
`recall`) and goes on: the same inbox gives the same plan, so nothing moves because of it. The sound is taken up where
it is by now.
"""

import argparse
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

from cuefocus.errors import CueFocusError, InputError
from cuefocus.files.collector import collector_paused
from cuefocus.landing.rows import LandingRow
from cuefocus.shells.conductor_config import ConductorConfig, Score, read_conductor_config, read_score
from cuefocus.shells.conductor_desk import open_desk
from cuefocus.shells.conductor_loop import Conductor
from cuefocus.shells.conductor_parts import Surroundings
from cuefocus.shells.conductor_sources import conductor_kernels, open_sources
from cuefocus.shells.event_pipe import EventWriter
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.journal_file import JournalWriter
from cuefocus.shells.journal_spill import JournalSpill
from cuefocus.shells.ledger_file import LedgerWriter
from cuefocus.shells.local_socket import LocalServer
from cuefocus.shells.log_line import log_line
from cuefocus.shells.realtime import enter_realtime, quiet_garbage
from cuefocus.shells.recall import Recalled, recall
from cuefocus.shells.sender import Sender
from cuefocus.shells.shared_memory import Publisher, SharedMemory
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

_SLOW_NS: Final = NS_PER_S
_READ_TRIES: Final = 3
_ALL_PIECES: Final = 1 << 20


def main(argv: Sequence[str]) -> int:
    """Run the conductor; the exit status."""
    parser = argparse.ArgumentParser(prog="conductor")
    parser.add_argument("--config", type=Path, required=True)
    given = parser.parse_args(argv)
    try:
        config = read_conductor_config(given.config)
        with collector_paused():
            score = read_score(config.score_fd)
            conduct(config, SharedMemory.attach(config.memory_fd), score.unarmed() if config.afresh else score)
    except CueFocusError as problem:
        log_line(f"conductor: {problem}")
        return 1 if isinstance(problem, InputError) else 3
    return 0


def conduct(config: ConductorConfig, memory: SharedMemory, score: Score) -> None:
    """Run the session until its takes are done, or until told to stop.

    It enters the real-time class when all that takes long is done: until then it would not let go of its core, and
    what the kernel does for serial ports and the network, in the ordinary class, would wait for it.
    """
    begun_ns = now_ns()

    def gets_on() -> None:
        memory.conductor_start.beat(now_ns())

    gets_on()
    events, takes = EventWriter(config.events_fd), EventWriter(config.takes_fd)
    spill = JournalSpill(config.spill_fd, config.journal_path) if config.spill_fd >= 0 else None
    recalled = recall(config, score, spill, gets_on=gets_on)
    session, playlist = recalled.session, recalled.playlist
    status = memory.status_reader()
    with contextlib.ExitStack() as open_things:
        server = LocalServer(Path(config.socket))
        open_things.callback(server.close)
        publisher = Publisher(memory, status)
        around = Surroundings(now_ns, memory, status, publisher, server, events, takes)
        around.numbers = count(recalled.next_id)
        around.page = EventWriter(config.page_fd)
        open_things.callback(around.page.close)

        def trouble(text: str) -> None:
            around.tell({"event": "alarm", "host_ns": now_ns(), "text": text, "source": "conductor"})

        journal = JournalWriter(
            config.journal_path,
            score.header,
            now_ns=now_ns,
            on_trouble=trouble,
            spill=spill,
            waiting=recalled.waiting,
        )
        open_things.callback(journal.close)
        around.journal = journal
        gets_on()
        around.ledger = _ledger(config, score, recalled, trouble)
        gets_on()
        first = recalled.outcome is None and not config.afresh
        kernels = conductor_kernels(config.sources, config.loops, first=first)
        resumed = recalled.outcome is not None
        sender = Sender(config.receivers)
        open_things.callback(sender.close)
        if config.receivers:
            around.sender = sender
            sender.doubt(recalled.sends, memory.conductor_beat.last_ns)
        around.sources = open_sources(
            config.sources, playlist, resumed=resumed, kernels=kernels, job=score.job, sent_from=sender.ports
        )
        open_things.callback(around.sources.close)
        gets_on()
        if config.desk.heard:
            around.desk = open_desk(config.desk, score.job, partial(next, around.numbers))
            open_things.callback(around.desk.close)
        if recalled.replayed and now_ns() - begun_ns > _SLOW_NS:
            trouble(f"the conductor was slow to come back: {recalled.how}")
        attach_seen = _attach_counts(memory)
        granted = enter_realtime(config.priority, lock=config.lock)
        gets_on()
        quiet_garbage(sweep=recalled.outcome is None)  # all that takes long is done before the first sign of life
        conductor = Conductor(
            around,
            session,
            {name: axis.spec for name, axis in score.job.axes.items()},
            outcome=recalled.outcome,
            in_take=recalled.in_take,
            attach_seen=attach_seen,
        )
        _stop_on_signals(conductor)
        took_ms = (now_ns() - begun_ns) // NS_PER_MS
        log_line(f"conductor: {recalled.how} in {took_ms} ms; {granted.line}; LTC decoder {kernels.name}")
        try:
            conductor.run()
        finally:
            gc.unfreeze()
            if isinstance(around.ledger, _LateLedger):
                with contextlib.suppress(OSError):
                    around.ledger.catch_up()
        late_ms = around.sources.worst_late_ns / NS_PER_MS
        log_line(f"conductor: longest step {conductor.worst_step_ns / NS_PER_MS:.1f} ms, latest block {late_ms:.1f} ms")
        if events.gone:
            _end_motion(memory)


class _LateLedger:
    """Stands in for a ledger that takes nothing yet: tries again with each row, a predecessor's rows first."""

    def __init__(self, path: Path, score: Score, recalled: Recalled) -> None:
        self._path, self._score = path, score
        self._rows, self._rows_before = tuple(recalled.rows), recalled.rows_before
        self._opened: LedgerWriter | None = None

    def append(self, row: LandingRow) -> None:
        """Keep one row. Raises OSError while the disk does not take it."""
        self.catch_up().append(row)

    def catch_up(self) -> LedgerWriter:
        """The ledger, once it has the predecessor's rows. Raises OSError while the disk does not take them."""
        if self._opened is None:
            ledger = LedgerWriter(self._path, run=self._score.header.run, show=self._score.show)
            ledger.catch_up(self._rows, before=self._rows_before)
            self._opened = ledger
        return self._opened


def _ledger(
    config: ConductorConfig, score: Score, recalled: Recalled, trouble: Callable[[str], None]
) -> LedgerWriter | _LateLedger:
    """The ledger, with every landing of this run that its predecessor had not written down yet."""
    path = Path(config.ledger)
    try:
        ledger = LedgerWriter(path, run=score.header.run, show=score.show)
        if recalled.outcome is not None:
            ledger.catch_up(recalled.rows, before=recalled.rows_before)
    except OSError as problem:
        trouble(f"{path}: landings cannot be written ({problem.strerror}); they are kept in memory and tried again")
        return _LateLedger(path, score, recalled)
    return ledger


def _attach_counts(memory: SharedMemory) -> dict[str, int]:
    """What motion may have seen of a predecessor whose journal is lost; zeros at the start of a run."""
    counts: dict[str, int] = {}
    for index, name in enumerate(memory.axes):
        reader = memory.plan_reader(index)
        for _ in range(_READ_TRIES):
            reader.refresh(_ALL_PIECES)
        if reader.plan is not None:
            counts[name] = reader.plan.attach
    return counts


def _end_motion(memory: SharedMemory) -> None:
    """`run` was killed, so nobody else is left to end motion in order."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if pid := memory.motion.read().pid:
            os.kill(pid, signal.SIGTERM)


def _stop_on_signals(conductor: Conductor) -> None:
    def stop(number: int, frame: object) -> None:
        del number, frame
        conductor.stopping = True

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
