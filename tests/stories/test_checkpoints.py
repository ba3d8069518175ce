"""A session that is put away at any step and taken up again goes on as if nothing had been."""

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from numpy.random import default_rng

from cuefocus.app.job import job_of_journal
from cuefocus.engine.job import Job, Seed
from cuefocus.engine.journal import JournalHeader, Step
from cuefocus.engine.outcome import Outcome
from cuefocus.engine.plan import Latch, Plan
from cuefocus.engine.session import Session
from cuefocus.engine.snapshot import Snapshots, parts_of
from cuefocus.shells.journal_file import JournalFileReader
from tests.stories.alike import constants, difference
from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, SOLO_RIG, cue, show_text
from tests.stories.test_acts import DANCE_S, TWO_ACTS

TIMED = cue("1", 3, "far") + cue("2", 5, "near", "on_jump: compress") + cue("3", 7, "back")
BOTH = TIMED + cue("B1", 3, "far", "camera: B") + cue("B2", 5.5, "near", "camera: B")
FIRED = (
    TIMED + cue("4", None, "mid", "on: {manual: go}, land_after: 900 ms") + cue("5", None, "far", 'on: {after: "4"}')
)


def _plain(folder: Path) -> Story:
    return Story(folder, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)


def _jumping(folder: Path) -> Story:
    playback = Playback().play(4.0).locate(4.8).play(2.0).pause(2.0).locate(1.0).play(5.0).cut(2.5).play(2.0)
    return Story(folder, show_text(TIMED), playback)


