"""Packets that bring several words, once or twice, by one network or by two: what counts is what was meant."""

from functools import partial
from itertools import count
from pathlib import Path

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message_builder import build_msg

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.peers import DeskRules, Guest, PeerRule
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import Latched
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.osc_triggers import TriggerTable
from cuefocus.wire.said import Right
from tests.stories.kit import Hand, Story, StoryRig
from tests.stories.stacked import HOUSE, THREE, say
from tests.stories.told import Told

RULES = DeskRules(
    peers=(
        PeerRule("desk", "10.0.0.5/32", Right.OPERATE, trusts=True),
        PeerRule("desk", "10.0.1.5/32", Right.OPERATE, trusts=True, route=1),
        PeerRule("booth", "10.0.2.5/32", Right.OPERATE, trusts=True),
    )
)
GUESTS = {name: Guest(f"10.0.{at}.5", 5000) for at, name in enumerate("abc")}
"""Both networks of one desk, and somebody else's."""
LONG = ",arm" * 12
"""More than a desk says at once as a rule."""


def bundle(words: str, due_ns: int) -> bytes:
    built = OscBundleBuilder(1)
    for word in words.split(","):
        verb, *arguments = word.split("=")
        built.add_content(build_msg(f"/cuefocus/{verb}", list(arguments)))
    return b"#bundle\0" + (due_ns or 1).to_bytes(8, "big") + built.build().dgram[16:]


def story(tmp_path: Path, packets: str, *, in_s: float = 0.0) -> Told:
    """Packets as `NETWORK:WORD,WORD=ARGUMENT`, one each millisecond."""
    front = FrontDesk(RULES, TriggerTable([]), partial(next, count(1)))

    def hand(network: str, words: str, later_ns: int) -> Hand:
        def says(rig: StoryRig) -> None:
            now_ns = rig.clock.now_ns
            due_ns = now_ns + later_ns if later_ns else 0
            for event in front.hear(bundle(words, due_ns), now_ns, GUESTS[network], lambda tag: tag).events:
                rig.virtual.tell(event)

        return says

    told = Story(tmp_path, HOUSE + THREE, takes=9)
    for at, one in enumerate(packets.split()):
        network, _, words = one.partition(":")
        later_s = in_s - 0.001 * at if in_s else 0.0
        told.at(1.0 + 0.001 * at, hand(network, words, round(later_s * NS_PER_S)))
    told.at(2.0, lambda rig: rig.say("standby"))
    told.at(2.1, lambda rig: rig.say("offset"))
    return told.tell(until_s=3.0)


@pytest.mark.parametrize("in_s", [0.0, 0.5])
@pytest.mark.parametrize(
    ("packets", "stands_by"),
    [
        pytest.param("a:next,next", "3", id="two words of one packet are two"),
        pytest.param("a:next,next b:next,next", "3", id="two networks bring the same packet"),
        pytest.param("a:next,next,back b:next,next,back", "2", id="with another word in it"),
        pytest.param("a:next b:next a:back b:back a:next b:next", "2", id="one word a packet"),
        pytest.param("a:next,next,arm a:next,next,arm", "3", id="a desk that says all twice"),
        pytest.param(f"a:next,next,back{LONG} a:next,next,back{LONG}", "2", id="all of a long packet, too"),
        pytest.param("a:next,next c:next", "3", id="another desk says one of them"),
        pytest.param("a:next c:next,next", "3", id="or one of them first"),
        pytest.param("a:next,next,back c:next,next,back", "2", id="another desk says the same"),
        pytest.param("a:standby=3,standby=2,standby=3", "3", id="the last word counts"),
        pytest.param("a:standby=3,standby=2,standby=3 b:standby=3,standby=2,standby=3", "3", id="by two networks"),
    ],
)
def test_each_word_of_a_packet_counts_once_however_often_the_packet_comes(
    tmp_path: Path, packets: str, stands_by: str, in_s: float
) -> None:
    told = story(tmp_path, packets, in_s=in_s)
    assert told.replies[-2] == f"cue {stands_by} stands by in GO"


@pytest.mark.parametrize("again", ["", " b:offset_ms=+10,offset_ms=+20,offset_ms=+10"])
def test_the_last_offset_of_a_packet_counts(tmp_path: Path, again: str) -> None:
    assert story(tmp_path, f"a:offset_ms=+10,offset_ms=+20,offset_ms=+10{again}").replies[-1].endswith("+10 ms")


