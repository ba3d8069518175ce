"""`doctor` with a rig and a show."""

import socket
import time
from itertools import count
from pathlib import Path
from threading import Event
from unittest import mock

import ifaddr
import pytest

from cuefocus.app.doctor import Finding, examine_files
from cuefocus.app.doctor_desks import desk_findings, no_answer
from cuefocus.rig.loader import load_rig
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import ip_place
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.osc import read_packet
from tests.app.running import LENS, RIG, SHOW
from tests.app.verb import cuefocus


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    (tmp_path / "tty").touch()
    text = RIG.format(lens=LENS).replace("port: sim", f"port: slcan:{tmp_path / 'tty'}", 1)
    (tmp_path / "rig.yaml").write_text(text)
    return tmp_path / "rig.yaml"


def test_a_real_motors_port_is_looked_at(rig: Path) -> None:
    port = rig.parent / "tty"
    assert examine_files(rig)[1] == [Finding("note", "motor dji-B", f"slcan:{port} may be opened")]
    port.unlink()
    assert examine_files(rig)[1] == [Finding("error", "motor dji-B", f"{port} is not there", "see cuefocus ports")]


def _served() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_addresses_of_desks_are_tried(tmp_path: Path) -> None:
    udp, tcp, eos = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), *(_served() for _ in range(2))
    udp.bind(("127.0.0.1", 0))
    taken, there, desk = (one.getsockname()[1] for one in (udp, tcp, eos))
    (tmp_path / "rig.yaml").write_text(
        RIG.format(lens=LENS)
        + f'network:\n  osc: {{listen: ["127.0.0.1:{taken}", "203.0.113.9:8000"], tcp: "127.0.0.1:{there}"}}\n'
        + f'  desks: [{{id: a, kind: eos, at: "127.0.0.1:{desk}"}}, {{id: b, kind: eos, at: "127.0.0.1:1"}},\n'
        + '    {id: c, kind: qlab, at: "127.0.0.1:1", by: udp}]\n'
    )
    found = [(each.severity, each.problem) for each in examine_files(tmp_path / "rig.yaml")[1]]
    for one in (udp, tcp, eos):
        one.close()
    assert found[0] == ("warning", f"UDP port {taken} is taken by another program")
    assert found[1] == ("warning", "203.0.113.9 is no address of this machine")
    assert found[2][0] == "warning"
    assert "Address already in use" in found[2][1]
    assert found[3] == ("note", f"answers at 127.0.0.1:{desk}")
    assert found[4] == ("warning", "does not answer at 127.0.0.1:1: Connection refused")
    assert found[5][0] == "note"
    assert "by UDP" in found[5][1]


def test_names_that_nobody_answers_for_are_waited_for_together_and_no_longer_than_the_limit(tmp_path: Path) -> None:
    (tmp_path / "rig.yaml").write_text(
        RIG.format(lens=LENS)
        + 'network:\n  osc: {listen: "booth.local:8000", tcp: "booth.local:8001"}\n'
        + '  desks: [{id: a, kind: eos, at: "ion.local:3032"}]\n'
    )
    hangs, looks = Event(), count(0, 10 * NS_PER_S)  # each look at the clock takes half of the limit
    lookup = NameLookup(patience_s=20.0, ask=lambda *asked, **how: hangs.wait(60.0) and [], clock_ns=looks.__next__)
    begun_ns = now_ns()
    found = list(desk_findings(load_rig(tmp_path / "rig.yaml").rig.value, lookup))
    assert now_ns() - begun_ns < 8 * NS_PER_S, "one after the other would be twenty"
    hangs.set()
    why = [f"nobody says in time what address '{name}.local' has" for name in ("booth", "booth", "ion")]
    assert [problem for _, _, problem, _ in found] == why
    assert [severity for severity, *_ in found] == ["error", "error", "warning"]


