"""Stories of a cue stack: a house without timecode, and what hands and desks say to it."""

from pathlib import Path

from tests.stories.kit import Hand, Story
from tests.stories.scenes import cue
from tests.stories.told import Told

GO = "on: {manual: GO}"
HOUSE = (
    'schema: cuefocus-show/1\nrate: "25"\nmarks: {A: {near: 1.15 m, mid: 1.50 m, far: 3 m, back: 6 m}}\n'
    "defaults: {camera: A, pull: 600 ms}\ncues:\n"
)
THREE = cue("1", None, "far", GO) + cue("2", None, "mid", GO) + cue("3", None, "back", GO)
HOT = cue("H", None, "near", "on: {note: 60}")
BOTH = HOUSE.replace("marks: {A: {", "marks: {B: {near: 1.15 m, far: 3 m, back: 6 m}, A: {")


def say(
    verb: str, target: str = "", value: str = "", *, source: str = "tell", age_s: float = 0.0, route: int = 0
) -> Hand:
    return lambda rig: rig.say(verb, target, value, source=source, age_s=age_s, route=route)


def hear(kind: str, key: str, source: str = "desk", age_s: float = 0.0, travel_ns: int | None = None) -> Hand:
    return lambda rig: rig.hear(kind, key, source=source, age_s=age_s, travel_ns=travel_ns)


def story(tmp_path: Path, cues: str, *hands: tuple[float, Hand], until_s: float = 6.0, takes: int = 1) -> Told:
    """A house show, in which hands do things at their seconds."""
    told = Story(tmp_path, HOUSE + cues, takes=takes)
    for at_s, hand in hands:
        told.at(at_s, hand)
    return told.tell(until_s=until_s)


def suppressed(told: Told) -> list[tuple[object, object, object]]:
    return [(one["suppressed"], one["route"], one["by"]) for one in told.happenings("state") if "suppressed" in one]
