"""Names of machines: looked up with a limit, whatever the system's own look-up does."""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.desks import front_desk_of
from cuefocus.app.receivers import HttpWire, wire_receivers
from cuefocus.app.rig_surroundings import hosts_named
from cuefocus.rig.loader import load_rig
from cuefocus.rig.receivers import Receiver
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.name_lookup import NameLookup, NameUnanswered
from cuefocus.shells.receiver_config import ReceiverConfig
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.test_sender import asked, calling, sending, turns, warm_up
from tests.stories.scenes import LENS, RIG

PORT = 8000
HERE = ("127.0.0.1", PORT)
SILENT = "127.0.0.53"


PATIENCE_S = 20.0
"""For a busy machine; whoever is not to wait so long has a clock that leaps."""


class Leaps:
    """A clock that stands still, or, told to, takes the patience of a look-up each time it is looked at."""

    def __init__(self) -> None:
        self.at_ns, self.leaps = 0, False

    def __call__(self) -> int:
        self.at_ns += self.leaps * round(PATIENCE_S * NS_PER_S)
        return self.at_ns


class Resolver:
    """One that answers, fails or hangs as it is told."""

    def __init__(self) -> None:
        self.hangs = threading.Event()
        self.hangs.set()
        self.problem: Exception | None = None
        self.asked: list[str] = []

    def __call__(self, host: str, port: int, **how: object) -> list[tuple[Any, ...]]:
        assert how == {"type": socket.SOCK_STREAM}
        self.asked.append(host)
        self.hangs.wait(PATIENCE_S)
        if self.problem is not None:
            raise self.problem
        return [(0, 0, 0, "", ("127.0.0.1", port))] * 2

    def asked_by_now(self, most: int) -> list[str]:
        """The names asked for, once their threads have come so far."""
        until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
        while len(self.asked) < most and now_ns() < until_ns:
            HostClock().sleep_until(now_ns() + NS_PER_MS)
        return self.asked


def test_an_address_is_nobodys_to_look_up() -> None:
    resolver = Resolver()
    lookup = NameLookup(ask=resolver)
    assert lookup.addresses("10.0.0.9", PORT) == (("10.0.0.9", PORT),)
    assert lookup.addresses("fe80::1%lo", PORT) == (("fe80::1%lo", PORT),)
    assert resolver.asked == []


def test_a_name_is_looked_up_each_time_and_where_that_fails_what_was_known_counts() -> None:
    resolver, clock = Resolver(), Leaps()
    lookup = NameLookup(ask=resolver, patience_s=PATIENCE_S, clock_ns=clock)
    assert [lookup.addresses("wall", PORT) for _ in range(2)] == [(HERE,)] * 2
    assert resolver.asked == ["wall"] * 2
    resolver.problem = OSError("nobody knows it any more")
    assert lookup.addresses("wall", PORT) == (HERE,)
    resolver.hangs.clear()
    clock.leaps = True
    assert lookup.addresses("wall", PORT) == (HERE,)
    with pytest.raises(NameUnanswered, match="nobody says in time what address 'other' has"):
        lookup.addresses("other", PORT)
    resolver.hangs.set()


def test_names_asked_for_ahead_are_waited_for_together_and_said() -> None:
    resolver, clock = Resolver(), Leaps()
    resolver.hangs.clear()
    lookup = NameLookup(ask=resolver, patience_s=PATIENCE_S, clock_ns=clock)
    names = [f"wall{number}" for number in range(10)]
    lookup.ask_ahead([*names, "10.0.0.9", *names])
    clock.leaps = True
    began_ns = now_ns()
    assert [lookup.found(name, PORT) for name in names] == [None] * 10
    assert now_ns() - began_ns < PATIENCE_S / 2 * NS_PER_S, "the time for them is over"
    assert sorted(resolver.asked_by_now(10)) == names
    assert next(iter(lookup.unanswered.items())) == ("wall0", "nobody says in time what address 'wall0' has")
    resolver.hangs.set()
    clock.leaps, clock.at_ns = False, 0
    assert [lookup.found(name, number) for number, name in enumerate(names)] == [
        ("127.0.0.1", number) for number in range(10)
    ]


