"""What MIDI messages fire, by what a show waits for and by cue numbers; and what leads nowhere."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.ports import Command, Trigger
from cuefocus.show.midi_triggers import MidiControl
from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_show import MscAddress

WANTED = {
    ("msc", "go 12.5"): ("a",),
    ("msc", "go 12.5/2"): ("b",),
    ("msc", "go 30/2"): ("c",),
    ("msc", "timed-go 40"): ("d",),
    ("msc", "fire 7"): ("d",),
    ("note", "60"): ("a",),
    ("note", "60@10"): ("b",),
    ("note", "61@1"): ("a",),
    ("cc", "64 >= 64"): ("a",),
    ("cc", "7@2 >= 100"): ("b",),
    ("cc", "20 = 5"): ("c",),
    ("program", "5@1"): ("a",),
    ("mmc", "play"): ("a",),
    ("osc", "/go"): ("a",),
}
AXES = {"a": "A.focus", "b": "A.focus", "c": "B.focus", "d": "B.focus", "7": "A.focus", "9": "B.focus"}
SOURCE = "midi:desk"


def desk() -> MidiDesk:
    return MidiDesk(SOURCE, MscAddress(1, (0x70,)), 0x11, WANTED, AXES)


def heard(reader: MidiDesk, message: str) -> list[tuple[str, ...]]:
    """Kind and key of each trigger, and its time where it has one; verb, target and value of each command."""
    told: list[tuple[str, ...]] = []
    for found in reader.feed(bytes.fromhex(message), 5):
        assert not isinstance(found, Glitch), found
        assert (found.stamp_ns, found.source) == (5, SOURCE)
        if isinstance(found, Trigger):
            travel = () if found.travel_ns is None else (f"{found.travel_ns} ns",)
            told.append((found.kind, found.key, *travel))
        else:
            assert isinstance(found, Command)
            told.append((found.verb, found.target, found.value))
    return told


def msc(body: str) -> str:
    return f"F0 7F 01 02 20 {body} F7"


def number(text: str) -> str:
    return text.encode().hex()


@pytest.mark.parametrize(
    ("body", "means"),
    [
        (f"01 {number('12.5')}", [("msc", "go 12.5")]),
        (f"01 {number('12.5')} 00 {number('2')}", [("msc", "go 12.5/2"), ("msc", "go 12.5")]),
        (f"01 {number('12.5')} 00 {number('3')}", [("msc", "go 12.5")]),
        (f"01 {number('12.500')}", [("msc", "go 12.5")]),
        (f"01 {number('12.500')} 00 {number('2')}", [("msc", "go 12.5/2"), ("msc", "go 12.5")]),
        (f"01 {number('9.000')}", [("go", "9", "")]),
        (f"02 {number('9.000')}", [("hold", "B.focus", "")]),
        (f"05 {number('9.000')}", [("load", "9", "")]),
        (f"04 20 00 02 0C 32 {number('9.000')}", [("go", "9", "travel_ms=2500")]),
        (f"01 {number('12.50')}", []),
        (f"01 {number('12.501')}", []),
        (f"01 {number('99.000')}", []),
        (f"01 {number('30')} 00 {number('2')}", [("msc", "go 30/2")]),
        (f"01 {number('30')} 00 {number('3')}", []),
        (f"01 {number('30')}", []),
        (f"01 {number('9')}", [("go", "9", "")]),
        (f"01 {number('9')} 00 {number('2')}", [("go", "9", "")]),
        (f"01 {number('7')}", [("go", "7", "")]),
        (f"01 {number('99')}", []),
        ("01", [("go", "", "")]),
        (f"04 20 00 02 0C 32 {number('40')}", [("msc", "timed-go 40", "2500000000 ns")]),
        (f"04 20 00 00 00 00 {number('40')}", [("msc", "timed-go 40")]),
        (f"04 20 00 02 0C 32 {number('9')}", [("go", "9", "travel_ms=2500")]),
        (f"04 20 00 02 0C 32 {number('12.5')}", [("go", "a", "travel_ms=2500")]),
        ("04 20 00 02 0C 32", [("go", "", "travel_ms=2500")]),
        (f"04 20 00 02 0C 32 00 {number('2')}", [("go", "", "2 travel_ms=2500")]),
        (f"02 {number('9')}", [("hold", "B.focus", "")]),
        (f"02 {number('7')}", [("hold", "A.focus", "")]),
        (f"02 {number('12.5')}", [("hold", "A.focus", "")]),
        (f"02 {number('99')}", []),
        ("02", [("hold", "", "")]),
        (f"03 {number('9')}", [("resume", "B.focus", "")]),
        (f"05 {number('12.5')} 00 {number('2')}", [("load", "b", ""), ("load", "a", "")]),
        ("07 07", [("msc", "fire 7")]),
        ("07 08", []),
        ("08", [("panic", "", ""), ("disarm", "", "")]),
        ("09", [("arm", "", "")]),
        ("0A", [("top", "", "")]),
        (f"11 {number('2')}", [("next", "", "2")]),
        ("14", [("back", "", "")]),
        ("19", [("engage", "", "")]),
        ("1A", [("disengage", "", "")]),
        ("15", []),
    ],
)  # fmt: skip
def test_what_show_control_asks_for(body: str, means: list[tuple[str, ...]]) -> None:
    reader = desk()
    assert heard(reader, msc(body)) == means
    assert bool(reader.remarks()) is not bool(means), "what leads nowhere is remarked on, once"
    assert reader.remarks() == []


def test_a_number_that_the_show_writes_with_its_zeros_is_that_one() -> None:
    wanted = {("msc", "go 4.000"): ("a",), ("msc", "go 4"): ("b",)}
    reader = MidiDesk(SOURCE, MscAddress(1), 127, wanted, AXES)
    assert heard(reader, msc(f"01 {number('4.000')}")) == [("msc", "go 4.000")]
    assert heard(reader, msc(f"01 {number('4')}")) == [("msc", "go 4")]


def test_remarks_say_what_was_wanted() -> None:
    reader = desk()
    for body in (f"01 {number('99')} 00 {number('4')}", "07 08", "15"):
        heard(reader, msc(body))
    assert reader.remarks() == [
        "MSC GO 99/4: ignored, no cue of the show has that number or waits for it",
        "MSC FIRE 8: ignored, no cue of the show has msc: fire 8",
        "MSC START_CLOCK: ignored, a focus rack has no such thing",
    ]
    for _ in range(1000):
        heard(reader, msc("15"))
    assert len(reader.remarks()) < 20, "however many they are"


@pytest.mark.parametrize(
    ("body", "means"),
    [
        (f"02 {number('31')}", [("hold", "A.focus", "")]),
        (f"02 {number('31')} 00 {number('1')}", [("hold", "A.focus", "")]),
        (f"03 {number('31')}", [("resume", "A.focus", "")]),
        (f"02 {number('40')}", [("hold", "B.focus", "")]),
        (f"02 {number('31')} 00 {number('2')}", []),
        (f"01 {number('31')}", []),
    ],
)
def test_a_stop_that_names_no_list_means_the_cues_of_every_list(body: str, means: list[tuple[str, ...]]) -> None:
    wanted = {("msc", "go 31/1"): ("a",), ("msc", "timed-go 40"): ("d",), ("msc", "fire 31"): ("c",)}
    reader = MidiDesk(SOURCE, MscAddress(1, (0x70,)), 0x11, wanted, AXES)
    assert heard(reader, msc(body)) == means
    remarks = reader.remarks()
    assert bool(remarks) is not bool(means)
    assert all("waits for it in a list that was not named" in remark for remark in remarks)


def test_show_control_for_others_is_silent() -> None:
    reader = desk()
    assert heard(reader, "F0 7F 02 02 20 01 39 F7") == []
    assert reader.remarks() == []


@pytest.mark.parametrize(
    ("message", "means"),
    [
        ("90 3C 40", [("note", "60")]), ("99 3C 40", [("note", "60@10"), ("note", "60")]), ("99 3C 00", []),
        ("89 3C 40", []), ("91 3D 40", []), ("90 3D 40 3D 00 3D 40", [("note", "61@1")] * 2), ("90 3E 40", []),
        ("C0 05", [("program", "5@1")]), ("C1 05", []), ("C0 06", []),
        ("F0 7F 7F 06 02 F7", [("mmc", "play")]), ("F0 7F 11 06 02 F7", [("mmc", "play")]),
        ("F0 7F 12 06 02 F7", []), ("F0 7F 7F 06 01 F7", []), ("F8 FE F1 04", []), ("F0 00 20 33 F7", []),
    ],
)  # fmt: skip
def test_notes_programs_and_machine_control_fire_what_waits_for_them(
    message: str, means: list[tuple[str, ...]]
) -> None:
    reader = desk()
    assert heard(reader, message) == means
    assert reader.remarks() == [], "a keyboard may be played beside the show"


def values(reader: MidiDesk, status: str, control: str, *at: int) -> list[bool]:
    return [bool(heard(reader, f"{status} {control} {value:02X}")) for value in at]


def test_a_controller_fires_when_it_comes_to_its_value_from_below() -> None:
    reader = desk()
    assert values(reader, "B0", "40", 127, 127, 64, 63, 0, 10, 64, 65) == [1, 0, 0, 0, 0, 0, 1, 0]
    assert values(reader, "B1", "40", 127) == [True], "each channel by itself"
    assert values(reader, "B1", "07", 99, 100, 101, 99, 127) == [0, 1, 0, 0, 1]
    assert values(reader, "B0", "07", 127) == [False], "on its channel only"


def test_a_controller_at_a_value_fires_with_each_message_that_says_so() -> None:
    assert values(desk(), "B0", "14", 5, 5, 4, 5, 6) == [1, 1, 0, 1, 0]


def test_a_port_that_was_away_begins_anew() -> None:
    reader = desk()
    assert values(reader, "B0", "40", 127) == [True]
    assert reader.feed(b"\xf0\x7f\x01", 5) == []
    reader.restart()
    assert reader.feed(b"\x02\x20\x01\xf7", 5) != []  # the rest of a message is none
    assert values(reader, "B0", "40", 127) == [True]


def test_torn_and_malformed_messages_are_glitches_and_fire_nothing() -> None:
    for message in ("F0 7F 01 02 20 01 39 90 3E 40", "39 F7", msc("01 41"), msc("01 2E"), msc("20")):
        found = desk().feed(bytes.fromhex(message), 5)
        assert [type(one) for one in found] == [Glitch], message


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_noise_is_never_raised_and_any_split_of_it_means_the_same(pieces: list[bytes]) -> None:
    one, other = desk(), desk()
    by_piece = [found for piece in pieces for found in one.feed(piece, 5) if not isinstance(found, Glitch)]
    by_byte = [
        found for byte in b"".join(pieces) for found in other.feed(bytes((byte,)), 5) if not isinstance(found, Glitch)
    ]
    assert by_piece == by_byte


@given(st.binary(max_size=30))
def test_a_whole_message_is_heard_whatever_came_before(noise: bytes) -> None:
    reader = desk()
    reader.feed(noise, 1)
    found = reader.feed(bytes.fromhex(msc(f"01 {number('9')}")), 5)
    assert [one for one in found if not isinstance(one, Glitch)] == [Command("go", 5, target="9", source=SOURCE)]


def test_a_shows_spelling_of_controllers_is_understood() -> None:
    for text in ("64", "64@16", "7@2 >= 100", "20 = 0"):
        key = str(MidiControl.parse(text))
        reader = MidiDesk(SOURCE, MscAddress(1), 127, {("cc", key): ("a",)}, AXES)
        control = MidiControl.parse(text)
        status = f"B{(control.channel or 1) - 1:X}"
        assert values(reader, status, f"{control.number:02X}", control.value) == [True], key


def test_a_conductor_that_hears_midi_does_not_load_the_shows_models() -> None:
    said = "import sys; import cuefocus.engine.midi_desk, cuefocus.shells.cue_input; print('pydantic' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
