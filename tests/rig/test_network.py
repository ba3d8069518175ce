"""Who may do what over the network."""

from pathlib import Path

import pytest

from cuefocus.files.complaint import FileRefused
from cuefocus.rig.loader import load_rig
from cuefocus.rig.places import loops_here
from tests.stories.scenes import LENS, RIG


def complaints(tmp_path: Path, network: str) -> list[str]:
    (tmp_path / "lens.yaml").write_text(LENS, encoding="utf-8")
    path = tmp_path / "rig.yaml"
    path.write_text(f"{RIG}network:\n{network}", encoding="utf-8")
    try:
        found = load_rig(path).complaints
    except FileRefused as refused:
        found = refused.complaints
    return [f"{one.severity}: {one.problem}; {one.hint}" for one in found if "motor" not in one.where]


def test_a_lone_address_and_a_list_of_them_are_the_same(tmp_path: Path) -> None:
    osc = '  osc: {listen: ["127.0.0.1:8000", "[::1]:8000"], tcp: "127.0.0.1:8001"}\n'
    assert complaints(tmp_path, osc) == []


def test_companions_are_told_at_their_port_and_button(tmp_path: Path) -> None:
    osc = '  osc: {companions: [{at: "10.0.0.9:12321", button: 1/0/3}, {at: "[::1]:12321"}]}\n'
    assert complaints(tmp_path, osc) == []


