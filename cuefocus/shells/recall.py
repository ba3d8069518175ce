"""What a conductor's successor must know: the session as the journal leaves it, and what the loop keeps beside it.

Found by replaying the journal: all of it, or what came after a checkpoint. Both give the same, to the bit.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from cuefocus.engine.journal import Step
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.ports import Command
from cuefocus.engine.sends import Send
from cuefocus.engine.session import Session
from cuefocus.engine.snapshot import Snapshots
from cuefocus.errors import JournalError
from cuefocus.landing.rows import LandingRow
from cuefocus.shells.checkpoint import Mark, code_print, states_of
from cuefocus.shells.conductor_config import ConductorConfig, Score
from cuefocus.shells.conductor_loop import take_after
from cuefocus.shells.journal_file import JournalFileReader
from cuefocus.shells.journal_spill import JournalSpill
from cuefocus.shells.playlist import Playlist
from cuefocus.shells.source_config import PlayConfig

ROWS_KEPT: Final = 1_000
"""So many of the last landings may be missing from the ledger and are added by the successor."""


@dataclass(slots=True)
class Recalled:
    """A session, and what came of its steps so far.

    Args:
        outcome: of the last step; None when there was none.
        rows: the last landings; `rows_before` earlier ones are no longer kept.
        next_id: above every command's number.
        sends: words that the steps handed out and whose moment had not come at the last of them.
        replayed: how many of its steps were not in a checkpoint.
        waiting: lines of the last of them, which had not reached the disk.
        how: in words, where it came from.
    """

    session: Session
    playlist: Playlist | None
    outcome: Outcome | None = None
    rows: deque[LandingRow] = field(default_factory=lambda: deque(maxlen=ROWS_KEPT))
    rows_before: int = 0
    steps: int = 0
    in_take: bool = False
    next_id: int = 1
    sends: tuple[Send, ...] = ()
    replayed: int = 0
    waiting: Sequence[bytes] = ()
    how: str = "0 steps replayed"

    def step(self, step: Step) -> None:
        """Take one step of the journal."""
        outcome = self.session.step(step.now_ns, step.inbox)
        self.outcome = outcome
        self.steps += 1
        self.replayed += 1
        self.rows_before += max(0, len(self.rows) + len(outcome.rows) - ROWS_KEPT)
        self.rows += outcome.rows
        self.in_take = take_after(self.in_take, outcome)
        if self.sends or outcome.sends:
            both = (*self.sends, *outcome.sends)
            self.sends = tuple(send for send in both if send.due_ns > step.now_ns and not send.frame)
        if self.playlist is not None:
            self.playlist.observe(step.inbox)
        for event in step.inbox:
            if isinstance(event, Command):
                self.next_id = max(self.next_id, event.id + 1)


def first_part(score: Score, plays: PlayConfig | None) -> Recalled:
    """What is known before the first step."""
    playlist = None
    if plays is not None:
        waits = plays.wait_for_axes and score.seed.auto_arm
        playlist = Playlist(plays.sources, plays.takes, wait_for_axes=waits)
    return Recalled(Session(score.job, score.seed), playlist)


def recall(
    config: ConductorConfig,
    score: Score,
    spill: JournalSpill | None = None,
    *,
    gets_on: Callable[[], object] = lambda: None,
) -> Recalled:
    """What a predecessor's journal leaves, and what of it the disk had not taken; nothing in a run's first conductor.

    Args:
        config: where the journal and its checkpoints are.
        score: what the session is made from.
        spill: where lines wait that the disk had not taken.
        gets_on: called after each step: whoever waits for us sees that we do not hang.

    Raises: JournalError when the journal is damaged.
    """
    recalled = _from_disk(config, score, gets_on)
    if spill is not None:
        recalled.waiting, steps = spill.waiting(score.header, recalled.session.now_ns if recalled.steps else None)
        for step in steps:
            recalled.step(step)
            gets_on()
        recalled.how += f", {len(steps)} more that the disk had not taken" if steps else ""
    return recalled


def _from_disk(config: ConductorConfig, score: Score, gets_on: Callable[[], object]) -> Recalled:
    journal = config.journal_path
    if not journal.exists() or journal.stat().st_size == 0:
        return first_part(score, config.plays)
    with JournalFileReader(journal, version=score.header.version) as reader:
        found = from_checkpoint(config.sheet_fds, Snapshots(score.job), reader)
        recalled = found if found is not None else first_part(score, config.plays)
        seen, recalled.replayed = recalled.steps, 0
        gets_on()
        for step in reader.steps():
            recalled.step(step)
            gets_on()
    after = f"after a checkpoint at step {seen}" if found is not None else "no checkpoint could be used"
    recalled.how = f"{recalled.replayed} steps replayed, {after}"
    return recalled


def from_checkpoint(sheets: tuple[int, ...], snapshots: Snapshots, reader: JournalFileReader) -> Recalled | None:
    """The newest checkpoint that belongs to a journal, which is then read on from there; None where none fits."""
    for mark, state in states_of(sheets, code=code_print(), journal=reader.path.name):
        if reader.tail(mark.at_bytes) != mark.tail:
            continue  # the journal was cut since, and written on
        try:
            recalled = snapshots.thaw(state)
        except JournalError:
            continue
        if isinstance(recalled, Recalled):
            reader.go_on_from(mark.at_bytes)
            return recalled
    return None


def checkpoint_of(recalled: Recalled, code: str, snapshots: Snapshots, reader: JournalFileReader) -> tuple[Mark, bytes]:
    """The state after all that a reader has handed out, as it is put on a sheet."""
    at_bytes = reader.position
    return Mark(code, reader.path.name, at_bytes, reader.tail(at_bytes), recalled.steps), snapshots.freeze(recalled)
