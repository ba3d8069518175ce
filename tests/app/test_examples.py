"""The example shows on the rigs their headers name: every rack lands, by feedback and by the lenses' true way."""

import json
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cuefocus.app.check import check
from cuefocus.app.firings import firings_of
from cuefocus.app.job import build_job
from cuefocus.app.ltc import generate_ltc
from cuefocus.app.rehearsal_rig import RehearsalRig, heard, origin_of_sound_ns, start_rings
from cuefocus.cli.root import app
from cuefocus.engine.job import Seed
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.ports import InboxEvent
from cuefocus.engine.takebook import CueRecord
from cuefocus.landing.rows import LANDING_KEYS, LEAVE_KEYS, LandingRow
from cuefocus.motion.racks import Band, PlannedRack
from cuefocus.motion.track import Track
from cuefocus.rig.loader import load_rig
from cuefocus.shells.sound_file import SoundFile
from cuefocus.show.loader import load_show
from cuefocus.show.models import Cue
from cuefocus.sim.lens_motor import TruePosition
from cuefocus.timebase.frames import parse_timecode, rate_named
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

ROOT = Path(__file__).parents[2]
WITHIN_MS = 5.0


@dataclass(frozen=True)
class Example:
    """A show, and the timecode that plays it."""

    show: str
    rate: str
    start: str
    seconds: float

    @property
    def show_path(self) -> Path:
        return ROOT / "cues" / f"{self.show}.yaml"

    @property
    def rig_path(self) -> Path:
        """The rig that the show's header names."""
        header = self.show_path.read_text("utf-8").partition("\ntitle:")[0]
        (name,) = set(re.findall(r"config/[a-z]+\.yaml", header))
        return ROOT / str(name)


EXAMPLES = [
    Example("duet", "25", "00:59:58:00", 49.0),
    Example("dance", "29.97df", "09:59:57;02", 37.0),
    Example("talkshow", "25", "19:59:57:00", 26.0),
    Example("repeat-pass", "24", "01:59:57:00", 26.0),
]
BY_NAME = {example.show: example for example in EXAMPLES}
every_example = pytest.mark.parametrize("name", list(BY_NAME))


@dataclass
class Played:
    """A rehearsal with all that was to be known of it."""

    example: Example
    rows: list[LandingRow]
    alarms: list[str]
    records: dict[str, CueRecord]
    logs: dict[str, list[TruePosition]]
    origin_ns: int

    def host_of_label_ns(self, show_ns: float) -> float:
        """When the sound truly showed a show time: its first label begins with its first sample."""
        rate = rate_named(self.example.rate)
        first_ns = parse_timecode(self.example.start, rate).show_ns(rate)
        return self.origin_ns + show_ns - first_ns

    def land_host_ns(self, record: CueRecord) -> float:
        """When a rack was truly to land: by the sound, or by the trigger's stamp."""
        rack = record.rack
        return rack.land_ns if rack.triggered else self.host_of_label_ns(rack.land_ns)


class WatchedRig(RehearsalRig):
    """A rehearsal that keeps the record of every rack."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.records: dict[str, CueRecord] = {}

    def _stepped(self, now_ns: int, inbox: Sequence[InboxEvent], outcome: Outcome) -> Sequence[InboxEvent]:
        for record in (*self.session.book.timed.values(), *self.session.book.fired):
            self.records[record.rack.cue] = record
        return super()._stepped(now_ns, inbox, outcome)


def play(example: Example, sound: Path, fire: Sequence[str] = ()) -> Played:
    """Rehearse as the verb does, keeping the simulators' logs."""
    checked = check(example.show_path, example.rig_path)
    assert checked.show is not None
    assert checked.rig is not None
    assert [c for c in checked.complaints if c.severity != "note"] == [], "an example is without fault"
    job, rig = build_job(checked), checked.rig.rig.value
    opened = SoundFile.open(sound)
    seed = Seed(rings=start_rings(rig), auto_arm=True, takes=1)
    firings = firings_of(checked.show.value, job, fire)
    origin_ns = origin_of_sound_ns(job, seed)
    blocks = heard(opened, job.sources[0], origin_ns=origin_ns)
    stage = WatchedRig(job, seed, rig, blocks, firings, keeps_logs=True)
    stage.run(origin_ns + round(opened.duration_s * NS_PER_S) + 15 * NS_PER_S)
    logs = {axis: side.link.log() for axis, side in stage.axes.items()}
    return Played(example, stage.result.rows, stage.result.alarms, stage.records, logs, origin_ns)


