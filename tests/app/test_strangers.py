"""Desks on another machine, as far as the kernel can tell: in a network namespace of their own, behind a cable.

Needs the right to make network namespaces (root), and `ip`; skipped without.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.app.called import PORT, Desk, called, landed

pytestmark = pytest.mark.serial
NUMBER = os.getpid() % 250
OURS, THEIRS = f"10.213.{NUMBER}.1", f"10.213.{NUMBER}.2"
OUR_ULA, THEIR_ULA = f"fd5c:cf::{NUMBER:x}:1", f"fd5c:cf::{NUMBER:x}:2"
OUR_LINK, THEIR_LINK = f"fe80::{NUMBER:x}:1", f"fe80::{NUMBER:x}:2"
SPACE, CABLE, PLUG = f"cuefocus-{NUMBER}", f"cf{NUMBER}a", f"cf{NUMBER}b"


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _may() -> bool:
    if shutil.which("ip") is None:
        return False
    return subprocess.run(["ip", "netns", "add", SPACE], check=False, capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def cable() -> Iterator[None]:
    """A cable from here to a machine of its own."""
    if not _may():
        pytest.skip("needs the right to make network namespaces, and ip (Debian: iproute2)")
    try:
        ip("link", "add", CABLE, "type", "veth", "peer", "name", PLUG, "netns", SPACE)
        for where, name, addresses in (
            ((), CABLE, (f"{OURS}/24", f"{OUR_ULA}/112", f"{OUR_LINK}/64")),
            (("-n", SPACE), PLUG, (f"{THEIRS}/24", f"{THEIR_ULA}/112", f"{THEIR_LINK}/64")),
        ):
            ip(*where, "link", "set", name, "addrgenmode", "none")
            for address in addresses:
                ip(*where, "addr", "add", address, "dev", name, *(["nodad"] if ":" in address else []))
            ip(*where, "link", "set", name, "up")
        yield
    finally:
        subprocess.run(["ip", "netns", "del", SPACE], check=False)


@contextmanager
def over_there() -> Iterator[None]:
    """Sockets made in here belong to the other machine."""
    with Path("/proc/thread-self/ns/net").open("rb") as here, Path(f"/run/netns/{SPACE}").open("rb") as there:
        _move(there.fileno())
        try:
            yield
        finally:
            _move(here.fileno())


def _move(space: int) -> None:
    """This thread alone goes to a network namespace. Python before 3.12 has no name for it: setns(2)."""
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.setns(space, 0x40000000) == 0, os.strerror(ctypes.get_errno())


@contextmanager
def stranger(to: str, host: str, by: str = "udp") -> Iterator[Desk]:
    with over_there():
        desk = Desk((to, PORT), host, by=by)
    try:
        yield desk
    finally:
        desk.close()


@pytest.mark.parametrize(
    ("heard", "to", "host", "by"),
    [
        (OURS, OURS, THEIRS, "udp"),
        (OURS, OURS, THEIRS, "tcp"),
        (OUR_ULA, OUR_ULA, THEIR_ULA, "udp"),
        (OUR_ULA, OUR_ULA, THEIR_ULA, "tcp"),
        ("::", f"{OUR_LINK}%{PLUG}", f"{THEIR_LINK}%{PLUG}", "udp"),
        (f"{OUR_LINK}%{CABLE}", f"{OUR_LINK}%{PLUG}", f"{THEIR_LINK}%{PLUG}", "tcp"),
    ],
    ids=["udp", "tcp", "ula-udp", "ula-tcp", "link-local-udp", "link-local-tcp"],  # the same in every worker
)
def test_a_stranger_fires_nothing_until_it_says_the_passcode(
    cable: None, tmp_path: Path, heard: str, to: str, host: str, by: str
) -> None:
    passcode = 'passcodes: [{passcode: "5678", rights: operate}]'
    with called(tmp_path, also=[heard], osc=passcode) as (running, desk, _), stranger(to, host, by) as other:
        done, said = other.asks("/cuefocus/go")
        assert (done, str(said)[:19]) == (0, "refused: it may not")
        name = host.replace(PLUG, CABLE)
        told = running.until(lambda event: event["event"] == "alarm" and "is refused" in event["text"])
        assert told["text"].startswith(f"OSC from {name}: /cuefocus/go is refused; give the passcode")
        other.say("/eos/out/event/cue/1/12/fire")
        assert other.asks("/cuefocus/subscribe")[0] == 0
        assert other.asks("/cuefocus/panic")[0] == 0
        assert other.asks("/cuefocus/connect", "8765")[0] == 0
        assert desk.asks("/cuefocus/status")[0] == 1
        assert not [event for event in running.events if event["event"] == "departure"]
        assert other.asks("/cuefocus/connect", "5678") == [1, "you may operate"]
        assert other.asks("/cuefocus/subscribe")[0] == 1
        assert other.asks("/cuefocus/go")[0] == 1
        assert other.hears("/cuefocus/out/event/cue/1/landed")[0] == 1
        landed(running, "1")
        with stranger(to, host, by) as another:
            assert another.asks("/cuefocus/go")[0] == 0, "another program of that machine has proven nothing"


def test_receivers_of_news_that_are_away_harm_nothing(cable: None, tmp_path: Path) -> None:
    """One does not listen, one's machine is off, one is in a network that is nowhere, and one's cable is pulled."""
    away = (f"{THEIRS}:9", f"{OURS[:-1]}99:9", "203.0.113.1:9", f"[{THEIR_ULA}]:9", "127.0.0.1:9")
    send = "send: [" + ", ".join(f'"{one}"' for one in away) + "]"
    peers = f"  peers: [{{id: there, address: {THEIRS}, rights: operate}}]\n"
    with called(tmp_path, peers, also=[OURS, OUR_ULA], osc=send) as (running, desk, place):
        watcher = Desk(place)
        assert watcher.asks("/cuefocus/subscribe")[0] == 1
        with stranger(OURS, THEIRS) as there:
            assert there.asks("/cuefocus/subscribe")[0] == 1
            for cue in ("1", "2"):
                assert desk.asks(f"/cuefocus/cue/{cue}/fire")[0] == 1
                for one in (watcher, there):
                    assert one.hears(f"/cuefocus/out/event/cue/{cue}/landed")[0] == 1
            ip("link", "set", CABLE, "down")
            try:
                desk.say("/lights/fire", 7)
                assert watcher.hears("/cuefocus/out/event/cue/3/landed")[0] == 1
            finally:
                ip("link", "set", CABLE, "up")
        watcher.close()
        landed(running, "1", "2", "3")
        assert not [event for event in running.events if event["event"] == "alarm"], running.told()
