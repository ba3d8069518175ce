"""What doctor says of a playback program's OSC: whether it plays, from where, how late, and what it does not send."""

from dataclasses import replace

import pytest
from pythonosc.osc_message_builder import build_msg

from cuefocus.app.listen import listen
from cuefocus.app.listen_programs import link_findings, program_findings, understood_live, understood_reaper
from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.message_turns import Message
from cuefocus.timebase.frames import RATES
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.link import LinkMoment
from tests.osc_programs import ALL, Live, Place, Reaper


def playing(at_s: float) -> float:
    return 60.0 + at_s


def from_reaper(place: Place = playing, fields: tuple[str, ...] = ALL, sender: str = "10.0.0.9") -> list[Message]:
    reaper = Reaper(place, RATES["25"], 90_000, fields)
    return [Message(data, NS_PER_S + round(at_s * NS_PER_S), sender) for at_s, data in reaper.packets(3.0)]


def said(messages: list[Message]) -> list[tuple[str, str]]:
    found = program_findings("REAPER", understood_reaper(messages), "look at its preferences", "s")
    return [(one.severity, one.problem) for one in found]


def test_a_program_that_plays_is_named_with_its_place_and_how_late_it_speaks() -> None:
    (severity, problem), *rest = said(from_reaper())
    assert severity == "note"
    assert problem.startswith("REAPER at 10.0.0.9 plays, 60.000 to 62.9")
    assert ", timecode 01:01:00:00 to 01:01:02:" in problem
    assert "half of it comes up to" in problem
    assert rest == [("note", "REAPER plays")]
    assert "it sends no timecode" in said(from_reaper(fields=("/time",)))[1][1]


@pytest.mark.parametrize(
    ("messages", "severity", "problem"),
    [
        ([], "error", "nothing arrives"),
        (from_reaper(lambda _: 7.0), "warning", "REAPER at 10.0.0.9 stands at 7.000 s"),
        (
            [Message(bytes(build_msg("/track/1/vu", [0.5]).dgram), 1, "10.0.0.9")] * 9,
            "error",
            "REAPER at 10.0.0.9 says nothing of its position, but addresses such as /track/1/vu.",
        ),
        (from_reaper(fields=("/frames/str",)), "error", "It sends labels, which are not exact enough alone."),
        (
            [Message(b"hello you", 1, "10.0.0.9")] * 3,
            "warning",
            "3 messages could not be read (a packet that is",
        ),
        (from_reaper() + from_reaper(sender="10.0.0.10"), "warning", "2 machines send to this port"),
        (from_reaper()[::6], "warning", "a position comes only every "),
    ],
)
def test_what_is_wrong_is_said(messages: list[Message], severity: str, problem: str) -> None:
    assert any(kind == severity and problem in text for kind, text in said(messages)), said(messages)


def test_two_programs_of_one_machine_are_told_apart_by_their_ports() -> None:
    first = [replace(message, port=4000) for message in from_reaper()]
    second = [replace(message, port=4001) for message in from_reaper(lambda at_s: 200.0 + at_s)]
    both = said(sorted([*first, *second], key=lambda message: message.stamp_ns))
    assert both[0] == ("warning", "2 programs at 10.0.0.9 send to this port, by 4000, 4001")
    assert "plays, " in both[1][1]


def test_doctor_listens_at_the_port_and_says_how_exact_it_can_be() -> None:
    found = listen("reaper:127.5.4.3:9001", seconds=0.1)
    assert (found[0].problem, "device port 9001" in found[0].hint) == ("nothing arrives", True)
    assert "time is uncertain by ±3.1 ms" in found[1].problem
    with pytest.raises(DeviceError, match="is no address of this machine"):
        listen("reaper:198.51.100.1:9001", seconds=0.1)
    with pytest.raises(InputError, match="no UDP port"):
        listen("reaper:", seconds=0.1)


def test_live_is_named_with_its_place_and_tempo() -> None:
    live = Live(lambda at_s: 2.0 * at_s)
    messages = [Message(data, NS_PER_S + round(at_s * NS_PER_S), "10.0.0.7") for at_s, data in live.packets(5.0)]
    found = program_findings("Live", understood_live(messages), "look", "quarters")
    assert found[0].problem.startswith("Live at 10.0.0.7 plays, 0.")
    assert [one.problem for one in found[1:]] == ["Live plays", "its tempo is 120.0 beats a minute"]


@pytest.mark.serial
def test_live_that_is_not_there_is_said_with_a_cure() -> None:
    found = listen("ableton:127.0.0.77", seconds=0.2)
    assert (found[0].problem, "AbletonOSC among its control surfaces" in found[0].hint) == ("nothing arrives", True)


@pytest.mark.parametrize(
    ("moments", "severity", "problem"),
    [
        ([], "error", "no other program is in the Link session"),
        ([LinkMoment(9.25, 97.0, True, 1)], "note", "it plays, at quarter 9.25"),
        ([LinkMoment(None, 97.0, True, 2)], "warning", "its start was not heard"),
        ([LinkMoment(None, 97.0, False, 2)], "warning", "Link tells a tempo, no position"),
    ],
)
def test_a_link_session_in_words(moments: list[LinkMoment], severity: str, problem: str) -> None:
    found = [(one.severity, one.problem) for one in link_findings(moments)]
    assert any(kind == severity and problem in text for kind, text in found)
    assert not moments or "at 97.0 beats a minute" in found[0][1]
