"""Decks, desks and hands that do anything to a conductor that turns as its loop does: words in bursts, a GO alone.

Every seed is a story of its own. Whatever happens, the invariants hold, each record of a fired cue has one row, and the
steps give the same again when they are replayed, from any checkpoint among them.
"""

import pickle
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from cuefocus.engine.job import Job, Seed
from cuefocus.engine.plan import Latch
from cuefocus.engine.session import Session
from cuefocus.engine.snapshot import Snapshots
from cuefocus.engine.takebook import CueRecord, TakeBook
from cuefocus.motor.axis import AxisSpec
from cuefocus.timebase.units import NS_PER_MS
from tests.stories.accounted_for import every_motion_has_a_logged_cause, only_the_newest_orders_reach_the_motor
from tests.stories.alike import difference
from tests.stories.invariants import (
    a_stop_is_as_quick_as_the_limits_allow,
    each_cue_is_told_once,
    nothing_moves_unless_armed_and_engaged,
)
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.restless import Step, TurningRig
from tests.stories.scenes import RIG, cue, show_text
from tests.stories.test_anything import MARKS
from tests.stories.told import ORIGIN_NS, Told
from tests.stories.watched_player import WatchedPlayer
from tests.stories.within_limits import every_set_point_is_inside_the_limits

AXES = ("A.focus", "B.focus")
FIRED = ("T", "U", "V", "W", "P")
KINDS = ("word", "word", "fire", "fire", "fire", "latch", "plug", "stall", "gone")
WORDS = ("go", "hold", "resume", "panic", "disarm", "arm", "engage", "take_end", "take_start", "release", "hand")
SOURCES = ("tell", "osc:desk", "osc:booth")
#: These notice a track that is told too late.
TELLING = (13, 16, 20, 24, 36, 68)
_SHOWS, _DECKS = 12, 30
_REFUSED = (["is", "refused:"], ["is", "not"])
_PUT_AWAY = 0.003
_COMPARED = ("clock", "plan_changed", "replies", "rows", "events", "latches", "next_due_ns", "punctual_ns", "sends")


def show_of(dice: random.Random) -> tuple[str, float]:
    """Timed racks on two cameras, cues that hands, desks, timecode and other cues fire; and the last landing."""
    at_s, cues = 2.0, ""
    for number in range(1, dice.randint(2, 5) + 1):
        at_s += dice.choice([0.9, 1.2, 1.6, 2.4])
        more = f"pull: {dice.choice(['500 ms', '800 ms'])}, on_jump: {dice.choice(['settle', 'skip', 'late'])}"
        cues += cue(str(number), at_s, dice.choice(MARKS), f"{more}, camera: {dice.choice('AB')}")
    conflict = f"conflict: {dice.choice(['trigger', 'track'])}"
    wait = dice.choice(["pre_wait: 300 ms", "land_after: 1500 ms", "pull: 400 ms"])
    cues += cue("T", None, dice.choice(MARKS), f"on: [{{manual: GO}}, {{osc: /t}}], {conflict}")
    cues += cue("U", None, dice.choice(MARKS), f"camera: B, on: [{{manual: GO}}, {{osc: /u}}, {{osc: /t}}], {wait}")
    follow = dice.choice(["auto-follow", "auto-continue"])
    cues += cue("V", None, dice.choice(MARKS), f"on: [{{manual: GO}}, {{osc: /v}}], continue: {follow}, {wait}")
    cues += cue("W", None, dice.choice(MARKS), "camera: B, on: {manual: GO}")
    cues += cue("P", None, dice.choice(MARKS), 'on: {at: "01:00:04:00"}, land_after: 800 ms')
    on_loss, rejoin = dice.choice(["finish", "hold", "run"]), dice.choice(["next-cue", "now", "operator"])
    scrub = dice.choice(["", ", scrub: true"])
    return show_text(cues, act=f"on_loss: {on_loss}, rejoin: {rejoin}, take_end_s: 3{scrub}", cameras="AB"), at_s