def _stopped(folder: Path) -> Story:
    story = Story(folder, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(3.75, lambda rig: rig.say("hold", "A")).at(5.2, lambda rig: rig.say("resume"))
    return story.at(5.9, lambda rig: rig.latch(Latch.HAND, "B.focus"))


def _fired(folder: Path) -> Story:
    story = Story(folder, show_text(FIRED), Playback().play(9.0), takes=0)
    story.at(0.1, lambda rig: rig.say("arm")).at(0.2, lambda rig: rig.say("engage"))
    return story.at(4.3, lambda rig: rig.say("go")).at(4.4, lambda rig: rig.say("go"))


def _telling(folder: Path) -> Story:
    tells = "tell: [{when: departure, to: eos, osc: /left}, {to: eos, osc: /landed, offset: 300 ms}]"
    fired = cue("4", None, "mid", f"on: {{manual: GO}}, {tells}")
    shown = show_text(TIMED.replace("to: far", f"to: far, {tells}") + fired)
    sends = 'sends: [{act: song, at: "+2 s", to: eos, osc: /two}, {act: song, at: "+6 s", to: eos, osc: /six}]\n'
    receivers = '{id: eos, osc: "127.0.0.1:9", latency_ms: 40}, {id: art, artnet: 127.0.0.1, timecode: true}'
    network = f"network: {{receivers: [{receivers}]}}\n"
    story = Story(folder, shown + sends, Playback().play(5.0).locate(0.0).play(8.0), rig=SOLO_RIG + network)
    return story.at(1.5, lambda rig: rig.say("go"))


def _unplugged(folder: Path) -> Story:
    story = Story(folder, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(3.7, lambda rig: rig.unplug("A.focus")).at(5.0, lambda rig: rig.plug("A.focus"))
    return story.at(5.3, lambda rig: rig.say("engage", "A"))


def _acts(folder: Path) -> Story:
    return Story(folder, TWO_ACTS, Playback().play(5.5).locate(DANCE_S - 0.5).play(4.0))


def _silent(folder: Path) -> Story:
    story = Story(folder, show_text(TIMED), Playback().play(9.0), takes=2)
    return story.at(4.0, StoryRig.kill_conductor).at(4.3, lambda rig: rig.wake_conductor("A.focus"))


def _set(folder: Path) -> Story:
    """A stop that is set while racks are under way and ahead, and another."""
    story = Story(folder, show_text(BOTH, cameras="AB"), Playback().play(9.5), rig=RIG)
    story.at(3.8, lambda rig: rig.say("setup", "A", "stop=11")).at(3.9, lambda rig: rig.say("setup", "B", "stop=8"))
    return story.at(6.4, lambda rig: rig.say("setup", "A", "clear"))


def _wound(folder: Path) -> Story:
    """To and fro in an act that may be scrubbed."""
    playback = Playback().play(4.0).play(1.5, speed=-1.0).pause(0.5).play(0.8, speed=4.0).play(0.5, speed=-8.0)
    story = Story(folder, show_text(FIRED, act="scrub: true"), playback.play(3.0))
    return story.at(3.5, lambda rig: rig.say("go"))


STORIES: dict[str, Callable[[Path], Story]] = {
    "plain": _plain,
    "jumping": _jumping,
    "stopped": _stopped,
    "fired": _fired,
    "telling": _telling,
    "unplugged": _unplugged,
    "acts": _acts,
    "silent": _silent,
    "set": _set,
    "wound": _wound,
}


@dataclass(frozen=True)
class Played:
    """A story's journal, and what every step of it gave."""

    job: Job
    seed: Seed
    steps: Sequence[Step]
    outcomes: Sequence[Outcome]


@pytest.fixture(scope="module", params=list(STORIES))
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp(request.param)
    story = STORIES[request.param](folder)
    story.journal = folder / "journal"
    told = story.tell()
    with JournalFileReader(story.journal, version=None) as reader:
        steps = list(reader.steps())
    job = job_of_journal(reader.header)
    seed = _seed(reader.header)
    session = Session(job, seed)
    outcomes = [session.step(step.now_ns, step.inbox) for step in steps]
    assert [row for outcome in outcomes for row in outcome.rows] == told.rows
    return Played(job, seed, steps, outcomes)


def _seed(header: JournalHeader) -> Seed:
    options = header.options
    return Seed(rings=dict(options["rings"]), auto_arm=options["auto_arm"], takes=options["takes"])


def _other_process(job: Job) -> Job:
    """The same compiled show, as another process has it."""
    other = pickle.loads(pickle.dumps(job))  # noqa: S301 - written this moment
    assert isinstance(other, Job)
    return other


def _moved(session: Session, job: Job, other: Job) -> Session:
    thawed = Snapshots(other).thaw(Snapshots(job).freeze(session))
    assert isinstance(thawed, Session)
    return thawed


def _assert_goes_on(session: Session, played: Played, from_step: int) -> None:
    for step, outcome in zip(played.steps[from_step:], played.outcomes[from_step:], strict=True):
        _assert_same(session.step(step.now_ns, step.inbox), outcome)


def _assert_same(outcome: Outcome, wanted: Outcome) -> None:
    if not wanted.plan_changed:
        assert outcome.plan.generation == wanted.plan.generation
        outcome, wanted = (replace(one, plan=Plan(wanted.plan.generation)) for one in (outcome, wanted))
    assert not difference(outcome, wanted)


def test_from_any_step_on_it_goes_on_as_if_nothing_had_been(played: Played) -> None:
    """Put away again and again: each time on another copy of the show, after a few dozen steps."""
    chance, session, job = default_rng(1), Session(played.job, played.seed), played.job
    for step, outcome in zip(played.steps, played.outcomes, strict=True):
        if chance.random() < 0.04:
            other = _other_process(job)
            session, job = _moved(session, job, other), other
        _assert_same(session.step(step.now_ns, step.inbox), outcome)


def test_each_checkpoint_alone_leads_to_the_same_end(played: Played) -> None:
    chance, session, frozen = default_rng(2), Session(played.job, played.seed), dict[int, bytes]()
    chosen = sorted(int(number) for number in chance.choice(len(played.steps), 6, replace=False))
    for number, step in enumerate(played.steps):
        if number in chosen:
            frozen[number] = Snapshots(played.job).freeze(session)
        session.step(step.now_ns, step.inbox)
    for number, state in frozen.items():
        thawed = Snapshots(_other_process(played.job)).thaw(state)
        assert isinstance(thawed, Session)
        _assert_goes_on(thawed, played, number)
        assert not difference(thawed, _moved(session, played.job, thawed.job)), number


def test_every_field_of_every_object_of_a_session_is_carried(played: Played) -> None:
    chance, session = default_rng(3), Session(played.job, played.seed)
    same = {id(part) for part in (*parts_of(played.job), *constants())}
    for step in played.steps:
        session.step(step.now_ns, step.inbox)
        if chance.random() < 0.02:
            thawed = _moved(session, played.job, played.job)
            assert not difference(session, thawed, same=same, tied=True)


def test_the_compiled_show_does_not_change_while_it_plays(played: Played) -> None:
    """A checkpoint only names it, so nothing that moves may be kept in it."""
    before = _other_process(played.job)
    session = Session(played.job, played.seed)
    for step in played.steps:
        session.step(step.now_ns, step.inbox)
    assert not difference(_other_process(played.job), before)


def test_a_checkpoint_holds_what_moves_and_not_the_show(tmp_path: Path) -> None:
    cues = [cue(str(n + 1), 3.0 + 2.0 * n, ("far", "near")[n % 2], f"name: rack {n + 1}") for n in range(200)]
    story = Story(tmp_path, show_text("".join(cues)), Playback().play(2.5))
    story.journal = tmp_path / "journal"
    story.tell(until_s=3.0)
    with JournalFileReader(story.journal, version=None) as reader:
        session = Session(job_of_journal(reader.header), _seed(reader.header))
        for step in reader.steps():
            session.step(step.now_ns, step.inbox)
    frozen = Snapshots(session.job).freeze(session)
    assert b"rack 150" in pickle.dumps(session.job)
    assert b"rack 150" not in frozen
    assert len(frozen) < 40_000 + 700 * len(cues), (
        "set-points and reports of half a minute, lives and tracks of the cues"
    )