def test_beyond_this_machine_nobody_may_do_anything_until_named(tmp_path: Path) -> None:
    osc = '  osc: {listen: "0.0.0.0:8000"}\n'
    (said,) = complaints(tmp_path, osc)
    assert said.startswith("warning: nobody beyond this machine may do anything yet; name who may under peers")
    assert complaints(tmp_path, f"{osc}  peers: [{{id: desk, address: 10.0.0.0/24, rights: view}}]\n") == []


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (
            '  osc: {}\n  peers: [{id: desk, address: "10.0.0.5/24"}]\n',
            "is one address in a network; write 10.0.0.5, or 10.0.0.0/24 for",
        ),
        (
            '  osc: {}\n  peers: [{id: desk, address: "fe80::5%eth0/64"}]\n',
            "is one address in a network; write fe80::5%eth0, or fe80::/64 for",
        ),
        (
            "  osc: {}\n  peers: [{id: a, address: 10.0.0.0/24}, {id: b, address: '::ffff:10.0.0.0/120'}]\n",
            "::ffff:10.0.0.0/120 is peer 'a' already",
        ),
        (
            '  osc: {}\n  peers: [{id: desk, address: "[::1]"}]\n',
            "neither an address nor a network; write an address such",
        ),
        (
            "  osc: {}\n  peers: [{id: a, address: 10.0.0.5}, {id: b, address: '::ffff:10.0.0.5'}]\n",
            "::ffff:10.0.0.5 is peer 'a' already",
        ),
        (
            '  osc: {listen: "::1:8000"}\n',
            "'::1:8000' is not an address; write an address such as 127.0.0.1:8000 or [::1]:",
        ),
        (
            '  osc: {listen: "[fe80::1]:8000", passcodes: [{passcode: abcd}]}\n',
            "warning: [fe80::1]:8000 does not say behind which interface; write [fe80::1%eth0]:8000",
        ),
        (
            '  osc: {}\n  peers: [{id: desk, address: "fe80::5%7"}]\n',
            "by a number, which may be another's after the next",
        ),
        ('  receivers: [{id: eos, osc: "[fe80::5]:8001"}]\n', "warning: [fe80::5]:8001 does not say behind which"),
        ("  osc: {}\n  peers: [{id: a, address: 10.0.0.5}, {id: a, address: 10.0.0.6}]\n", "two peers are called 'a'"),
        (
            "  osc: {}\n  peers: [{id: a, address: 10.0.0.5, rights: view}, {id: b, address: 10.0.0.5/32}]\n",
            "10.0.0.5/32 is peer 'a' already, which may view; only that one counts; keep one",
        ),
        (
            "  osc: {}\n  peers: [{id: a, address: [10.0.0.5, 10.0.1.5]}, {id: b, address: 10.0.1.5}]\n",
            "10.0.1.5 is peer 'a' already, which may operate; only that one counts; keep one",
        ),
        ('  osc: {listen: ["[::1]:8300", "[0:0::1]:8300"]}\n', "[0:0::1]:8300 is written twice; once is"),
        ("  osc: {}\n  peers: [{id: a, address: [10.0.0.5, 10.0.0.5]}]\n", "10.0.0.5 is written twice; once is"),
        ("  osc: {}\n  peers: [{id: a, address: [10.0.0.0/24, 10.0.1.5]}]\n", "10.0.0.0/24 is more than one host"),
        ("  osc: {}\n  peers: [{id: a, address: []}]\n", "error"),
        ("  osc: {passcodes: [{passcode: abcd}, {passcode: abcd, rights: view}]}\n", "is written twice; keep one"),
        ("  peers: [{id: a, address: 10.0.0.5}]\n", "peers are named, but no OSC is heard"),
        ('  osc: {listen: "127.0.0.1:0"}\n', "names no port"),
        ('  osc: {send: ["10.0.0.9:0"]}\n', "10.0.0.9:0 names no port; write ADDRESS:PORT"),
        ('  osc: {companions: [{at: "10.0.0.9:0"}]}\n', "10.0.0.9:0 names no port"),
        ('  desks: [{id: q, kind: qlab, at: "10.0.0.9:0"}]\n', "10.0.0.9:0 names no port"),
        ('  osc: {companions: [{at: "127.0.0.1:12321", button: 1/3}]}\n', "'1/3' is no place of a button; write page"),
        ('  osc: {tcp: ["127.0.0.1:9", "127.0.0.1:9"]}\n', "written twice"),
        ("  osc: {passcodes: [{passcode: abc}]}\n", "quickly guessed; write at least 4"),
        (
            '  page: {listen: "0.0.0.0:80"}\n',
            "a page beyond loopback needs a token; add tokens: [{id: booth, file: booth.token}], or",
        ),
        ('  page: {listen: "127.0.0.1:0"}\n', "127.0.0.1:0 names no port"),
        ("  page: {tokens: [{id: a, file: x}, {id: a, file: y}]}\n", "two tokens are called 'a'"),
        ("  page: {token_file: x, tokens: [{id: token, file: y}]}\n", "two tokens are called 'token'"),
        ("  page: {}\n  announce: true\n", "nothing is announced; write announce: loopback"),
        ("  osc: {}\n  announce: loopback\n", "it is the page that announces, and there is none"),
        ("  page: {}\n  announce: maybe\n", "loopback"),
        (
            '  osc: {tcp: "127.0.0.1:8001"}\n  page: {listen: "127.0.0.1:8001"}\n',
            "OSC by TCP is heard at 127.0.0.1:8001 already: one of the two could not listen; give each a port",
        ),
        ('  osc: {tcp: "0.0.0.0:8080", passcodes: [{passcode: abcd}]}\n  page: {}\n', "heard at 0.0.0.0:8080 already"),
        (
            '  osc: {listen: "127.0.0.1:8000", send: ["127.0.0.1:8000"]}\n',
            "error: who is told of state at 127.0.0.1:8000 is our own OSC port (UDP 127.0.0.1:8000): "
            "what it is told we hear ourselves; write the address and port at which the other one listens",
        ),
        (
            '  osc: {listen: "0.0.0.0:8000", passcodes: [{passcode: abcd}]}\n'
            '  receivers: [{id: eos, osc: "localhost:8000"}]\n',
            "warning: receiver eos at localhost:8000 is our own OSC port (UDP 0.0.0.0:8000)",
        ),
        (
            '  osc: {tcp: "10.0.0.2:8001", passcodes: [{passcode: abcd}]}\n'
            '  receivers: [{id: eos, osc: "10.0.0.2:8001", tcp: slip}]\n',
            "receiver eos at 10.0.0.2:8001 is our own OSC port (TCP 10.0.0.2:8001)",
        ),
        (
            '  osc: {listen: "0.0.0.0:8000", tcp: "10.0.0.2:8001", passcodes: [{passcode: abcd}]}\n'
            '  receivers: [{id: eos, osc: "10.0.0.2:8000"}]\n',
            "receiver eos at 10.0.0.2:8000 is our own",
        ),
        ('  osc: {companions: [{at: "127.0.0.1:8000"}]}\n', "error: the Companion at 127.0.0.1:8000 is our own"),
        (
            '  osc: {listen: "[::]:53000", passcodes: [{passcode: abcd}]}\n'
            '  desks: [{id: q, kind: qlab, at: "[::1]:53000", by: udp}]\n',
            "error: desk q at [::1]:53000 is our own OSC port",
        ),
        (
            "  osc: {}\n  peers: [{id: td, address: 127.0.0.1, reply: 8000}]\n",
            "error: the place where peer td is answered at 127.0.0.1:8000 is our own",
        ),
        (
            "  osc: {}\n  peers: [{id: td, address: [10.0.0.5, 127.0.0.1], reply: 8000}]\n",
            "error: the place where peer td is answered at 127.0.0.1:8000 is our own",
        ),
        (
            '  page: {listen: "[::1]:8080"}\n  receivers: [{id: me, http: "http://localhost:8080/api"}]\n',
            "warning: receiver me at localhost:8080 is our own page ([::1]:8080): what it is told we hear ourselves",
        ),
        (
            '  page: {listen: "127.0.0.1:80"}\n  receivers: [{id: me, http: "http://127.0.0.1"}]\n',
            "warning: receiver me at 127.0.0.1:80 is our own page",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_cure(tmp_path: Path, network: str, said: str) -> None:
    found = complaints(tmp_path, network)
    assert any(said in one for one in found), found


def test_a_loop_is_named_where_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "lens.yaml").write_text(LENS, encoding="utf-8")
    path = tmp_path / "rig.yaml"
    lines = "network:\n  osc: {}\n  receivers:\n    - {id: one, osc: 10.0.0.9:1}\n    - {id: me, osc: 127.0.0.1:8000}\n"
    path.write_text(RIG + lines, encoding="utf-8")
    (found,) = (one for one in load_rig(path).complaints if "our own OSC port" in one.problem)
    assert (found.file, found.line) == (str(path), len((RIG + lines).splitlines()))


