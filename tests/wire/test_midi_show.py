"""MIDI Show Control: what each command is as bytes, for whom it is, what it asks of us, and what is no command."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_show import (
    ALL_CALL,
    ALL_TYPES,
    FORMATS,
    Msc,
    MscAddress,
    MscCommand,
    MscTime,
    keys_of,
    words_of,
)
from cuefocus.wire.midi_show_bytes import LONGEST_MESSAGE, msc_message, read_msc
from cuefocus.wire.said import Said

OURS = MscAddress(device=1, groups=(0x70,), formats=(FORMATS["machinery"], FORMATS["lighting"]))
C = MscCommand
TWO_AND_A_HALF = MscTime(0, 0, 2, 12, 50, 1)


def read(data: bytes, address: MscAddress = OURS) -> Msc | Glitch | None:
    return read_msc(data, address, source="desk", stamp_ns=5)


def ours(body: str) -> Msc | Glitch | None:
    """A command's byte and its data, in hex, sent to us."""
    return read(bytes.fromhex(f"F0 7F 01 02 20 {body} F7"))


VECTORS = [
    # as the recommended practice and desks write them
    ("F0 7F 01 02 20 01 31 32 2E 35 00 33 F7", Msc(C.GO, "12.5", "3")),
    ("F0 7F 7F 02 7F 01 F7", Msc(C.GO)),
    ("F0 7F 70 02 01 05 37 F7", Msc(C.LOAD, "7")),
    ("F0 7F 7F 02 7F 08 F7", Msc(C.ALL_OFF)),
    ("F0 7F 01 02 20 01 32 33 35 2E 36 00 33 36 2E 36 00 35 39 F7", Msc(C.GO, "235.6", "36.6", "59")),
    ("F0 7F 01 02 20 01 31 00 F7", Msc(C.GO, "1")),
    ("F0 7F 01 02 01 01 31 00 31 F7", Msc(C.GO, "1", "1")),  # Eos
    ("F0 7F 01 02 01 07 07 00 F7", Msc(C.FIRE, number=7)),  # Eos
    ("F0 7F 7F 02 01 01 00 31 30 F7", Msc(C.GO, cue_list="10")),  # MagicQ: the next cue of stack 10
    ("F0 7F 01 02 20 01 31 00 32 00 33 00 F7", Msc(C.GO, "1", "2", "3")),
    ("F0 7F 01 02 01 01 39 31 2E 35 00 31 32 00 F7", Msc(C.GO, "91.5", "12")),  # Wholehog 3
    ("F0 7F 01 02 01 01 35 2E 34 00 39 39 F7", Msc(C.GO, "5.4", "99")),  # Eos
    ("F0 7F 7F 02 01 01 00 33 F7", Msc(C.GO, cue_list="3")),  # Eos: the next cue of list 3
    ("F0 7F 7F 02 7F 01 34 2E 30 30 30 00 32 2E 31 F7", Msc(C.GO, "4.000", "2.1")),  # grandMA2: executor 2, page 1
    (
        "F0 7F 7F 02 7F 04 00 00 05 00 00 38 2E 31 30 30 00 31 2E 31 F7",
        Msc(C.TIMED_GO, "8.100", "1.1", time=MscTime(0, 0, 5, rate_code=0)),
    ),  # grandMA2, with a fade of 5 s
]
COMMANDS = [
    # command, data, what it is, what it asks of us, which of a show's triggers it fires
    ("01 34", Msc(C.GO, "4"), (Said("go", "4"),), ("go 4",)),
    ("01 34 00 32", Msc(C.GO, "4", "2"), (Said("go", "4", "2"),), ("go 4/2", "go 4")),
    ("01", Msc(C.GO), (Said("go"),), ()),
    ("02", Msc(C.STOP), (Said("hold"),), ()),
    ("02 34", Msc(C.STOP, "4"), (Said("hold", "4"),), ()),
    ("01 00 32", Msc(C.GO, cue_list="2"), (Said("go", value="2"),), ()),
    ("02 00 32", Msc(C.STOP, cue_list="2"), (), ()),
    ("03 00 32", Msc(C.RESUME, cue_list="2"), (), ()),
    ("03", Msc(C.RESUME), (Said("resume"),), ()),
    ("04 20 00 02 0C 32 34", Msc(C.TIMED_GO, "4", time=TWO_AND_A_HALF), (Said("go", "4", "travel_ms=2500"),),
     ("timed-go 4",)),
    ("05 34", Msc(C.LOAD, "4"), (Said("load", "4"),), ()),
    ("06 01 02 03 04", Msc(C.SET, number=257, level=515), (), ()),
    ("06 01 00 03 00 20 00 02 0C 32", Msc(C.SET, number=1, level=3, time=TWO_AND_A_HALF), (), ()),
    ("07 07", Msc(C.FIRE, number=7), (), ("fire 7",)),
    ("08", Msc(C.ALL_OFF), (Said("panic"), Said("disarm")), ()),
    ("09", Msc(C.RESTORE), (Said("arm"),), ()),
    ("0A", Msc(C.RESET), (Said("top"),), ()),
    ("0B 34", Msc(C.GO_OFF, "4"), (), ()),
    ("10 34", Msc(C.GO_JAM_CLOCK, "4"), (Said("go", "4"),), ("go 4",)),
    ("11", Msc(C.STANDBY_PLUS), (Said("next"),), ()),
    ("12 32", Msc(C.STANDBY_MINUS, cue_list="2"), (Said("back", value="2"),), ()),
    ("13 32", Msc(C.SEQUENCE_PLUS, cue_list="2"), (Said("next", value="2"),), ()),
    ("14", Msc(C.SEQUENCE_MINUS), (Said("back"),), ()),
    ("15", Msc(C.START_CLOCK), (), ()),
    ("16 32", Msc(C.STOP_CLOCK, cue_list="2"), (), ()),
    ("17", Msc(C.ZERO_CLOCK), (), ()),
    ("18 20 00 02 0C 32 32", Msc(C.SET_CLOCK, cue_list="2", time=TWO_AND_A_HALF), (), ()),
    ("19", Msc(C.MTC_CHASE_ON), (Said("engage"),), ()),
    ("1A", Msc(C.MTC_CHASE_OFF), (Said("disengage"),), ()),
    ("1B 32", Msc(C.OPEN_CUE_LIST, cue_list="2"), (), ()),
    ("1C 32", Msc(C.CLOSE_CUE_LIST, cue_list="2"), (), ()),
    ("1D 32", Msc(C.OPEN_CUE_PATH, path="2"), (), ()),
    ("1E 32", Msc(C.CLOSE_CUE_PATH, path="2"), (), ()),
]  # fmt: skip