def deck_of(dice: random.Random, last_s: float) -> Playback:
    """A deck that plays, is cut, jumps and rewinds."""
    deck = Playback()
    for _ in range(dice.randint(2, 5)):
        seconds = dice.uniform(0.3, 3.0)
        match dice.choice(["play", "play", "play", "cut", "jump", "back"]):
            case "play":
                deck.play(seconds)
            case "cut":
                deck.cut(seconds)
            case "jump":
                deck.locate(dice.uniform(-0.5, last_s + 0.5)).play(dice.uniform(0.5, 3.0))
            case _:
                deck.play(seconds, speed=-1.0)
    return deck.play(2.0)


def hand_of(dice: random.Random) -> Hand:
    """One thing that a hand or a desk does."""
    kind, axis = dice.choice(KINDS), dice.choice(AXES)
    source, target = dice.choice(SOURCES), dice.choice(["", "", "A", "B"])
    word, key, name = dice.choice(WORDS), dice.choice(("/t", "/u", "/v")), dice.choice(("", *FIRED))
    age_s, in_s = dice.choice([0.0, 0.0, 0.004, 0.2]), dice.choice([0.0, 0.0, 0.05, 0.4])
    latch, stall_s = dice.choice([Latch.HOLD, Latch.PANIC, Latch.HAND]), dice.choice([0.05, 0.15, 0.3])

    def do(rig: StoryRig) -> None:
        if kind == "word" and word != "go":
            rig.say(word, target, source=source, age_s=age_s)
        elif kind == "word":
            rig.say("go", name, source=source, age_s=age_s, in_s=in_s)
        elif kind == "fire":
            rig.hear("osc", key, source=source, age_s=age_s, in_s=in_s)
        elif kind == "latch":
            rig.latch(latch, axis)
        elif kind == "plug":
            if rig.axes[axis].gone:
                rig.plug(axis)
            else:
                rig.unplug(axis)
        elif kind == "stall":
            rig.stop_motion(stall_s)
        else:
            rig.kill_conductor()
            rig.virtual.at(rig.clock.now_ns + round(stall_s * 1e9), rig.wake_conductor)

    return do


def scene(folder: Path, seed: int) -> tuple[StoryRig, Story, int]:
    """The stage with all hands told when, its story, and until when it plays (host ns)."""
    dice = random.Random(seed)
    show, last_s = show_of(random.Random(dice.randrange(_SHOWS)))
    deck = deck_of(random.Random(dice.randrange(_DECKS)), 8.0) if dice.random() < 0.8 else None
    story = Story(folder, show, deck, rig=RIG, takes=dice.choice([0, 2]), turns=dice)
    stage = story.stage()
    seconds = deck.seconds if isinstance(deck, Playback) else last_s
    stage.virtual.at(ORIGIN_NS - 500 * NS_PER_MS, lambda: ready(stage))
    for _ in range(dice.randint(0, 4)):
        at_ns = ORIGIN_NS + round(dice.uniform(0.0, seconds) * 1e9)
        for _ in range(dice.choice([1, 1, 2, 3, 5])):
            stage.virtual.at(at_ns, acting(hand_of(dice), stage))
            at_ns += dice.choice([0, 0, 30_000, 300_000, NS_PER_MS, 5 * NS_PER_MS, 40 * NS_PER_MS])
        if dice.random() < 0.7:
            stage.virtual.at(at_ns + round(dice.uniform(0.0, 1.0) * 1e9), lambda: ready(stage))
    end_ns = ORIGIN_NS + round((seconds + 3.0) * 1e9)
    stage.virtual.at(end_ns, lambda: stage.say("disarm"))
    return stage, story, end_ns + 500 * NS_PER_MS


def ready(stage: StoryRig) -> None:
    """An operator takes back what stops, arms and engages."""
    for word in ("resume", "arm"):
        stage.say(word)
    stage.say("engage", value="confirm")