@pytest.mark.parametrize(
    "network",
    [
        '  osc: {listen: "127.0.0.1:8080"}\n  page: {}\n',
        '  osc: {tcp: "127.0.0.1:8001"}\n  receivers: [{id: one, osc: "127.0.0.1:8001"}]\n',
        '  page: {}\n  receivers: [{id: one, http: "http://127.0.0.1:8081"}, {id: two, osc: "127.0.0.1:8080"}]\n',
        '  page: {listen: "127.0.0.1:443"}\n  receivers: [{id: one, http: "http://127.0.0.1"}]\n',
        '  osc: {listen: "127.0.0.1:8000"}\n  receivers: [{id: one, osc: "127.0.0.1:8000", tcp: slip}]\n',
        '  osc: {send: ["10.0.0.9:8000", "127.0.0.2:8000", "[::1]:8000", "desk.local:8000"]}\n',
        '  osc: {listen: "10.0.0.2:8000", passcodes: [{passcode: abcd}], send: ["127.0.0.1:8000"]}\n',
        "  osc: {}\n  peers: [{id: net, address: 127.0.0.0/8, reply: 8000}]\n",
    ],
)
def test_other_ports_protocols_and_hosts_are_no_loop(tmp_path: Path, network: str) -> None:
    assert complaints(tmp_path, network) == []


@pytest.mark.parametrize(
    ("listen", "place", "loop"),
    [
        ("0.0.0.0:8000", "10.0.0.2:8000", True),
        ("0.0.0.0:8000", "focus:8000", True),
        ("[::]:8000", "focus:8000", True),
        ("[::]:8000", "10.0.0.2:8000", False),
        ("0.0.0.0:8000", "10.0.0.2:8001", False),
        ("0.0.0.0:8000", "10.0.0.3:8000", False),
        ("0.0.0.0:8000", "desk:8000", False),
        ("10.0.0.4:8000", "10.0.0.2:8000", False),
        ("10.0.0.4:8000", "focus:8000", False),
        ("0.0.0.0:8000", "127.0.0.1:8000", False),
    ],
)
@pytest.mark.parametrize("what", ["send: ['{}']", "companions: [{{at: '{}'}}]"])
def test_what_only_the_machine_knows_to_be_a_loop_is_warned_of_once(
    tmp_path: Path, listen: str, place: str, loop: bool, what: str
) -> None:
    """What is a loop on any machine, such as one by loopback, the rig's own complaints name."""
    (tmp_path / "lens.yaml").write_text(LENS, encoding="utf-8")
    (tmp_path / "rig.yaml").write_text(
        f"{RIG}network:\n  osc: {{listen: '{listen}', passcodes: [{{passcode: abcd}}], {what.format(place)}}}\n"
    )
    try:
        network = load_rig(tmp_path / "rig.yaml").rig.value.network
    except FileRefused:
        assert "127.0.0.1" in place
        return
    found = [(severity, problem) for _, severity, problem, _ in loops_here(network, {"10.0.0.2", "focus"}.__contains__)]
    assert [severity for severity, _ in found] == ["warning"] * loop
    assert all(f"at {place} is our own OSC port (UDP {listen})" in problem for _, problem in found)


def test_a_page_beyond_this_machine_has_tokens_and_may_be_announced(tmp_path: Path) -> None:
    page = '  page: {listen: "0.0.0.0:8080", tokens: [{id: booth, file: booth.token, rights: view}]}\n'
    assert complaints(tmp_path, f"{page}  announce: true\n") == []
    tcp = '  osc: {listen: [], tcp: "10.0.0.2:8001", passcodes: [{passcode: "5678"}]}\n  page: {}\n'
    assert complaints(tmp_path, f"{tcp}  announce: true\n") == []
    assert complaints(tmp_path, "  page: {}\n  announce: loopback\n  peers: [{id: a, address: 10.0.0.5}]\n") == []
