"""Decks that do anything and hands that press anything: whatever happens, the invariants hold and nobody is surprised.

Every seed is a story of its own; those that once showed a fault stay.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.kit import Story, StoryRig
from tests.stories.playback import Playback
from tests.stories.scenes import cue, show_text

MARKS = ("near", "mid", "far", "back")
HANDS = ("go", "hold", "resume", "hand", "resume", "panic", "disarm", "arm", "engage", "take_end", "unplug", "plug")
#: These once stepped at the first frame, ran one pull into the next, or judged a landing by the next move.
FAULTY = (11, 13, 40, 54, 119, 124, 161, 199, 208, 210, 213)


def show_of(dice: random.Random) -> tuple[str, float]:
    """Two to five racks and a triggered one, under any policy; and the last landing."""
    at_s, cues = 2.0, ""
    for number in range(1, dice.randint(2, 5) + 1):
        at_s += dice.choice([0.9, 1.2, 1.6, 2.4])
        pull, to = dice.choice(["500 ms", "600 ms", "800 ms"]), dice.choice(MARKS)
        on_jump = dice.choice(["settle", "skip", "compress", "late"])
        cues += cue(str(number), at_s, to, f"pull: {pull}, on_jump: {on_jump}")
    cues += cue("T", None, dice.choice(MARKS), f"on: {{manual: GO}}, conflict: {dice.choice(['trigger', 'track'])}")
    on_loss, rejoin = dice.choice(["finish", "hold", "run"]), dice.choice(["next-cue", "now", "operator"])
    return show_text(cues, act=f"on_loss: {on_loss}, rejoin: {rejoin}, take_end_s: 3"), at_s


def deck_of(dice: random.Random, last_s: float) -> Playback:
    """A deck that plays, is cut, pauses, jumps, winds down, rewinds and runs fast."""
    deck = Playback()
    for _ in range(dice.randint(2, 5)):
        seconds = dice.uniform(0.3, 3.0)
        match dice.choice(["play", "play", "play", "cut", "pause", "jump", "wind", "back", "fast"]):
            case "play":
                deck.play(seconds)
            case "cut":
                deck.cut(seconds)
            case "pause":
                deck.pause(seconds)
            case "jump":
                deck.locate(dice.uniform(-0.5, last_s + 0.5)).play(dice.uniform(0.5, 3.0))
            case "wind":
                deck.wind(0.4, to=0.0).pause(seconds).wind(0.3, to=1.0, begin=0.0)
            case "back":
                deck.play(seconds, speed=-1.0)
            case _:
                deck.play(seconds, speed=2.0)
    return deck.play(2.0)


def hand_of(word: str) -> Callable[[StoryRig], None]:
    """One thing a hand does."""

    def do(rig: StoryRig) -> None:
        if word == "unplug":
            rig.unplug("A.focus")
        elif word == "plug":
            if rig.axes["A.focus"].gone:
                rig.plug("A.focus")
        else:
            rig.say(word)

    return do


@pytest.mark.parametrize("seed", [*FAULTY, *range(1000, 1024)])
def test_whatever_decks_and_hands_do_no_limit_cuts_in_and_nothing_overshoots(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    show, last_s = show_of(dice)
    deck = deck_of(dice, last_s)
    story = Story(tmp_path, show, deck, takes=2)
    for _ in range(dice.randint(0, 5)):
        story.at(dice.uniform(0.0, deck.seconds), hand_of(dice.choice(HANDS)))
    told = story.tell()
    for row in told.rows:
        assert "limited by" not in (row.reason or ""), f"cue {row.cue}: {row.reason}"
        assert row.verdict not in ("over", "hunted", "early"), f"cue {row.cue}: {row.verdict}, {row.reason}"
