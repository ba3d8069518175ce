import pytest

from cuefocus.chase.clock import ClockState
from cuefocus.chase.state import RUNNING, TRANSITIONS, Sign, as_mermaid, next_state


def test_every_state_can_be_reached_and_left() -> None:
    assert {new for new in TRANSITIONS.values()} == set(ClockState)
    assert {old for old, _ in TRANSITIONS} == set(ClockState)


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