class Stage:
    """Plays each example once, however many tests look at it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._played: dict[str, Played] = {}

    def sound(self, name: str) -> Path:
        """The timecode of an example."""
        example, path = BY_NAME[name], self._folder / f"{name}.wav"
        if not path.exists():
            generate_ltc(path, rate=example.rate, start=example.start, seconds=example.seconds)
        return path

    def played(self, name: str) -> Played:
        """The example, played."""
        if name not in self._played:
            self._played[name] = play(BY_NAME[name], self.sound(name))
        return self._played[name]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(tmp_path_factory.mktemp("ltc"))


def true_ring(log: Sequence[TruePosition], at_ns: float) -> float:
    """Where the lens ring truly was."""
    index = bisect_right(log, at_ns, key=lambda row: row.time_ns)
    before = log[index - 1]
    if index == len(log):
        return before.lens_ring
    after = log[index]
    share = (at_ns - before.time_ns) / (after.time_ns - before.time_ns)
    return before.lens_ring + (after.lens_ring - before.lens_ring) * share


def true_entry_ns(log: Sequence[TruePosition], band: Band, from_ns: float, until_ns: float) -> float | None:
    """When the lens ring truly came into the band for the last time, None if it ends outside or never came in."""
    span = [row for row in log if from_ns <= row.time_ns <= until_ns]
    entry = None
    for before, after in pairwise(span):
        was, is_ = (band.near_ring <= row.lens_ring <= band.far_ring for row in (before, after))
        if is_ and not was:
            edge = band.near_ring if before.lens_ring < band.near_ring else band.far_ring
            share = (edge - before.lens_ring) / (after.lens_ring - before.lens_ring)
            entry = before.time_ns + share * (after.time_ns - before.time_ns)
        elif was and not is_:
            entry = None
    return entry


def planned_entry_ns(rack: PlannedRack) -> int:
    """When the pull was to bring the lens into the band: the landing itself, but for racks that land standing still."""
    if rack.landing != "stopped":
        return rack.land_ns
    track, band = Track(rack.from_ring, rack.segments), rack.band
    outside_ns, inside_ns = rack.depart_ns, rack.stop_ns
    while inside_ns - outside_ns > 1000:
        middle_ns = (outside_ns + inside_ns) // 2
        if band.near_ring <= track.at(middle_ns)[0] <= band.far_ring:
            inside_ns = middle_ns
        else:
            outside_ns = middle_ns
    return inside_ns


@every_example
def test_every_rack_of_an_example_lands_by_feedback(name: str, stage: Stage) -> None:
    played = stage.played(name)
    assert played.alarms == []
    show = load_show(BY_NAME[name].show_path).value
    fired = {item.cue for item in show.rehearse}
    expected = {cue.cue for cue in show.cues if not cue.triggered or cue.cue in fired or "after" in on_kinds(cue)}
    assert {row.cue for row in played.rows} == expected == set(played.records)
    assert len(played.rows) == len(expected), "each once"
    for row in played.rows:
        assert row.verdict == "landed", (row.cue, row.reason)
        assert row.error_ms is not None
        assert abs(row.error_ms) <= WITHIN_MS, row.cue
        assert row.reason is None, "no limit had to cut in"
        assert (row.land_at is None) == played.records[row.cue].rack.triggered


def on_kinds(cue: Cue) -> set[str]:
    """By what a triggered cue is fired."""
    return {on.kind for on in cue.on}


@every_example
def test_every_lens_was_truly_there_in_time(name: str, stage: Stage) -> None:
    """The simulators' own logs: the lens ring came into the band when it was to, and stayed."""
    played = stage.played(name)
    assert played.records
    for cue, record in played.records.items():
        rack, log = record.rack, played.logs[record.rack.axis]
        land_ns = played.land_host_ns(record)
        sharp_ns = land_ns - (rack.land_ns - planned_entry_ns(rack))
        assert record.watch_until_ns is not None
        from_ns = land_ns - (rack.land_ns - rack.depart_ns)
        entry_ns = true_entry_ns(log, rack.band, from_ns, max(record.watch_until_ns, land_ns))
        assert entry_ns is not None, f"{cue}: not in its band"
        assert abs(entry_ns - sharp_ns) <= WITHIN_MS * NS_PER_MS, f"{cue}: {(entry_ns - sharp_ns) / 1e6:+.2f} ms"
        for at_ns in range(round(entry_ns) + NS_PER_MS, record.watch_until_ns, 5 * NS_PER_MS):
            assert rack.band.near_ring <= true_ring(log, at_ns) <= rack.band.far_ring, f"{cue}: left its band"
        if rack.landing == "stopped":  # all but still by then; a hundredth of the travel is what is left
            left = abs(true_ring(log, land_ns + WITHIN_MS * NS_PER_MS) - rack.band.target_ring)
            assert left <= 0.01 * abs(rack.band.target_ring - rack.from_ring) + rack_play(played, record), cue