def test_the_pages_port_is_tried(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        at = f"127.0.0.1:{other.getsockname()[1]}"
        (tmp_path / "rig.yaml").write_text(f'{RIG.format(lens=LENS)}network:\n  page: {{listen: "{at}"}}\n')
        cure = "end what has it, or choose another in network.page.listen"
        taken = Finding("warning", f"page at {at}", "cannot be served: Address already in use", cure)
        assert examine_files(tmp_path / "rig.yaml")[1] == [taken]
    assert examine_files(tmp_path / "rig.yaml")[1] == [Finding("note", f"page at {at}", "the TCP port is free")]


RECEIVERS = {
    "hears": ("osc: 127.0.0.1:{udp}", "is sent to at 127.0.0.1:{udp}; by UDP nobody says whether it is heard"),
    "deaf": ("osc: 127.0.0.1:1", "nobody listens at 127.0.0.1:1: its machine says so"),
    "line": ("osc: 127.0.0.1:{tcp}, tcp: slip", "answers at 127.0.0.1:{tcp}"),
    "cut": ("osc: 127.0.0.1:1, tcp: length", "does not answer at 127.0.0.1:1: Connection refused"),
    "web": ("http: 'http://127.0.0.1:{tcp}/api'", "answers at http://127.0.0.1:{tcp}/api"),
    "off": ("http: 'http://127.0.0.1:1'", "does not answer at http://127.0.0.1:1: Connection refused"),
    "bare": ("http: 'https://127.0.0.1:{tcp}'", "answers at https://127.0.0.1:{tcp}, but no call gets through: "),
    "far": ("osc: 'nobody.invalid:8000'", "nobody "),
    "none": ("osc: 'a..b:8000'", "'a..b' is no name of a machine: "),
    "net": ("artnet: 127.255.255.255, timecode: true", "is sent to at 127.255.255.255; by UDP nobody says"),
    "raw": ("midi: 'raw:/nowhere'", "cannot be opened: No such file or directory"),
}
WELL = ("hears", "line", "web", "net")


def test_those_that_are_told_are_tried_and_nothing_is_said_to_them(tmp_path: Path) -> None:
    udp, tcp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.create_server(("127.0.0.1", 0))
    with udp, tcp:
        udp.bind(("127.0.0.1", 0))
        udp.settimeout(5.0)
        ports = {"udp": udp.getsockname()[1], "tcp": tcp.getsockname()[1]}
        listed = "".join(f"    - {{id: {name}, {where.format(**ports)}}}\n" for name, (where, _) in RECEIVERS.items())
        (tmp_path / "rig.yaml").write_text(RIG.format(lens=LENS) + f"network:\n  receivers:\n{listed}")
        of_files, found = examine_files(tmp_path / "rig.yaml")
        packet = read_packet(udp.recv(100))
    assert not [each for each in of_files if each.severity == "error"], of_files
    assert [each.what for each in found] == [f"receiver {name}" for name in RECEIVERS]
    for each, (name, (_, problem)) in zip(found, RECEIVERS.items(), strict=True):
        assert each.problem.startswith(problem.format(**ports)), each
        assert each.severity == ("note" if name in WELL else "warning")
        assert bool(each.hint) == (name not in WELL), "what stands in the way has a cure"
    assert (packet.messages, packet.faults) == ((), ())


def test_a_receiver_that_says_nothing_costs_a_second_or_two(tmp_path: Path) -> None:
    """A dozen of them, that take a connection and do not go on: all at once."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as tcp:
        receivers = [f"{{id: r{n}, http: 'https://127.0.0.1:{tcp.getsockname()[1]}'}}" for n in range(12)]
        (tmp_path / "rig.yaml").write_text(
            RIG.format(lens=LENS) + f"network: {{receivers: [{', '.join(receivers)}]}}\n"
        )
        begun_s = time.monotonic()
        _, found = examine_files(tmp_path / "rig.yaml")
        assert time.monotonic() - begun_s < 6.0
    assert all("it does not say who it is in time" in each.problem for each in found)


def test_what_cannot_land_is_among_the_findings(rig: Path) -> None:
    show = rig.parent / "show.yaml"
    show.write_text(SHOW.replace('"01:00:04:00"}, to: band', '"01:00:02:02"}, to: band'))
    with mock.patch("cuefocus.app.doctor.examine", return_value=[]):
        told = cuefocus("doctor", "--rig", rig, "--show", show, "--json")
    assert told.status == 1, told.text
    assert any("cues.B2" in finding["what"] and finding["problem"] for finding in told.json)
    assert all(set(finding) == {"severity", "what", "problem", "hint"} for finding in told.json)


def test_a_rig_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    of_files, of_motors = examine_files(tmp_path / "none.yaml")
    assert [finding.severity for finding in of_files] == ["error"]
    assert of_motors == []


def test_a_show_alone_is_wrong_usage() -> None:
    told = cuefocus("doctor", "--show", "x.yaml")
    assert (told.status, told.out) == (2, "")
    assert "--show needs --rig" in told.err


def test_an_address_behind_an_interface_that_is_not_there_is_told_in_words() -> None:
    assert no_answer(("fe80::1%nosuch0", 9)) == "Name or service not known"


LINK_LOCAL = next(
    (
        f"{ip.ip[0]}%{adapter.name}"
        for adapter in ifaddr.get_adapters()
        for ip in adapter.ips
        if isinstance(ip.ip, tuple) and ip.ip[0].startswith("fe80:")
    ),
    None,
)


@pytest.mark.skipif(LINK_LOCAL is None, reason="needs a network with IPv6")
def test_a_receiver_behind_an_interface_is_found_and_named_in_the_table(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as there:
        there.bind(ip_place(str(LINK_LOCAL), 0))
        where = f"[{LINK_LOCAL}]:{there.getsockname()[1]}"
        rig = tmp_path / "rig.yaml"
        rig.write_text(RIG.format(lens=LENS) + f'network: {{receivers: [{{id: near, osc: "{where}"}}]}}\n')
        (found,) = (each for each in examine_files(rig)[1] if each.what == "receiver near")
        told = cuefocus("doctor", "--rig", str(rig), "--no-timing")
    assert (found.severity, found.problem) == ("note", f"is sent to at {where}; by UDP nobody says whether it is heard")
    assert where in "".join(told.out.split())
