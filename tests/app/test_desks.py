"""A whole daemon that desks speak to over OSC. What they send is made by python-osc's builder."""

import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.beside import own_address
from tests.app.running import LENS, RIG, Daemon, daemon

pytestmark = pytest.mark.serial
PATIENCE_S = 5.0
SHOW = """\
schema: cuefocus-show/1
title: Called
rate: "25"
defaults: {pull: 500 ms, tolerance: 2 frames}
marks:
  B: {ana: 1.80 m, ben: 2.60 m, band: 5 m}
  C: {ana: 1.60 m, ben: 2.40 m}
cues:
  - {cue: "1", camera: B, on: {manual: GO}, to: ben}
  - {cue: "2", camera: B, on: [{manual: GO}, {osc: /eos/out/event/cue/1/12/fire}], to: band}
  - {cue: "3", camera: C, on: {osc: /lights/fire, args: ["7"]}, to: ben}
"""


class Desk:
    """Somebody who speaks OSC over UDP."""

    def __init__(self, to: tuple[str, int], host: str = "127.0.0.1") -> None:
        self._socket, self._to = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), to
        self._socket.bind((host, 0))

    def say(self, address: str, *arguments: str | float) -> None:
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        self._socket.sendto(builder.build().dgram, self._to)

    def hears(self, address: str) -> list[object]:
        """The arguments of the next message at `address`."""
        until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
        while (left_s := (until_ns - now_ns()) / NS_PER_S) > 0:
            self._socket.settimeout(left_s)
            message = OscMessage(self._socket.recv(65_535))
            if message.address == address:
                return message.params
        raise AssertionError(f"nothing came at {address}")

    def asks(self, address: str, *arguments: str | float) -> list[object]:
        """Say something; whether it was done, and what was said to it."""
        self.say(address, *arguments)
        while (answer := self.hears("/cuefocus/out/reply"))[0] != address:
            pass
        return answer[1:]

    def close(self) -> None:
        self._socket.close()


@contextmanager
def called(tmp_path: Path, network: str = "") -> Iterator[tuple[Daemon, Desk, tuple[str, int]]]:
    """A daemon that waits for desks, armed and engaged; one of them; and where it is spoken to."""
    place = own_address(12), 8000
    (tmp_path / "called.yaml").write_text(SHOW)
    rig = tmp_path / "desks.yaml"
    osc = f'network:\n  osc: {{listen: "{place[0]}:8000", tcp: "{place[0]}:8000"}}\n{network}'
    rig.write_text(RIG.format(lens=LENS) + osc)
    options = {"rig": str(rig), "show": str(tmp_path / "called.yaml"), "sources": [f"artnet:{place[0]}"]}
    with daemon(tmp_path, **options, arm=False, takes=0) as running:
        running.until(lambda event: "heard" in str(event.get("desk")))
        desk = Desk(place)
        assert desk.asks("/cuefocus/arm", 1)[0] == 1
        until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
        while desk.asks("/cuefocus/engage", 1)[0] != 1 and now_ns() < until_ns:
            HostClock().sleep_until(now_ns() + 50 * NS_PER_MS)
        try:
            yield running, desk, place
        finally:
            desk.close()


def landed(running: Daemon, *cues: str) -> None:
    """Wait until these have landed."""
    rows = [running.until(lambda event: event["event"] == "landing") for _ in cues]
    assert {row["cue"]: row["verdict"] for row in rows} == dict.fromkeys(cues, "landed")


def test_a_desk_fires_racks_hears_of_them_and_goes_on_after_the_conductor_was_killed(tmp_path: Path) -> None:
    with called(tmp_path) as (running, desk, place):
        other, watcher = Desk(place), Desk(place)
        assert watcher.asks("/cuefocus/subscribe")[0] == 1
        assert desk.asks("/cuefocus/go")[0] == 1
        assert "too soon" in str(other.asks("/cuefocus/go")[1])
        assert watcher.hears("/cuefocus/out/event/cue/1/fire")[0] == 1
        assert watcher.hears("/cuefocus/out/event/cue/1/landed")[0] == 1
        landed(running, "1")
        before = running.pid("conductor")
        os.kill(before, signal.SIGKILL)
        running.another("conductor", before)
        running.until(lambda event: "heard" in str(event.get("desk")))
        desk.say("/eos/out/event/cue/1/12/fire", "a label")
        other.say("/cuefocus/cue/2/fire")
        desk.say("/lights/fire", 7.0)
        landed(running, "2", "3")
        assert len(running.landings()) == 3
        assert desk.asks("/cuefocus/panic") == [1, "PANIC on every axis; resume takes it back"]
        other.close()
        watcher.close()


def test_who_may_only_look_fires_nothing_and_that_is_told(tmp_path: Path) -> None:
    peers = (
        "  peers: [{id: here, address: 127.0.0.1, rights: operate}, {id: rest, address: 127.0.0.0/8, rights: view}]\n"
    )
    with called(tmp_path, peers) as (running, desk, place):
        stranger = Desk(place, own_address(12))
        done, said = stranger.asks("/cuefocus/go")
        assert done == 0
        assert "it may not" in str(said)
        told = running.until(lambda event: event["event"] == "alarm")
        assert "/cuefocus/go is refused; name it under peers" in told["text"]
        stranger.say("/eos/out/event/cue/1/12/fire")
        assert desk.asks("/cuefocus/go")[0] == 1
        landed(running, "1")
        stranger.close()