@pytest.mark.parametrize(("message", "means"), VECTORS)
def test_messages_as_desks_send_them(message: str, means: Msc) -> None:
    assert read(bytes.fromhex(message)) == means


@pytest.mark.parametrize(("body", "means", "words", "keys"), COMMANDS, ids=lambda value: str(value)[:5])
def test_each_command_of_the_table(body: str, means: Msc, words: tuple[Said, ...], keys: tuple[str, ...]) -> None:
    assert ours(body) == means
    assert words_of(means) == words
    assert keys_of(means) == keys
    assert msc_message(means, device=1, command_format=0x20).hex(" ").upper() == f"F0 7F 01 02 20 {body} F7"


def test_the_whole_table_is_tested() -> None:
    assert {means.command for _, means, _, _ in COMMANDS} == set(MscCommand)


@pytest.mark.parametrize(
    ("device", "command_format", "heard"),
    [
        (0x01, 0x20, True), (0x7F, 0x20, True), (0x70, 0x01, True), (0x01, 0x7F, True),
        (0x02, 0x20, False), (0x71, 0x20, False), (0x01, 0x30, False), (0x01, 0x60, False),
    ],
)  # fmt: skip
def test_only_what_is_for_us_is_heard(device: int, command_format: int, heard: bool) -> None:
    message = msc_message(Msc(C.GO), device=device, command_format=command_format)
    assert (read(message) == Msc(C.GO)) is heard
    torn = message[:-1] + b"?\xf7"
    assert isinstance(read(torn), Glitch) is heard, "what is malformed for others is none of our business"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("20", "no command 20"), ("00", "no command 00"), ("7F", "no command 7F"),
        ("01 41", "'A' is no cue number"), ("01 31 2E", "'1.' is no cue number"), ("01 2E 35", "'.5' is no cue number"),
        ("01 31 2E 2E 35", "'1..5' is no cue number"), ("01 31 20", "'1 ' is no cue number"),
        ("01 " + "31 " * 32, "is no cue number"), ("01 00 00 33", "a path without its cue"),
        ("01 00", "neither cue nor list"), ("02 00 00", "neither cue nor list"), ("05 00 33", "LOAD without a cue"),
        ("01 31 00 00 33 00 00", "5 numbers where cue, list and path can be"),
        ("01 31 00 32 00 33 00 34", "4 numbers where cue, list and path can be"),
        ("04", "a time of 0 bytes, not 5"), ("04 20 00 02 0C", "a time of 4 bytes, not 5"),
        ("04 20 3C 00 00 00", "20 3C 00 00 00 is no time"), ("04 20 00 00 19 00", "20 00 00 19 00 is no time"),
        ("04 38 00 00 00 00", "38 00 00 00 00 is no time"), ("04 20 00 00 00 64", "20 00 00 00 64 is no time"),
        ("05", "LOAD without a cue"), ("06 01 02 03", "SET with 3 bytes of data, not 4"),
        ("06 01 02 03 04 05", "a time of 1 bytes, not 5"), ("07", "FIRE with 0 bytes of data, not 1"),
        ("07 07 07", "FIRE with 2 bytes of data, not 1"), ("08 31", "ALL_OFF with 1 bytes of data, not 0"),
        ("1B", "OPEN_CUE_LIST without a number"), ("1D", "OPEN_CUE_PATH without a number"),
        ("11 31 00", "is no cue number"), ("01 " + "31 2E " * 70 + "31", "it has 148 bytes; 128 is the most"),
    ],
)  # fmt: skip
def test_what_the_standard_does_not_allow_is_a_glitch(body: str, problem: str) -> None:
    found = ours(body)
    assert isinstance(found, Glitch)
    assert (found.source, found.stamp_ns) == ("desk", 5)
    assert problem in found.reason


