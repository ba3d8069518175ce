"""A whole daemon that desks speak to over OSC. What they send is made by python-osc's builder."""

import os
import signal
import socket
from pathlib import Path

import pytest
from pythonosc.osc_message import OscMessage

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS
from tests.app.beside import own_address
from tests.app.called import PATIENCE_S, Desk, called, landed

pytestmark = pytest.mark.serial


def test_a_desk_fires_racks_hears_of_them_and_goes_on_after_the_conductor_was_killed(tmp_path: Path) -> None:
    with called(tmp_path) as (running, desk, place):
        other, watcher = Desk(place), Desk(place)
        assert watcher.asks("/cuefocus/subscribe")[0] == 1
        assert desk.asks("/cuefocus/go")[0] == 1
        HostClock().sleep_until(now_ns() + 50 * NS_PER_MS)  # any sooner it would be a copy, and answered as the first
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
        assert watcher.hears("/cuefocus/out/event/cue/2/landed")[0] == 1, "it has not asked again"
        assert len(running.landings()) == 3
        assert desk.asks("/cuefocus/panic") == [
            1,
            "PANIC on every axis; all disarmed and disengaged; resume takes back the stop alone",
        ]
        other.close()
        watcher.close()


def test_after_a_hold_of_everything_one_camera_may_move_again_and_the_other_stays(tmp_path: Path) -> None:
    with called(tmp_path) as (running, desk, _):
        assert desk.asks("/cuefocus/hold")[0] == 1
        assert desk.asks("/cuefocus/resume", "B")[0] == 1
        assert desk.asks("/cuefocus/go")[0] == 1
        landed(running, "1")
        assert "C.focus is stopped by HOLD" in str(desk.asks("/cuefocus/status")[1])
        desk.say("/lights/fire", 7.0)
        assert running.until(lambda event: event["event"] == "landing")["verdict"] != "landed"


def test_who_gave_a_passcode_may_still_stop_after_the_conductor_was_killed(tmp_path: Path) -> None:
    peers = (
        "  peers: [{id: here, address: 127.0.0.1, rights: operate}, {id: rest, address: 127.0.0.0/8, rights: view}]\n"
    )
    passcode = 'passcodes: [{passcode: "5678", rights: operate}]'
    with called(tmp_path, peers, osc=passcode) as (running, _, place):
        guest = Desk(place, own_address(12))
        assert "give the passcode" in str(guest.asks("/cuefocus/panic")[1])
        assert guest.asks("/cuefocus/connect", "5678")[0] == 1
        before = running.pid("conductor")
        os.kill(before, signal.SIGKILL)
        running.another("conductor", before)
        running.until(lambda event: "heard" in str(event.get("desk")))
        assert guest.asks("/cuefocus/status")[0] == 1
        assert guest.asks("/cuefocus/next")[0] == 1
        assert guest.asks("/cuefocus/panic")[0] == 1
        guest.close()


def test_a_companion_that_the_rig_names_is_told_without_asking(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as companion:
        companion.bind((own_address(13), 0))
        companion.settimeout(PATIENCE_S)
        host, port = companion.getsockname()
        with called(tmp_path, osc=f'companions: [{{at: "{host}:{port}", button: 1/0/3}}]'):
            wanted = {("/custom-variable/cuefocus_armed/value", "1"), ("/location/1/0/3/style/text", "1")}
            while wanted:
                message = OscMessage(companion.recv(65_535))
                wanted.discard((message.address, message.params[0]))


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
        assert "/cuefocus/go is refused; its `rights:` under peers" in told["text"]
        stranger.say("/eos/out/event/cue/1/12/fire")
        assert desk.asks("/cuefocus/go")[0] == 1
        landed(running, "1")
        stranger.close()
