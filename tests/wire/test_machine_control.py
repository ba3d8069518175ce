"""MIDI Machine Control: which transport commands an exclusive message holds, for whom, and how they are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.machine_control import ALL_CALL, COMMANDS, commands_of, transport_message, transport_of


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("F0 7F 7F 06 01 F7", ["stop"]), ("F0 7F 7F 06 02 F7", ["play"]), ("F0 7F 7F 06 03 F7", ["deferred-play"]),
        ("F0 7F 7F 06 04 F7", ["fast-forward"]), ("F0 7F 7F 06 05 F7", ["rewind"]), ("F0 7F 7F 06 06 F7", ["record"]),
        ("F0 7F 7F 06 07 F7", ["record-exit"]), ("F0 7F 7F 06 09 F7", ["pause"]),
        ("F0 7F 11 06 02 F7", ["play"]), ("F0 7F 12 06 02 F7", []),
        ("F0 7F 7F 06 44 06 01 01 02 03 04 00 02 F7", ["play"]),  # a locate, and play behind it
        ("F0 7F 7F 06 44 06 01 01 02 F7", []), ("F0 7F 7F 06 F7", []), ("F0 7F 7F 07 02 F7", []),
        ("F0 7F 7F 06 0C F7", []), ("F0 7F 7F 06 53 02 01 02 F7", []), ("F0 7F F7", []), ("90 40 40", []),
    ],
)  # fmt: skip
def test_transport_commands_to_us_and_to_everybody(message: str, names: list[str]) -> None:
    assert list(transport_of(bytes.fromhex(message), 0x11)) == names


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_sent_is_read(name: str) -> None:
    assert transport_message(name) == bytes((0xF0, 0x7F, ALL_CALL, 0x06, COMMANDS[name], 0xF7))
    assert list(transport_of(transport_message(name, device=5), 5)) == [name]


@given(st.binary(max_size=60))
def test_noise_is_never_raised(noise: bytes) -> None:
    list(transport_of(b"\xf0\x7f\x7f\x06" + noise, 5))
    list(commands_of(b"\xf0\x7f\x7f\x06" + noise))
