"""Eos and Companion: what is sent to them, what they say, and what never fires."""

from collections.abc import Mapping

import pytest

from cuefocus.chase.clock import ClockState
from cuefocus.wire.dialects import eos
from cuefocus.wire.dialects.companion import COLORS, VARIABLES, Button, Companion, color_of
from cuefocus.wire.dialects.eos import Eos
from cuefocus.wire.osc import Argument, OscMessage, read_packet, write_message
from tests.wire.dialects.shows import DUET, crossed

# --- Eos ---


def test_eos_is_greeted() -> None:
    assert [(message.address, message.arguments) for message in eos.greeting(user=3)] == [
        ("/eos/reset", ()),
        ("/eos/user", (3,)),
        ("/eos/subscribe", (1,)),
    ]


def test_eos_greeting_is_these_bytes() -> None:
    assert b"".join(map(write_message, eos.greeting())) == (
        b"/eos/reset\0\0,\0\0\0"
        b"/eos/user\0\0\0,i\0\0\0\0\0\0"
        b"/eos/subscribe\0\0,i\0\0\0\0\0\1"
    )  # fmt: skip


def test_eos_pings_and_is_pinged() -> None:
    asked = Eos().hear(crossed("/eos/ping", "a", 1), DUET)
    assert asked is not None
    assert asked.answers == (OscMessage("/eos/out/ping", ("a", 1)),)
    came = Eos().hear(crossed("/eos/out/ping", "a"), DUET)
    assert came is not None
    assert (came.alive, came.said, came.answers) == (True, (), ())


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/eos/out/active/cue/1/12", (0.5,)),
        ("/eos/out/active/cue/1/12", (1.0,)),
        ("/eos/out/active/cue/text", ("1/2.3 Label 0:05 75%",)),
        ("/eos/out/pending/cue/1/13", ()),
        ("/eos/out/previous/cue/1/11", ()),
    ],
)
def test_what_eos_repeats_is_passed_over(address: str, arguments: tuple[Argument, ...]) -> None:
    heard = Eos().hear(crossed(address, *arguments), DUET)
    assert heard is not None
    assert (heard.said, heard.answers) == ((), ())
    assert "repeats" in heard.ignored


def test_eos_is_told_nothing_it_would_take_for_a_command() -> None:
    assert Eos().news({"event": "alarm", "text": "x"}, DUET) == ()
    assert Eos().answer(crossed("/eos/ping"), True, "", {}) == ()


@pytest.mark.parametrize(
    ("packet", "address", "arguments"),
    [
        (b"/cuefocus/cue/12/fire\0\0\0,i\0\0\0\0\0\1", "/cuefocus/cue/12/fire", (1,)),
        (b"/cuefocus/cue/12/fire\0\0\0,f\0\0\x3f\x80\0\0", "/cuefocus/cue/12/fire", (1.0,)),
        (b"/cuefocus/cue/12/fire\0\0\0,\0\0\0", "/cuefocus/cue/12/fire", ()),
        (b"/cuefocus/cue/12/fire\0\0\0", "/cuefocus/cue/12/fire", ()),
    ],
)  # "=1", "=1.0" and no "=" on an Eos desk, and an old sender's lack of type tags
def test_what_a_desk_was_told_to_send_is_read(packet: bytes, address: str, arguments: tuple[Argument, ...]) -> None:
    (message,) = read_packet(packet).messages
    assert message == OscMessage(address, arguments)


# --- Companion ---

STATE: dict[str, object] = {
    "event": "state",
    "state": "locked",
    "timecode": "01:00:01:00",
    "armed": True,
    "stopped": {},
    "faults": {},
    "standby": "3",
    "take": 2,
    "next": {"cue": "1"},
}


def variables(event: Mapping[str, object]) -> dict[str, object]:
    news = Companion().news(event, DUET)
    assert all(message.address.startswith("/custom-variable/") for message in news)
    return {message.address.split("/")[2]: message.first for message in news}


def test_companions_variables() -> None:
    assert variables(STATE) == {
        "cuefocus_state": "locked",
        "cuefocus_timecode": "01:00:01:00",
        "cuefocus_armed": "1",
        "cuefocus_standby": "3",
        "cuefocus_next": "1",
        "cuefocus_countdown": "2.5",
        "cuefocus_take": "2",
        "cuefocus_color": "#009600",
    }
    landing = {"event": "landing", "cue": "1", "verdict": "late", "error_ms": 41.26}
    assert variables(landing) == {"cuefocus_landed": "1 late +41.3 ms"}
    refused = {"event": "landing", "cue": "1", "verdict": "refused", "error_ms": None}
    assert variables(refused) == {"cuefocus_landed": "1 refused"}
    assert variables({"event": "alarm", "text": "clock lost"}) == {"cuefocus_alarm": "clock lost"}
    assert variables({"event": "state", "moves": "A.focus"}) == {}
    every = {*variables(STATE), *variables(landing), *variables({"event": "alarm", "text": ""})}
    assert every == set(VARIABLES)


def test_a_button_shows_what_comes_next() -> None:
    news = Companion(Button(1, 0, 3)).news(STATE, DUET)
    assert news[-2:] == [
        OscMessage("/location/1/0/3/style/text", ("1\n2.5",)),
        OscMessage("/location/1/0/3/style/bgcolor", (0, 150, 0)),
    ]
    idle = Companion(Button(1, 0, 3)).news({**STATE, "next": None, "armed": False}, DUET)
    assert idle[-2].first == "3\n2.5"
    assert idle[-1].arguments == (0, 0, 0)
    assert not any("style" in each.address for each in Companion(Button(1, 0, 3)).news({"event": "alarm"}, DUET))


def test_every_state_has_its_colour() -> None:
    assert set(COLORS) == {state.word for state in ClockState}
    assert color_of({**STATE, "stopped": {"A.focus": "HOLD"}}) == color_of({**STATE, "faults": {"A.focus": "gone"}})
    assert color_of({**STATE, "stopped": {"A.focus": "HOLD"}}) == COLORS["disagree"]


def test_companion_says_nothing_of_its_own() -> None:
    assert Companion().hear(crossed("/location/1/0/3/press"), DUET) is None
    assert Companion().answer(crossed("/x"), True, "", {}) == ()