def test_the_names_of_a_rig_cost_the_beginning_of_a_run_no_more_than_the_limit(tmp_path: Path) -> None:
    resolver, looks = Resolver(), count(0, NS_PER_S // 5)  # each look at the clock takes a fifth of the limit
    resolver.hangs.clear()
    network = """network:
  osc: {listen: ["a.local:8000"], tcp: ["b.local:8000"], send: ["c.local:8000"], companions: [{at: "d.local:8000"}]}
  desks: [{id: eos, kind: eos, at: "e.local:3032"}]
  receivers: [{id: f, osc: "f.local:8000"}]
"""
    (tmp_path / "lens.yaml").write_text(LENS)
    (tmp_path / "rig.yaml").write_text(RIG + network)
    rig = load_rig(tmp_path / "rig.yaml").rig.value
    lookup = NameLookup(ask=resolver, patience_s=1.0, clock_ns=looks.__next__)
    begun_ns = now_ns()
    lookup.ask_ahead(host for _, host in hosts_named(rig.network))
    front = front_desk_of(rig, lookup)
    (wired,) = wire_receivers(rig.network.receivers, lookup)
    assert now_ns() - begun_ns < 4 * NS_PER_S, "one after the other would be five"
    resolver.hangs.set()
    assert (front.udp, front.tcp, front.rules.told, front.rules.companions) == ((), (), (), ())
    assert (front.calls[0].host, wired.config.host) == ("e.local", "f.local")
    assert sorted(lookup.unanswered) == [f"{letter}.local" for letter in "abcdef"]


def test_more_names_than_are_asked_at_once_come_after_one_another_and_localhost_needs_no_turn() -> None:
    resolver = Resolver()
    resolver.hangs.clear()
    names = [f"wall{number}" for number in range(40)]

    def ask(host: str, port: int, **how: Any) -> list[tuple[Any, ...]]:
        return [(0, 0, 0, "", ("127.0.0.1", port))] if host == "localhost" else resolver(host, port, **how)

    lookup = NameLookup(ask=ask, patience_s=PATIENCE_S)
    lookup.ask_ahead(names)
    assert lookup.addresses("localhost", PORT) == (HERE,)
    with pytest.raises(NameUnanswered, match="nobody has said yet what address 'wall0' has, nor other names"):
        lookup.addresses("other", PORT)
    assert set(resolver.asked) <= set(names[:16])
    resolver.hangs.set()
    assert [lookup.addresses(name, PORT) for name in names] == [(HERE,)] * 40
    assert sorted(resolver.asked) == sorted(names), "each of them once, without having been needed"


def test_a_name_that_hangs_is_asked_once_and_costs_others_nothing() -> None:
    resolver = Resolver()
    resolver.hangs.clear()
    lookup = NameLookup(ask=resolver, patience_s=0.01)
    for _ in range(5):
        with pytest.raises(NameUnanswered):
            lookup.addresses("wall", PORT)
    assert resolver.asked_by_now(1) == ["wall"]
    for number in range(100):
        with pytest.raises(NameUnanswered):
            lookup.addresses(f"wall{number}", PORT)
    assert len(resolver.asked) < 20, "no more threads than that"
    assert lookup.addresses("127.0.0.1", PORT) == (HERE,)
    resolver.hangs.set()


def test_a_name_that_is_none_is_an_error_in_words() -> None:
    with pytest.raises(OSError, match="is no name of a machine"):
        NameLookup(patience_s=PATIENCE_S).addresses("a..b", PORT)
    resolver = Resolver()
    resolver.problem = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    with pytest.raises(OSError, match="not known"):
        NameLookup(ask=resolver, patience_s=PATIENCE_S).addresses("wall", PORT)


def test_a_look_up_that_goes_wrong_in_another_way_is_answered_too() -> None:
    resolver = Resolver()
    resolver.problem = ValueError("embedded null character")
    lookup = NameLookup(ask=resolver, patience_s=PATIENCE_S)
    for _ in range(2):
        with pytest.raises(OSError, match="'wall' is no name of a machine: embedded null character"):
            lookup.addresses("wall", PORT)
    assert resolver.asked == ["wall"] * 2
    resolver.problem = None
    assert lookup.addresses("wall", PORT) == (HERE,)


def test_where_no_thread_can_begin_a_look_up_is_one_that_nobody_answers_and_comes_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuses(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    resolver, clock = Resolver(), Leaps()
    lookup = NameLookup(ask=resolver, patience_s=PATIENCE_S, clock_ns=clock)
    clock.leaps = True
    with monkeypatch.context() as full:
        full.setattr(threading.Thread, "start", refuses)
        for number in range(20):
            with pytest.raises(NameUnanswered, match="nobody says in time what address"):
                lookup.addresses(f"wall{number}", PORT)
    clock.leaps, clock.at_ns = False, 0
    assert lookup.addresses("other", PORT) == (HERE,)
    assert lookup.addresses("wall3", PORT) == (HERE,)


def test_art_net_goes_to_the_ipv4_address_of_a_name_that_has_both() -> None:
    def asked(host: str, port: int, **how: object) -> list[tuple[Any, ...]]:
        both = [("fe80::1%eth0", 0, 0, 2), ("10.0.0.9", 0)]
        return [(0, 0, 0, "", place) for place in both[: 1 if host == "six" else 2]]

    lookup = NameLookup(ask=asked, patience_s=PATIENCE_S)
    art_net, osc = ({"id": "wall", "artnet": "both"}, {"id": "desk", "osc": "both:8000"})
    wired = wire_receivers([Receiver.model_validate(one) for one in (art_net, osc)], lookup)
    assert [one.config.host for one in wired] == ["10.0.0.9", "fe80::1%eth0"]
    with pytest.raises(OSError, match="'six' has no IPv4 address"):
        lookup.place("six", PORT, ipv4=True)


def test_a_name_without_an_address_is_none() -> None:
    lookup = NameLookup(ask=lambda *asked, **how: [], patience_s=PATIENCE_S)
    with pytest.raises(OSError, match="'wall' could not be looked up"):
        lookup.place("wall", PORT)


# --- with the system's own, and a name server that hears and says nothing ---


def may_unshare() -> bool:
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
@pytest.mark.skipif(not may_unshare(), reason="needs the right to mount, for a name server of its own (root, unshare)")
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
