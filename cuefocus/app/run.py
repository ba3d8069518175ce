"""The verb `run`: check, start the processes, print what they tell, keep them alive, end them in order.

It plans nothing and moves nothing. What it holds for its children (memory, sockets, the compiled show) outlives any of
them; what a landing depends on does not depend on it.
"""

import contextlib
import errno
import os
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final, TextIO

from rich.console import Console

from cuefocus.app.check import Checked, check
from cuefocus.app.daemon import Places, RunFiles, Wires, motor_hosts
from cuefocus.app.device_complaints import refuse_one_port_twice
from cuefocus.app.job import SourcesInUse, build_job, journal_files
from cuefocus.app.probe import motor_complaint, port_complaints
from cuefocus.app.receivers import wire_receivers
from cuefocus.app.report import rendered
from cuefocus.app.rig_surroundings import hosts_named
from cuefocus.app.runtime_dir import claim, runtime_base
from cuefocus.app.show_runner import DEVICE_AT_FAULT, DONE, INPUT_AT_FAULT, ShowRunner
from cuefocus.app.songs import require_song
from cuefocus.app.sound_choice import SoundChoice
from cuefocus.app.source_choice import AbletonChoice, ClockChoice, LinkChoice, SourceChoice, choose_sources
from cuefocus.app.stated_doubt import CURE, doubt
from cuefocus.app.teller import Teller
from cuefocus.app.version import code_version
from cuefocus.app.wired_sources import wire, wire_cues
from cuefocus.engine.job import Job, Seed
from cuefocus.engine.journal import JournalHeader
from cuefocus.errors import InputError
from cuefocus.landing.report import make_report
from cuefocus.landing.rows import LandingRow, row_from_dict
from cuefocus.motion.room import room_for
from cuefocus.rig.models import Rig
from cuefocus.shells.conductor_config import Score
from cuefocus.shells.conductor_desk import osc_triggers, show_of
from cuefocus.shells.ledger_file import read_ledger
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.shells.shared_memory import SharedMemory
from cuefocus.shells.source_config import PlayConfig
from cuefocus.wire.plain import plain_lines

