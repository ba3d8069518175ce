"""Stops, what takes them back and what begins anew, by two desks and by motion's own socket, the conductor held up or
killed at any point between: what is said last holds, and where that cannot be known, a motor holds still.

Every seed is a story of its own.
"""

import random
from pathlib import Path

import pytest

from cuefocus.engine.job import Job
from cuefocus.engine.plan import Latch
from cuefocus.shells.stop_words import STOPS, is_meant
from cuefocus.wire.said import DISARMING
from tests.shells.stops_house import WORDS, House, Word, random_between
from tests.stories.kit import Story
from tests.stories.scenes import RIG, cue, show_text

TWO = RIG.replace("{motor: bridge}", "{motor: other}").replace(
    "  tilta:\n", "  other:\n" + RIG.partition("  tilta:\n")[2].replace("address: 1", "address: 2") + "  tilta:\n"
)
TWO = TWO[: TWO.index("  bridge:\n")] + TWO[TWO.index("  other:\n") :]
SHOW = show_text(
    cue("T", None, "far", "on: {manual: GO}, pull: 800 ms") + cue("U", None, "mid", "camera: B, on: {manual: GO}"),
    cameras="AB",
)
ENDS = ("panic", "release", "disarm")
"""Words that end a take."""
SEEDS = 25


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Story(tmp_path_factory.mktemp("show"), SHOW, rig=TWO, takes=0).stage().session.job


def play(folder: Path, job: Job, seed: int, *, kills: bool) -> House:
    dice = random.Random(seed)
    house = House(folder, job, random_between(dice, kills=kills))
    house.settles()
    for word in ("arm", "engage"):
        house.says("tell", word)
        house.settles()
    for _ in range(dice.randint(2, 5)):
        for _ in range(dice.choice([1, 1, 2, 3, 4, 5])):
            if dice.random() < 0.15:
                house.stops(*dice.choice(WORDS[:6]))
            else:
                house.says(dice.choice(["key", "tell"]), *dice.choice(WORDS))
            house.wait(dice.choice([0, 0, 0, 0.3, 5, 25]))
            if dice.random() < 0.3:
                house.looks()
            if dice.random() < 0.3:
                house.turn()
        if dice.random() < 0.5:
            house.settles()
        elif house.conductor is None:
            house.wait(dice.choice([100, 400]))
            house.looks()
            house.begin()
    house.settles()
    return house


def told(house: House) -> str:
    """What was said, in the order of hearing."""
    lines = [f"{one.stamp_ns} {one.by}: {one.verb} {one.target}: {one.ok} {one.text}" for one in heard(house)]
    return "\n".join(["", *lines])


def heard(house: House) -> list[Word]:
    return sorted((word for word in house.said if word.number), key=lambda word: word.number)


def for_axis(house: House, name: str, *verbs: str) -> list[Word]:
    """The words for an axis, of those that were not refused."""
    return [one for one in heard(house) if one.verb in verbs and one.ok is not False and is_meant(name, one.target)]


def what_was_said_last_stands(house: House) -> None:
    """In motion as in the session; where the conductor was killed, more may stand than was said."""
    for name, stands in house.stand().items():
        assert house.session.stage.orders[name].latch == stands, told(house)
        resumed = max((one.number for one in for_axis(house, name, "resume") if one.ok), default=0)
        wanted = Latch.NONE
        for stop in for_axis(house, name, *STOPS):
            if stop.number > resumed:
                wanted |= STOPS[stop.verb]
        assert stands & wanted == wanted, told(house)
        assert house.killed or stands == wanted, told(house)


def only_a_later_stop_makes_a_resume_too_late(house: House) -> None:
    """Where the conductor was killed, what its successor finds standing counts as said then."""
    for one in heard(house):
        if not house.killed and one.verb == "resume" and one.ok is False:
            before = [other for other in heard(house) if other.verb in DISARMING and other.number < one.number]
            assert any(other.stamp_ns > one.stamp_ns for other in before), told(house)


def a_take_is_open_if_it_was_begun_after_the_last_that_disarmed(house: House) -> None:
    disarmed = max((one.number for one in heard(house) if one.verb in ENDS and one.ok is not False), default=0)
    armed = max((one.number for one in heard(house) if one.verb == "arm" and one.ok is not False), default=0)
    assert not (house.session.book.armed and disarmed > armed), told(house)
    assert house.killed or house.session.book.armed is (armed > disarmed), told(house)


def motion_follows_what_the_session_has_engaged(house: House) -> None:
    for name, stands in house.stand().items():
        engaged = house.session.book.armed and house.session.stage.orders[name].engaged
        assert house.follows(name) <= engaged, told(house)
        assert stands or house.follows(name) >= engaged, told(house)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("kills", [False, True])
def test_what_is_said_last_holds(tmp_path: Path, job: Job, seed: int, kills: bool) -> None:
    house = play(tmp_path, job, seed, kills=kills)
    try:
        what_was_said_last_stands(house)
        only_a_later_stop_makes_a_resume_too_late(house)
        a_take_is_open_if_it_was_begun_after_the_last_that_disarmed(house)
        motion_follows_what_the_session_has_engaged(house)
    finally:
        house.close()