def rack_play(played: Played, record: CueRecord) -> float:
    """Half the play between motor and lens, and half an encoder's step: a lens may rest that far off."""
    rig = load_rig(played.example.rig_path).rig.value
    motor = rig.motor_of(record.rack.axis)
    return (motor.residual_backlash_counts + motor.simulated.quantum_counts) / motor.near_to_far.span


def test_a_row_says_what_the_simulator_knows(stage: Stage) -> None:
    """Feedback and truth agree on each rack of the duet, within what the row says it is uncertain by, and a little."""
    played = stage.played("duet")
    for row in played.rows:
        record = played.records[row.cue]
        if record.rack.landing == "stopped":
            continue
        land_ns = played.land_host_ns(record)
        log, until_ns = played.logs[record.rack.axis], record.watch_until_ns or land_ns
        entry_ns = true_entry_ns(log, record.rack.band, land_ns - NS_PER_S, until_ns)
        assert entry_ns is not None
        assert row.error_ms is not None
        assert row.uncertainty_ms is not None
        assert abs((entry_ns - land_ns) / NS_PER_MS - row.error_ms) <= 3 * row.uncertainty_ms, row.cue


def test_triggered_racks_are_fired_where_the_command_line_says(stage: Stage) -> None:
    """--fire stands in place of the show's own list; what follows a landing follows it still."""
    example = BY_NAME["talkshow"]
    played = play(example, stage.sound("talkshow"), ["2@20:00:07:00", "6@20:00:12:12"])
    rows = {row.cue: row for row in played.rows}
    assert set(rows) == {"1", "2", "3", "6"}
    rate = rate_named(example.rate)
    for cue, label in (("2", "20:00:07:00"), ("6", "20:00:12:12")):
        assert rows[cue].verdict == "landed"
        assert rows[cue].source == "rehearse"
        pressed_ns = played.host_of_label_ns(parse_timecode(label, rate).show_ns(rate))
        assert abs(played.records[cue].base_ns - pressed_ns) < NS_PER_MS
    assert played.records["3"].base_ns == played.records["2"].land_host_ns
    assert rows["6"].planned_s == pytest.approx(0.9)


def test_the_passes_of_a_repeat_act_match(stage: Stage) -> None:
    """The same move again: every landing of the second pass within a millisecond of the first, on the true lens."""
    first, second = stage.played("repeat-pass"), play(BY_NAME["repeat-pass"], stage.sound("repeat-pass"))
    assert [row.cue for row in first.rows] == [row.cue for row in second.rows]
    for one, other in zip(first.rows, second.rows, strict=True):
        assert one.error_ms is not None
        assert other.error_ms is not None
        assert abs(one.error_ms - other.error_ms) <= 1.0


def test_the_command_line_prints_the_contract(stage: Stage) -> None:
    example = BY_NAME["duet"]
    words = [str(example.show_path), "--rig", str(example.rig_path), "--timecode", str(stage.sound("duet")), "--json"]
    told = CliRunner().invoke(app, ["rehearse", *words])
    assert (told.exit_code, told.stderr) == (0, "")
    said = json.loads(told.stdout)
    assert list(said) == ["take", "landings", "sends"]
    assert said["take"] == 1
    assert said["landings"] == [row.as_dict() for row in stage.played("duet").rows]
    leaving = [row for row in said["landings"] if "leave_anchor" in row]
    assert {row["cue"] for row in leaving} == {"A5", "B3", "C5"}
    for row in said["landings"]:
        assert list(row) == [*CONTRACT, *(LEAVE_KEYS if row in leaving else ())]


#: Design §6, to the letter and in order.
CONTRACT = (
    "take pass cue name camera axis target anchor land_at verdict reason estimated measured_at planned_s arrived_s "
    "sharp_s stopped_s error_ms uncertainty_ms error_frames error_dioptres error_mm blur_coc overshoot_counts held_s "
    "speed source offset_ms stop focal_mm"
).split()


def test_the_keys_are_those_of_the_rows() -> None:
    assert list(LANDING_KEYS) == CONTRACT
