import inspect
import re

import pytest

from cuefocus.chase import follower
from cuefocus.chase.clock import ClockState
from cuefocus.chase.state import RUNNING, TRANSITIONS, Sign, as_mermaid, next_state

FOLLOWERS = set(ClockState) - {ClockState.DISAGREE}  # that one is shown by the arbiter, and no follower's


def test_every_state_of_a_follower_can_be_reached_and_left() -> None:
    assert {new for new in TRANSITIONS.values()} == FOLLOWERS
    assert {old for old, _ in TRANSITIONS} == FOLLOWERS


def test_the_follower_gives_every_sign_of_the_table() -> None:
    given = set(re.findall(r"Sign\.([A-Z_]+)", inspect.getsource(follower)))
    assert {sign.name for _, sign in TRANSITIONS} == given == {sign.name for sign in Sign}


def test_an_unnamed_pair_changes_nothing() -> None:
    for state in ClockState:
        for sign in Sign:
            assert (state, sign) in TRANSITIONS or next_state(state, sign) is state


@pytest.mark.parametrize("state", RUNNING)
def test_a_stop_a_refusal_and_reverse_end_every_run(state: ClockState) -> None:
    for sign in (Sign.STOPPED, Sign.REFUSED, Sign.OFF_SPEED):
        assert next_state(state, sign) not in RUNNING


def test_the_diagram_has_an_arrow_for_each_row() -> None:
    drawn = as_mermaid()
    assert drawn.startswith("stateDiagram-v2\n")
    assert drawn.count("-->") == len(TRANSITIONS) + 1