@pytest.mark.parametrize(
    ("packets", "armed"),
    [
        ("a:disarm a:arm a:disarm", False),
        ("a:disarm,arm,disarm", False),
        ("a:arm b:disarm a:disarm", False),
        ("a:disarm a:arm b:arm b:disarm", False),
        ("a:disarm,arm a:disarm", False),
        ("a:disarm,arm b:disarm b:disarm", False),
        ("a:disarm,arm c:disarm", False),
        ("a:disarm a:arm c:disarm", False),
        ("a:disarm,arm b:disarm,arm c:disarm", False),
        ("a:disarm,arm c:disarm b:disarm,arm", False),
        ("a:disarm,arm b:disarm c:disarm b:arm", False),
        ("a:disarm,arm c:disarm a:arm", True),
        ("a:arm=0 a:arm=1 c:arm=0", False),
        ("a:arm=0 c:arm=1 a:arm=0", False),
    ],
)
def test_what_disarms_is_obeyed_where_it_is_said_again_and_the_last_word_counts(
    tmp_path: Path, packets: str, armed: bool
) -> None:
    assert story(tmp_path, packets).armings[-1][1] is armed


@pytest.mark.parametrize("in_s", [0.0, 0.5])
@pytest.mark.parametrize(
    ("alone", "doubled"),
    [
        ("a:disarm,arm", "a:disarm,arm b:disarm,arm"),
        ("a:disarm a:arm", "a:disarm a:arm b:disarm b:arm"),
        ("a:disarm a:arm", "a:disarm b:disarm a:arm b:arm"),
        ("a:disarm,arm,engage", "a:disarm,arm,engage b:disarm,arm,engage"),
        ("a:disarm a:arm a:engage", "a:disarm a:arm a:engage b:disarm b:arm b:engage"),
        ("a:disarm a:arm a:engage", "a:disarm b:disarm a:arm a:engage b:arm b:engage"),
        ("a:disengage,engage", "a:disengage,engage b:disengage,engage"),
        ("a:disarm,arm,disarm", "a:disarm,arm,disarm b:disarm,arm,disarm"),
        ("a:disarm a:arm a:disarm", "a:disarm a:arm b:disarm a:disarm b:arm b:disarm"),
        ("a:disarm,arm,disarm,arm", "a:disarm,arm,disarm,arm b:disarm,arm,disarm,arm"),
        ("a:disarm a:arm a:disarm a:arm", "a:disarm a:arm b:disarm a:disarm a:arm b:arm b:disarm b:arm"),
    ],
)
def test_two_networks_disarm_arm_and_engage_as_one_does(tmp_path: Path, alone: str, doubled: str, in_s: float) -> None:
    """Not once more: a copy of what disarms would take ENGAGE back, and end a take that has just begun."""
    one, two = (story(tmp_path, packets, in_s=in_s) for packets in (alone, doubled))
    assert [armed for _, armed in one.armings] == [armed for _, armed in two.armings]
    first, second = ([state for state in told.happenings("state") if "armed" in state][-1] for told in (one, two))
    for what in ("armed", "engaged", "take"):
        assert first[what] == second[what]
    assert [event["state"] for event in one.happenings("take")] == [event["state"] for event in two.happenings("take")]


def test_a_go_after_disarming_is_not_answered_as_the_one_before(tmp_path: Path) -> None:
    told = Story(tmp_path, HOUSE + THREE)
    for at, verb in enumerate(("go", "disarm", "go")):
        told.at(1.0 + 0.004 * at, say(verb, source="http:booth"))
    first, disarmed, second = told.tell(until_s=3.0).replies
    assert first.startswith("cue 1 lands in")
    assert disarmed == "disarmed; the axes hold"
    assert second == "GO again too soon; taken as a slip of the finger"


def test_a_word_said_again_after_a_stop_that_motion_alone_has_heard_is_no_copy_of_the_first(tmp_path: Path) -> None:
    def stopped(rig: StoryRig) -> None:
        rig.virtual.tell(Latched("A.focus", rig.clock.now_ns, Latch.PANIC, Latch.PANIC))

    arm = say("arm", source="osc:a")
    told = Story(tmp_path, HOUSE + THREE, takes=0).at(1.0, arm).at(1.004, stopped).at(1.008, arm).tell(until_s=2.0)
    assert told.replies == ["take 1 is armed", "take 2 is armed"]
    assert [armed for _, armed in told.armings][-1] is True
