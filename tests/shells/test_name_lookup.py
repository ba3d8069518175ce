"""Names of machines: looked up with a limit, whatever the system's own look-up does."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.receivers import HttpWire
from cuefocus.shells.name_lookup import NameLookup, NameUnanswered
from cuefocus.shells.receiver_config import ReceiverConfig
from tests.shells.test_sender import asked, calling, sending, turns, warm_up

PORT = 8000
HERE = ("127.0.0.1", PORT)
SILENT = "127.0.0.53"


class Resolver:
    """One that answers, fails or hangs as it is told."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.hangs.set()
        self.problem: OSError | None = None
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **how: object) -> list[tuple[Any, ...]]:
        assert how == {"type": socket.SOCK_STREAM}
        self.asked.append(host)
        self.hangs.wait(20.0)
        if self.problem is not None:
            raise self.problem
        return [(0, 0, 0, "", ("127.0.0.1", port))] * 2


def test_an_address_is_nobodys_to_look_up() -> None:
    resolver = Resolver()
    lookup = NameLookup(ask=resolver)
    assert lookup.addresses("10.0.0.9", PORT) == (("10.0.0.9", PORT),)
    assert lookup.addresses("fe80::1%lo", PORT) == (("fe80::1%lo", PORT),)
    assert resolver.asked == []


def test_a_name_is_looked_up_each_time_and_where_that_fails_what_was_known_counts() -> None:
    resolver = Resolver()
    lookup = NameLookup(ask=resolver, patience_s=0.05)
    assert [lookup.addresses("wall", PORT) for _ in range(2)] == [(HERE,)] * 2
    assert resolver.asked == ["wall"] * 2
    resolver.problem = OSError("nobody knows it any more")
    assert lookup.addresses("wall", PORT) == (HERE,)
    resolver.hangs.clear()
    assert lookup.addresses("wall", PORT) == (HERE,)
    with pytest.raises(NameUnanswered, match="nobody says in time what address 'other' has"):
        lookup.addresses("other", PORT)
    resolver.hangs.set()


def test_a_name_that_hangs_is_asked_once_and_costs_others_nothing() -> None:
    resolver = Resolver()
    resolver.hangs.clear()
    lookup = NameLookup(ask=resolver, patience_s=0.01)
    for _ in range(5):
        with pytest.raises(NameUnanswered):
            lookup.addresses("wall", PORT)
    assert resolver.asked == ["wall"]
    for number in range(100):
        with pytest.raises(NameUnanswered):
            lookup.addresses(f"wall{number}", PORT)
    assert len(resolver.asked) < 20, "no more threads than that"
    assert lookup.addresses("127.0.0.1", PORT) == (HERE,)
    resolver.hangs.set()


def test_a_name_that_is_none_is_an_error_in_words() -> None:
    with pytest.raises(OSError, match="is no name of a machine"):
        NameLookup(patience_s=5.0).addresses("a..b", PORT)
    resolver = Resolver()
    resolver.problem = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with pytest.raises(OSError, match="not known"):
        NameLookup(ask=resolver).addresses("wall", PORT)


# --- with the system's own, and a name server that hears and says nothing ---


def _may_unshare() -> bool:
    tool = shutil.which("unshare")
    return tool is not None and subprocess.run([tool, "-m", "true"], check=False, capture_output=True).returncode == 0


@contextmanager
def silent_server() -> Iterator[None]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        try:
            server.bind((SILENT, 53))
        except OSError as problem:
            pytest.skip(f"port 53 of {SILENT}: {problem}")
        yield


@pytest.mark.serial
@pytest.mark.skipif(not _may_unshare(), reason="needs the right to mount, for a name server of its own (root, unshare)")
def test_a_name_server_that_hangs_costs_a_call_its_own_time_and_other_receivers_nothing(tmp_path: Path) -> None:
    conf = tmp_path / "resolv.conf"
    conf.write_text(f"nameserver {SILENT}\noptions timeout:5 attempts:2\n")
    wire = HttpWire()
    child = wire.child("caller", Path(os.devnull))
    inside = ["unshare", "-m", "sh", "-c", 'mount --bind "$0" /etc/resolv.conf && exec "$@"', str(conf), *child.argv]
    with (
        silent_server(),
        calling() as (other, base, came),
        subprocess.Popen(inside, pass_fds=child.pass_fds, stderr=subprocess.DEVNULL) as process,
        sending(ReceiverConfig("web", "http", fd=wire.handed_down[0])) as sender,
    ):
        warm_up(other, base, came)
        warm_up(sender, base, came)
        for _ in range(2):
            call = asked("GET", f"{base.replace('127.0.0.1', 'wall.example')}/never")
            sender.take([call])
            other.take([asked("GET", f"{base}/there")])
            assert turns(other)[0][3] == ""
            ((_, what, _, failed), *_) = turns(sender)
            assert (what, failed) == (call.word.what, "nobody says in time what address 'wall.example' has")
        sender.take([asked("GET", f"{base}/after")])
        turns(sender)
        assert [path for _, path, *_ in came] == ["/there", "/there", "/after"]
        process.terminate()
    wire.close()
