"""How true the clock was that a daemon published, from its journal: what motors measure depends on the load."""

from pathlib import Path

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Seed
from cuefocus.engine.journal import decode_journal
from cuefocus.engine.session import Session
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.running import SOUND_S

_AWAY_NS = 900 * NS_PER_MS
BEGINS_NS = Timecode(0, 59, 58, 0).show_ns(RATES["25"])


def worst_clock_ms(takes: Path, origin_ns: int, from_s: float = 1.0) -> float:
    """How far it was from playback's own time at most, from its first second nearly to its end; it runs throughout.

    Where nobody conducted for nearly as long as a clock may freewheel, it may be a second until it runs again.

    Args:
        takes: the folder of a run's one journal.
        origin_ns: host time at which playback began, at 00:59:58:00.
        from_s: seconds after that from which on it must run.
    """
    (journal,) = takes.glob("*.journal")
    header, steps, _ = decode_journal(journal.read_bytes(), version=None)
    session = Session(job_of_journal(header), Seed(auto_arm=True, takes=1))
    worst_ns = before_ns = again_ns = 0
    for step in steps:
        if step.now_ns - before_ns > _AWAY_NS:
            again_ns = step.now_ns + NS_PER_S
        before_ns = step.now_ns
        clock = session.step(step.now_ns, step.inbox).clock
        media_ns = clock.host_ns - origin_ns
        if from_s * NS_PER_S < media_ns < (SOUND_S - 0.5) * NS_PER_S:
            assert clock.running or step.now_ns < again_ns, f"{clock} at {media_ns / NS_PER_S:.3f} s"
            if clock.running:
                worst_ns = max(worst_ns, abs(clock.show_ns - BEGINS_NS - media_ns))
    return worst_ns / NS_PER_MS