@pytest.mark.parametrize(
    "message",
    ["F0 7F 01 02 20 F7", "F0 7F F7", "F0 F7", "F0 7E 01 02 20 01 F7", "F0 7F 01 06 20 01 F7", "90 3C 40", "F8"],
)
def test_other_messages_are_nothing(message: str) -> None:
    assert read(bytes.fromhex(message)) is None


@pytest.mark.parametrize(
    ("time", "length_ms"),
    [
        (MscTime(1, 1, 1, 0, 0, 1), 3_661_000),
        (MscTime(0, 0, 0, 12, 0, 0), 500),
        (MscTime(0, 0, 1, 15, 0, 3), 1500),
        (MscTime(0, 1, 0, 0, 0, 2), 60_000),  # a length of time, no label: drop-frame leaves nothing out of it
    ],
)
def test_a_time_is_a_length(time: MscTime, length_ms: int) -> None:
    assert time.length_ms == length_ms


def test_a_status_in_place_of_hundredths_is_no_time() -> None:
    assert ours("04 20 00 02 2C 7F 34") == Msc(C.TIMED_GO, "4", time=MscTime(0, 0, 2, 12, 0, 1))


numbers = st.from_regex(r"[0-9]{1,8}(\.[0-9]{1,8})?", fullmatch=True)
times = st.builds(
    MscTime, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 23), st.integers(0, 99),
    st.integers(0, 3),
)  # fmt: skip
commands = st.one_of(
    st.builds(Msc, st.sampled_from([C.GO, C.STOP, C.RESUME, C.LOAD, C.GO_OFF]), numbers, numbers | st.just("")),
    st.builds(Msc, st.just(C.TIMED_GO), numbers, numbers, numbers, times),
    st.builds(Msc, st.just(C.SET_CLOCK), cue_list=numbers, time=times),
    st.builds(Msc, st.just(C.FIRE), number=st.integers(0, 127)),
    st.builds(Msc, st.just(C.SET), number=st.integers(0, 16383), level=st.integers(0, 16383), time=st.none() | times),
)


@given(commands, st.sampled_from([0x00, 0x6F, 0x7E, ALL_CALL]), st.sampled_from([*FORMATS.values(), ALL_TYPES]))
def test_what_is_encoded_is_read(msc: Msc, device: int, command_format: int) -> None:
    message = msc_message(msc, device=device, command_format=command_format)
    address = MscAddress(min(device, 0x6F), (device,), tuple(FORMATS.values()))
    assert len(message) <= LONGEST_MESSAGE
    assert read(message, address) == msc


@given(st.binary(max_size=200).map(lambda data: bytes(byte & 0x7F for byte in data)))
def test_noise_is_never_raised(noise: bytes) -> None:
    for head in (b"", b"\x7f\x7f\x02\x7f"):
        found = read(b"\xf0" + head + noise + b"\xf7")
        assert found is None or isinstance(found, (Msc, Glitch))
