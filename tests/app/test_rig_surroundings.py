"""`check` tells of what a rig names and is not there, at its place and with its cure."""

from pathlib import Path

import pytest

from cuefocus.app.check import check
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
    assert ".invalid' is known here; correct the name" in text


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
    text = "no host 'nobody.invalid' is known here; correct the name, or write its address"
    assert ("warning", f"network.{place}", text) in told(tmp_path, f"network: {{{network}}}\n")


@pytest.mark.parametrize(
    "receiver", ['osc: "10.0.0.5:8000"', "http: http://localhost/api", "artnet: 10.0.0.255, timecode: true"]
)
def test_a_receiver_by_its_address_is_not(tmp_path: Path, receiver: str) -> None:
    assert told(tmp_path, f"network: {{receivers: [{{id: wall, {receiver}}}]}}\n") == []