_LEFT_OUT: Final = ": nobody is heard, told or called there in this run; write its address"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What the command line says.

    Args:
        sources: `file:X.wav`, `jack:PORT`, `audio:DEVICE`, `midi:PORT`, `clock:PORT#ACT`, `artnet:ADDRESS`, the first
            followed first; none for the rig's own.
        takes: end after this many; 0 = until stopped.
        attended: a person stands by the real motors.
        journal: folder of journals, ledger and take store.
        strict: exit status 3 unless every rack landed.
        name: what `tell --run` calls this daemon; empty for a name of its own.
    """

    rig: Path
    show: Path
    sources: tuple[str, ...] = ()
    arm: bool = False
    takes: int = 0
    attended: bool = False
    as_json: bool = False
    journal: Path = Path("takes")
    strict: bool = False
    name: str = ""


def run(
    options: RunOptions,
    *,
    out: TextIO | None = None,
    err: TextIO | None = None,
    environ: Mapping[str, str] | None = None,
) -> int:
    """Be the daemon; returns the exit status.

    Args:
        options: what to run, and how.
        out: events and the report (default: standard output).
        err: complaints about the files (default: standard error).
        environ: where the runtime folder is looked up (default: the process' own).

    Raises: InputError for what can be known beforehand, DeviceError when a process cannot be started.
    """
    began = datetime.now(UTC)
    out, err = out or sys.stdout, err or sys.stderr
    lookup = NameLookup()
    checked = check(options.show, options.rig, lookup=lookup)
    for complaint in checked.complaints:
        if complaint.severity != "note":
            err.write(f"{plain_lines(str(complaint))}\n")
    if checked.refused or checked.rig is None or checked.show is None or (compiled := checked.compiled) is None:
        return INPUT_AT_FAULT
    rig = checked.rig.rig.value
    _refuse_unattended(options, rig)
    absent = list(port_complaints(checked.rig, severity="error" if options.arm else "warning"))
    err.writelines(f"{plain_lines(str(complaint))}\n" for complaint in absent)
    if absent and options.arm:
        return INPUT_AT_FAULT
    choices = choose_sources(options.sources, rig, options.rig, warn=lambda text: err.write(f"{plain_lines(text)}\n"))
    refuse_one_port_twice(choices)
    in_use = tuple((choice.source, choice.kind) for choice in choices)
    job = build_job(checked, in_use)
    for choice in choices:
        if isinstance(choice, ClockChoice | AbletonChoice | LinkChoice):
            require_song(job.songs, choice.act, str(choice), selects=isinstance(choice, ClockChoice))
    err.writelines(f"source {each.source}: {said}; {CURE}\n" for each in choices if (said := doubt(each.kind)))
    cue_inputs = wire_cues(rig.network.midi, {kind for kind, _ in job.wanted()})
    sources = wire(choices, checked.show.value.rate, job.songs) + cue_inputs
    places = Places(options.journal.absolute(), _run_id(began))
    try:
        places.make()
    except OSError as problem:
        raise InputError(
            f"takes cannot be kept: {problem.strerror}", where=str(places.folder), hint="name another --journal folder"
        ) from None
    score = _score(options, checked, job, places, in_use)
    runtime = claim(runtime_base(os.environ if environ is None else environ), options.name)
    lookup.ask_ahead([*(host for _, host in hosts_named(rig.network)), *motor_hosts(rig)])
    console = _RunConsole(file=out, highlight=False)
    try:
        wires = Wires(SharedMemory.create(tuple(job.axes), room_for(compiled)), score.sealed())
        teller = Teller(out, console, title=job.title, as_json=options.as_json)
        runner = ShowRunner(
            wires,
            runtime,
            places,
            rig,
            sources,
            _plays(options, choices),
            files=RunFiles.of(options.show, options.rig, checked, began),
            teller=teller,
            missing=partial(motor_complaint, checked.rig) if options.arm else None,
            receivers=wire_receivers(rig.network.receivers, lookup),
            lookup=lookup,
            show=show_of(job),
            triggers=osc_triggers(job),
        )
        err.writelines(f"{plain_lines(problem)}{_LEFT_OUT}\n" for problem in lookup.unanswered.values())
        status = runner.run()
    finally:
        runtime.remove()
    rows, unwritten = landings_of(places, teller.rows)
    unheard = teller.unheard
    if not options.as_json and not unheard:
        try:
            console.print(*(rendered(make_report(rows)) if rows else ["no rack was judged"]), sep="\n")
            out.flush()
        except (OSError, ValueError):
            unheard = True
    with contextlib.suppress(OSError, ValueError):
        if unwritten:
            err.write(f"{places.ledger}: {unwritten} of the run's {len(rows)} landings could not be written there\n")
        if unheard:
            err.write("standard output was closed or took no more: not everything was printed\n")
        err.flush()
    if unheard:
        return status or DEVICE_AT_FAULT
    if status == DONE and options.strict and not (rows and all(row.verdict == "landed" for row in rows)):
        return DEVICE_AT_FAULT
    return status


def landings_of(places: Places, told: Sequence[LandingRow] = ()) -> tuple[list[LandingRow], int]:
    """Every landing of the run: those in the ledger, then those that were only told, and how many these are."""
    kept: list[LandingRow] = []
    with contextlib.suppress(OSError):  # what cannot be read counts as not written
        kept += [row_from_dict(line.row) for line in read_ledger(places.ledger) if line.run == places.run]
    known, unwritten = Counter(kept), list[LandingRow]()
    for row in told:
        if known[row]:
            known[row] -= 1
        else:
            unwritten.append(row)
    return kept + unwritten, len(unwritten)


class _RunConsole(Console):
    """A console that says when its reader has gone, instead of ending the process."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def _refuse_unattended(options: RunOptions, rig: Rig) -> None:
    """Arming by itself moves motors: real ones only with a person beside them."""
    real = [name for name, motor in rig.motors.items() if motor.port.kind != "sim"]
    if options.arm and real and not options.attended:
        raise InputError(
            f"--arm would move real motors ({', '.join(real)}) with nobody watching",
            where=str(options.rig),
            hint="stand by them and add --attended, or leave --arm out and arm by hand",
        )


def _score(options: RunOptions, checked: Checked, job: Job, places: Places, in_use: SourcesInUse) -> Score:
    last_take = max((int(line.row["take"]) for line in read_ledger(places.ledger)), default=0)
    seed = Seed(take=last_take, auto_arm=options.arm, takes=options.takes)
    header = JournalHeader(
        version=code_version(),
        run=places.run,
        files=journal_files(options.show, options.rig, checked),
        options={
            "auto_arm": options.arm,
            "takes": options.takes,
            "take": last_take,
            "sources": [[*one] for one in in_use],
        },
    )
    return Score(job, seed, header)


def _plays(options: RunOptions, choices: Sequence[SourceChoice]) -> PlayConfig | None:
    files = tuple(choice.source for choice in choices if isinstance(choice, SoundChoice))
    return PlayConfig(files, options.takes, wait_for_axes=options.arm) if files else None


def _run_id(began: datetime) -> str:
    """Names the files of a run."""
    return f"{began:%Y%m%dT%H%M%SZ}-{os.getpid()}"
