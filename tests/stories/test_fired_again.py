"""A triggered cue fired right after another on the same axis: it is planned from where that one has brought it."""

from itertools import pairwise
from pathlib import Path

import pytest

from cuefocus.engine.plan import Splice
from cuefocus.timebase.units import NS_PER_MS
from tests.stories.invariants import _true_entry_ns
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text
from tests.stories.test_triggers import GO, HOUSE, fire
from tests.stories.told import ORIGIN_NS, Told

AXIS = "A.focus"
#: Before it leaves, while it takes up slack, just under way, on its way.
GAPS_MS = [15, 35, 55, 65, 80, 150, 400]


def splices(told: Told) -> list[Splice]:
    """What was laid over the axis' track, in order."""
    laid = [moment.outcome.plan.axes[AXIS].splice for moment in told.moments if AXIS in moment.outcome.plan.axes]
    return [splice for before, splice in pairwise([None, *laid]) if splice is not None and splice is not before]


@pytest.mark.parametrize("gap_ms", GAPS_MS)
@pytest.mark.parametrize(("stood_on", "first", "second"), [("near", "far", "mid"), ("back", "mid", "far")])
def test_the_second_begins_where_the_first_has_brought_the_axis(
    tmp_path: Path, stood_on: str, first: str, second: str, gap_ms: int
) -> None:
    """The play is 40 counts: a plan that took the first rack for done before it moved would be off by that."""
    cues = cue("0", None, stood_on, GO) + cue("1", None, first, GO) + cue("2", None, second, GO)
    told = (
        Story(tmp_path, HOUSE + cues)
        .at(1.0, fire("0"))
        .at(3.0, fire("1"))
        .at(3.0 + gap_ms / 1e3, fire("2"))
        .tell(until_s=6.0)
    )
    assert told.verdicts() == {"0": "landed", "1": "replaced", "2": "landed"}
    record = next(record for record in told.records.values() if record.rack.cue == "2")
    span = told.specs[AXIS].counts_span
    *_, before, after = splices(told)
    here, there = before.track.at(after.from_ns), after.track.at(after.from_ns)
    assert there[0] == pytest.approx(here[0], abs=1e-9), "no step"
    assert there[1] == pytest.approx(here[1], abs=1e-6)
    if abs(here[1]) < 1e-6:
        stands = told.lens(AXIS, (after.from_ns - ORIGIN_NS) / 1e9)
        assert abs(record.rack.from_ring - stands) * span < 8, "the lens, not the other side of its play"
    band = record.rack.band
    assert record.land_host_ns is not None
    sharp_ns = _true_entry_ns(told.logs[AXIS], band.near_ring, band.far_ring, record.watch_until_ns or 0)
    assert sharp_ns == pytest.approx(record.land_host_ns, abs=1.5 * NS_PER_MS)


@pytest.mark.parametrize("gap_ms", [15, 45])
def test_a_cue_back_to_where_the_lens_still_stands_moves_nothing(tmp_path: Path, gap_ms: int) -> None:
    cues = cue("0", None, "near", GO) + cue("1", None, "far", GO) + cue("2", None, "near", GO)
    story = Story(tmp_path, HOUSE + cues).at(1.0, fire("0")).at(3.0, fire("1")).at(3.0 + gap_ms / 1e3, fire("2"))
    told = story.tell(until_s=6.0)
    assert told.verdicts() == {"0": "landed", "1": "replaced", "2": "landed"}
    frames = [frame.counts for frame in told.players[AXIS].frames if frame.due_ns > ORIGIN_NS + 2_900 * NS_PER_MS]
    assert len(set(frames)) <= 1, "not even its motor"


@pytest.mark.parametrize("gap_ms", [15, 45])
def test_beside_timecode_too(tmp_path: Path, gap_ms: int) -> None:
    """A timed rack has brought the lens here; the first cue is fired and has not moved it when the second is."""
    cues = cue("1", 3, "far") + cue("T", None, "mid", GO) + cue("U", None, "back", GO) + cue("2", 9, "near")
    story = Story(tmp_path, show_text(cues), Playback().play(10.5)).at(5.5, fire("T"))
    told = story.at(5.5 + gap_ms / 1e3, fire("U")).tell()
    assert told.verdicts() == {"1": "landed", "T": "replaced", "U": "landed", "2": "landed"}
    record = next(record for record in told.records.values() if record.rack.cue == "U")
    assert abs(record.rack.from_ring - told.lens(AXIS, 5.5 + gap_ms / 1e3)) * told.specs[AXIS].counts_span < 8
