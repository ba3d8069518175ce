"""Which of a show's OSC triggers a message fires: by value, once a press, and never for what a desk repeats."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.osc import Argument, OscMessage, read_packet, write_message
from cuefocus.wire.osc_arguments import number, spelled, text
from cuefocus.wire.osc_triggers import TriggerTable, trigger_key, why_never


def heard(*keys: str, address: str = "/cue/1", arguments: tuple[Argument, ...] = ()) -> tuple[str, ...]:
    """What a message fires that has crossed the wire."""
    (message,) = read_packet(write_message(OscMessage(address, arguments))).messages
    return TriggerTable(keys).heard(message)


@pytest.mark.parametrize("arguments", [(), (1,), (1.0,), (True,), ("label",), (None,), (7,), (1, 0), (0, 1), ("0",)])
def test_a_press_fires_what_has_no_arguments_written(arguments: tuple[Argument, ...]) -> None:
    assert heard("/cue/1", arguments=arguments) == ("/cue/1",)


@pytest.mark.parametrize("arguments", [(0,), (0.0,), (-0.0,), (False,), (0.5,), (0.999,), (2.0,), (float("nan"),)])
def test_a_button_let_go_and_a_fader_between_fire_nothing(arguments: tuple[Argument, ...]) -> None:
    assert heard("/cue/1", arguments=arguments) == ()


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        (["1"], (1,)), (["1"], (1.0,)), (["1"], (True,)), (["1"], ("1",)), (["1.0"], (1,)), (["1.0"], ("1.00",)),
        (["0"], (0,)), (["0.0"], (False,)), (["0"], (-0.0,)), (["0.1"], (0.1,)), (["1e2"], (100,)), (["+5"], (5,)),
        (["go"], ("go",)), (["12", "go"], (12.0, "go")), (["two words"], ("two words",)), ([""], ("",)),
        (["16777217"], (16777217,)), (["true"], ("true",)),
    ],
)  # fmt: skip
def test_arguments_meet_by_value_whatever_their_type(written: list[str], arguments: tuple[Argument, ...]) -> None:
    key = trigger_key("/cue/1", written)
    assert heard(key, arguments=arguments) == (key,)


@pytest.mark.parametrize(
    ("written", "arguments"),
    [
        (["1"], ()), (["1"], (2,)), (["1"], (1, 1)), (["go"], ("GO",)), (["a b"], ("a", "b")), (["true"], (True,)),
        (["0.1"], (0.11,)), (["1"], (b"1",)), (["1"], ((1,),)),
    ],
)  # fmt: skip
def test_other_arguments_do_not(written: list[str], arguments: tuple[Argument, ...]) -> None:
    message = OscMessage("/cue/1", arguments)
    assert TriggerTable([trigger_key("/cue/1", written)]).heard(message) == ()


def test_a_double_is_compared_as_it_was_written() -> None:
    (message,) = read_packet(b"/cue/1\0\0,d\0\0" + struct.pack(">d", 0.1)).messages
    assert TriggerTable(["/cue/1 0.1"]).heard(message) == ("/cue/1 0.1",)


def test_all_that_a_message_says_fires_in_show_order() -> None:
    keys = ("/cue/1 1", "/cue/2", "/cue/1", "/cue/10")
    assert heard(*keys, arguments=(1,)) == ("/cue/1 1", "/cue/1")
    assert heard(*keys, address="/cue/?", arguments=(1,)) == ("/cue/1 1", "/cue/1", "/cue/2")
    assert heard(*keys, address="/cue/{2,10}") == ("/cue/2", "/cue/10")
    assert heard(*keys, address="//2") == ("/cue/2",)
    assert heard(*keys, address="/cue/3") == ()
    assert heard(*keys, address="/cue/*", arguments=(0,)) == ()


@pytest.mark.parametrize("kind", ["active/cue/1/12", "pending/cue/1/12", "previous/cue/1/12", "active/cue/text"])
def test_what_eos_repeats_is_never_a_trigger(kind: str) -> None:
    address = f"/eos/out/{kind}"
    assert why_never(address)
    assert heard(address, address=address) == ()
    event = "/eos/out/event/cue/1/12/fire"
    assert heard(event, address=event, arguments=("Blackout",)) == (event,)


arguments = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.booleans(),
    st.none(),
    st.text(),
    st.binary(),
    st.tuples(st.integers(), st.text()),
)


@given(arguments)
def test_a_spelling_spelled_again_is_itself_and_is_one_word(argument: Argument) -> None:
    once = spelled(argument)
    assert once
    assert "\n" not in once
    if not once.startswith('"'):
        assert " " not in once
        assert spelled(once) == once


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_number_has_one_spelling_in_every_type(value: float) -> None:
    if 1e-9 < abs(value) < 1e15:
        assert float(spelled(value)) == pytest.approx(value, rel=1e-6)
        assert number(spelled(value)) is not None
    if value.is_integer() and abs(value) < 2**24:
        assert spelled(value) == spelled(int(value)) == spelled(str(int(value))) == text(value)


def test_numbers_beyond_all_measure_are_texts() -> None:
    assert spelled("1e999999999") == "1e999999999"
    assert number("1e999999999") is None
    assert number(float("inf")) is None
    assert spelled("9" * 5000) == "9" * 5000
