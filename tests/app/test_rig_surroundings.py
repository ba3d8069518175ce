"""`check` tells of what a rig names and is not there, at its place and with its cure."""

import socket
from pathlib import Path
from threading import Event

import pytest

from cuefocus.app.check import check
from cuefocus.app.rig_surroundings import missing_surroundings
from cuefocus.rig.loader import load_rig
from cuefocus.shells.name_lookup import NameLookup
from tests.app.running import LENS, RIG, SHOW


def told(folder: Path, more: str) -> list[tuple[str, str, str]]:
    (folder / "rig.yaml").write_text(RIG.format(lens=LENS) + more)
    (folder / "show.yaml").write_text(SHOW)
    complaints = check(folder / "show.yaml", folder / "rig.yaml").complaints
    return [
        (one.severity, one.where, f"{one.problem}; {one.hint}")
        for one in complaints
        if one.where.startswith(("network", "calendar")) and one.line
    ]


def test_a_show_of_the_calendar_that_is_not_there_is_warned_of(tmp_path: Path) -> None:
    calendar = 'calendar: {entries: [{do: check, at: "12:00", show: matinee.yaml}]}\n'
    ((severity, where, text),) = told(tmp_path, calendar)
    assert (severity, where) == ("warning", "calendar.entries.0.show")
    assert "matinee.yaml; name it from the rig file's folder" in text
    (tmp_path / "matinee.yaml").write_text(SHOW)
    assert told(tmp_path, calendar) == []


def test_a_file_that_cannot_even_be_looked_for_is_not_there(tmp_path: Path) -> None:
    long = "ö" * 200  # letters that we allow, more bytes than a file system does
    (calendar,) = told(tmp_path, f'calendar: {{entries: [{{do: check, at: "12:00", show: {long}}}]}}\n')
    (token,) = told(tmp_path, f"network: {{page: {{token_file: {long}}}}}\n")
    assert "there is no show file" in calendar[2]
    assert "there is no token file" in token[2]


@pytest.mark.parametrize(
    ("page", "place"),
    [
        ("{token_file: booth.token}", "network.page.token_file"),
        ("{tokens: [{id: booth, file: booth.token}]}", "network.page.tokens.booth.file"),
    ],
)
def test_a_token_file_that_is_not_there_is_warned_of(tmp_path: Path, page: str, place: str) -> None:
    network = f"network: {{page: {page}}}\n"
    ((severity, where, text),) = told(tmp_path, network)
    assert (severity, where) == ("warning", place)
    assert "booth.token; make it" in text
    (tmp_path / "booth.token").write_text("0123456789abcdef")
    assert told(tmp_path, network) == []


@pytest.mark.parametrize(
    ("receiver", "key"),
    [
        ('osc: "nobody.invalid:8000"', "osc"),
        ("http: http://nobody.invalid/api", "http"),
        ("artnet: nobody.invalid, timecode: true", "artnet"),
        ("artnet: nobody..invalid, timecode: true", "artnet"),
    ],
)
def test_a_receiver_whose_host_nobody_knows_is_warned_of(tmp_path: Path, receiver: str, key: str) -> None:
    ((severity, where, text),) = told(tmp_path, f"network: {{receivers: [{{id: wall, {receiver}}}]}}\n")
    assert (severity, where) == ("warning", f"network.receivers.wall.{key}")
    assert "host 'nobody.invalid' (" in text or "'nobody..invalid' is no name of a machine" in text
    assert text.endswith("; correct the name, or write its address")


@pytest.mark.parametrize(
    ("network", "place"),
    [
        ('osc: {listen: "nobody.invalid:8000"}', "osc.listen"),
        ('osc: {tcp: ["127.0.0.1:8000", "nobody.invalid:8000"]}', "osc.tcp.1"),
        ('osc: {send: ["nobody.invalid:8000"]}', "osc.send.0"),
        ('desks: [{id: eos, kind: eos, at: "nobody.invalid:3032"}]', "desks.eos.at"),
    ],
)
def test_a_desk_whose_host_nobody_knows_is_warned_of(tmp_path: Path, network: str, place: str) -> None:
    found = told(tmp_path, f"network: {{{network}}}\n")
    ((severity, where, text),) = [one for one in found if one[2].startswith("nobody knows the host 'nobody.invalid' (")]
    assert (severity, where) == ("warning", f"network.{place}")
    assert text.endswith("; correct the name, or write its address")


@pytest.mark.parametrize(
    "receiver", ['osc: "10.0.0.5:8000"', "http: http://localhost/api", "artnet: 10.0.0.255, timecode: true"]
)
def test_a_receiver_by_its_address_is_not(tmp_path: Path, receiver: str) -> None:
    assert told(tmp_path, f"network: {{receivers: [{{id: wall, {receiver}}}]}}\n") == []


def test_who_is_told_at_this_machines_own_name_is_warned_of(tmp_path: Path) -> None:
    name = socket.gethostname()
    osc = f"{{listen: '0.0.0.0:8000', passcodes: [{{passcode: abcd}}], send: ['{name}:8000']}}"
    warned = [text for _, where, text in told(tmp_path, f"network: {{osc: {osc}}}\n") if where == "network.osc.send.0"]
    assert any(f"told of state at {name}:8000 is our own OSC port" in text for text in warned), warned


@pytest.mark.parametrize(
    ("device", "to", "warned"),
    [
        ("0.0.0.0", "10.0.0.255", True),  # noqa: S104 - a text in a rig
        ("10.0.0.5", "255.255.255.255", True),
        ("0.0.0.0#10.0.0.9", "10.0.0.255", False),
        ("0.0.0.0", "10.0.0.9", False),  # noqa: S104 - a text in a rig
        ("127.0.0.1", "10.0.0.255", False),
    ],
)
def test_machines_that_would_follow_each_other_are_warned_of(
    tmp_path: Path, device: str, to: str, warned: bool
) -> None:
    sources = f'sources: [{{id: lights, kind: artnet, device: "{device}"}}]'
    network = f'network: {{receivers: [{{id: wall, artnet: "{to}", timecode: true}}]}}\n'
    text = RIG.format(lens=LENS).replace("sources: [{id: playback, kind: file}]", sources) + network
    (tmp_path / "rig.yaml").write_text(text)
    found = list(missing_surroundings(load_rig(tmp_path / "rig.yaml").rig))
    assert [(one.severity, one.where) for one in found] == [("warning", "sources.lights.device")] * warned
    assert all("(receiver wall): another machine" in one.problem for one in found)


def test_a_name_that_nobody_answers_for_is_waited_for_no_longer_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "rig.yaml").write_text(RIG.format(lens=LENS) + "network: {osc: {send: ['wall.local:8000']}}\n")
    hangs = Event()
    lookup = NameLookup(patience_s=0.05, ask=lambda *asked, **how: hangs.wait(20.0) and [])
    (found,) = missing_surroundings(load_rig(tmp_path / "rig.yaml").rig, lookup)
    hangs.set()
    assert (found.severity, found.where) == ("warning", "network.osc.send.0")
    assert found.problem == "nobody says in time what address 'wall.local' has"
