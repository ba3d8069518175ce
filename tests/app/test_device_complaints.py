"""`check` refuses the devices that `run` would refuse, at their place; two sources at one port are named as ours."""

import io
from pathlib import Path

import pytest

from cuefocus.app.device_complaints import refuse_one_port_twice
from cuefocus.app.run import RunOptions, run
from cuefocus.app.source_choice import choose_sources
from cuefocus.errors import InputError
from cuefocus.rig.loader import load_rig
from cuefocus.shells.udp_inlet import UdpPort, overlap
from tests.app.test_songs import BEATS, TWO, checked

FILE = "{id: daw, kind: file}"


def errors(folder: Path, *sources: str) -> list[str]:
    found = checked(folder, TWO, "".join(f"  - {source}\n" for source in sources), BEATS).complaints
    return [str(one).partition("sources.")[2] for one in found if one.severity == "error"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("kind: reaper", "daw.kind: no UDP port is named; write reaper:PORT"),
        ('kind: reaper, device: "99999"', "daw.device: no UDP port 99999; ports run from 1"),
        ('kind: ableton, act: song, device: "ableton:foo"', "daw.device: 'foo' is no IP address; write ableton:HOST"),
        ('kind: ableton, device: "10.0.0.7#nope"', "daw.device: no act 'nope'; have song, second, talk"),
        ('kind: midi-clock, device: "mio#talk"', "daw.device: midi-clock says where in a song playback is, and act 't"),
        ('kind: midi-clock, device: "midi:"', "daw.device: no MIDI port is named; write clock:PORT"),
        ('kind: midi-clock, device: "reaper:9000"', "daw.device: 'reaper:9000' is a source of kind reaper, not midi-c"),
        ('kind: mtc, device: "clock:mio"', "daw.device: 'clock:mio' is a source of kind midi-clock, not mtc; write ki"),
        ('kind: ltc, device: "artnet:"', "daw.device: 'artnet:' is a source of kind artnet, not ltc; write kind: art"),
        ('kind: ltc, device: "audio:card#0"', "daw.device: channels count from 1"),
        ('kind: link, act: song, device: "x"', "daw.device: Link has no address: 'x'; write link:"),
        ("kind: artnet, device: stage-left", "daw.device: 'stage-left' is no IPv4 address"),
    ],
)
def test_a_device_that_run_refuses_is_an_error_of_check(tmp_path: Path, source: str, said: str) -> None:
    [problem] = errors(tmp_path, f"{{id: daw, {source}}}")
    assert problem.startswith(said)
    assert "; " in problem, "with its cure"


@pytest.mark.parametrize(
    "source",
    [
        'kind: reaper, device: "reaper:[::1]:9000"',
        "kind: ableton, act: second",
        'kind: ableton, device: "10.0.0.7#second"',
        'kind: link, device: "#second"',
        'kind: midi-clock, device: "jack:seq"',
        'kind: midi-clock, device: "reaper:MIDI out"',
        'kind: midi-clock, device: "midi:reaper:9000"',
        'kind: mtc, device: "link:to the stage"',
        "kind: ltc",
        "kind: mtc",
        "kind: artnet",
    ],
)
def test_what_run_takes_is_no_error(tmp_path: Path, source: str) -> None:
    assert errors(tmp_path, f"{{id: daw, {source}}}") == []


def test_check_finds_two_sources_at_one_port(tmp_path: Path) -> None:
    first, second = '{id: a, kind: reaper, device: "9000"}', '{id: b, kind: reaper, device: "127.0.0.1:9000"}'
    assert errors(tmp_path, first, second) == [
        "b.device: sources a and b would both listen at UDP port 9000; give each a port of its own"
    ]
    assert errors(tmp_path, first, second.replace("127.0.0.1:9000", "9001")) == []


@pytest.mark.parametrize(
    "given",
    [
        ("reaper:9000", "reaper:127.0.0.1:9000"),
        ("jack:x", "reaper:0.0.0.0:9000", "reaper:9000"),
        ("ableton:#song", "ableton:127.0.0.1:12000#second"),
        ("reaper:11001", "ableton:#song"),
    ],
    ids=" ".join,
)
def test_sources_given_for_one_port_are_named_before_anything_is_opened(tmp_path: Path, given: tuple[str, ...]) -> None:
    assert errors(tmp_path, FILE) == []
    options = RunOptions(tmp_path / "rig.yaml", tmp_path / "show.yaml", given, journal=tmp_path / "journal")
    with pytest.raises(InputError, match=r"sources (daw|source 2) and source \d would both listen at UDP port \d+"):
        run(options, err=io.StringIO(), environ={"XDG_RUNTIME_DIR": str(tmp_path)})
    assert not (tmp_path / "journal").exists()


def test_sources_at_ports_of_their_own_are_taken(tmp_path: Path) -> None:
    assert errors(tmp_path, FILE) == []
    path = tmp_path / "rig.yaml"
    rig = load_rig(path).rig.value
    given = ("reaper:9000", "reaper:9001", "ableton:", "artnet:", "artnet:0.0.0.0")
    refuse_one_port_twice(choose_sources(given, rig, path))


def test_ports_overlap_where_one_of_them_is_on_all_addresses_of_its_kind() -> None:
    def port(address: str, *, shared: bool = False) -> UdpPort:
        return UdpPort("x", "x", address, 9000, shared)

    assert overlap(port("10.0.0.5"), port("0.0.0.0"))  # noqa: S104 - nothing listens
    assert overlap(port("::"), port("::1"))
    assert overlap(port("10.0.0.5", shared=True), port("10.0.0.5"))
    assert not overlap(port("10.0.0.5", shared=True), port("10.0.0.5", shared=True))
    assert not overlap(port("10.0.0.5"), port("127.0.0.1"))
    assert not overlap(port("::"), port("127.0.0.1"))