def acting(hand: Hand, stage: StoryRig) -> Callable[[], None]:
    return lambda: hand(stage)


def play(folder: Path, seed: int) -> None:
    """One story, and all that must hold of it."""
    stage, story, until_ns = scene(folder, seed)
    stage.run(until_ns)
    told, turns = story.account(stage), stage.virtual
    for name, player in told.players.items():
        stands_as_it_reported(told.specs[name], player)
        every_set_point_is_inside_the_limits(told.specs[name], player)
        only_the_newest_orders_reach_the_motor(told, name, player)
        if "rejoin: now" not in story.show:  # there an axis goes on along its track, whatever its racks were told
            every_motion_has_a_logged_cause(told, name, player)
        nothing_moves_unless_armed_and_engaged(told, name, player)
        a_stop_is_as_quick_as_the_limits_allow(told, name, player)
    each_cue_is_told_once(told.rows)
    assert isinstance(turns, TurningRig)
    session = stage.session
    records = the_steps_give_the_same_again(session.job, session.seed, turns.steps, random.Random(seed))
    each_fired_cue_has_one_row(told, records)


def stands_as_it_reported(spec: AxisSpec, player: WatchedPlayer) -> None:
    """A motor that was let go and is engaged again is asked to stand where it says that it stands: off by a count."""
    for index, (held, frame, _) in enumerate(list(player.steps())):
        silent = index and frame.at_ns - player.frames[index - 1].at_ns > 6 * spec.period_ns
        if silent and abs(frame.ring - held) * spec.counts_span < 3.0:
            player.starts.setdefault(index, frame.ring)


class FullBook(TakeBook):
    """A take book that keeps every record of a fired cue."""

    def __init__(self, take: int) -> None:
        super().__init__(take)
        self.ever: list[CueRecord] = []

    def fire(self, record: CueRecord) -> None:
        """Keep it."""
        super().fire(record)
        self.ever.append(record)


def the_steps_give_the_same_again(job: Job, seed: Seed, steps: list[Step], dice: random.Random) -> list[CueRecord]:
    """Another session that takes the same steps says the same, though it is put away and taken up again among them.

    Returns: every record of a fired cue.
    """
    session, keeper = Session(job, seed), Snapshots(job)
    session.book = FullBook(seed.take)
    for now_ns, inbox, wanted in steps:
        if dice.random() < _PUT_AWAY:
            thawed = keeper.thaw(keeper.freeze(session))
            assert isinstance(thawed, Session)
            session = thawed
        outcome = session.step(now_ns, pickle.loads(pickle.dumps(inbox)))  # noqa: S301 - written this moment
        for name in _COMPARED:
            assert getattr(outcome, name) == getattr(wanted, name), name
        if wanted.plan_changed:
            assert not difference(outcome.plan, wanted.plan)
    assert isinstance(session.book, FullBook)
    return session.book.ever


def each_fired_cue_has_one_row(told: Told, records: list[CueRecord]) -> None:
    """Fired, stopped, refused or landed: one row; and no others but those of refusals that were told."""
    fired = Counter((one.take, one.pass_, one.rack.cue) for one in records)
    rows = Counter((row.take, row.pass_, row.cue) for row in told.rows if row.land_at is None and row.cue in FIRED)
    assert fired <= rows, f"without a row: {fired - rows}"
    told_of = [text.split() for text in told.alarms]
    refused = Counter(words[1] for words in told_of if words[0] == "cue" and words[2:4] in _REFUSED)
    more = Counter[str]()
    for (_, _, number), many in (rows - fired).items():
        more[number] += many
    assert more <= refused, f"rows of nothing: {more - refused}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all: the same show is compiled once."""
    return tmp_path_factory.mktemp("restless")


@pytest.mark.parametrize("seed", [*range(8), *TELLING])
def test_whatever_is_done_to_a_conductor_in_its_turns_the_invariants_hold(folder: Path, seed: int) -> None:
    play(folder, seed)
