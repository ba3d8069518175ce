"""Ports that `run` holds: opened by one thread, looked at by another."""

import os
import select
import socket
from contextlib import ExitStack
from itertools import count

import pytest

from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.ports import Command
from cuefocus.errors import DeviceError
from cuefocus.shells import desk_port, held_ports
from cuefocus.shells.desk_port import open_lanes
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.held_ports import HeldPorts
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.osc_desk import OscDesk
from cuefocus.shells.udp_inlet import UdpPort
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.osc_triggers import TriggerTable
from tests.shells.test_osc_desk import HOST, free_port, heard, packet, sender
from tests.shells.test_stops_watch import fails_at


def test_lanes_may_be_looked_at_while_another_port_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The watch looks in a thread of its own while a successor's ports are opened; here the list itself opens one."""
    first, second = free_port(), free_port()
    tried: list[int] = []

    class Opens(list[socket.socket]):
        def __len__(self) -> int:
            tried.append(0)
            held.config()
            return super().__len__()

    def opened(heard: UdpPort) -> list[socket.socket]:
        if heard.port == second and not tried:
            raise DeviceError("taken")
        return Opens(open_lanes(heard))

    monkeypatch.setattr(held_ports, "open_lanes", opened)
    held = HeldPorts(FrontDeskConfig(udp=((HOST, first), (HOST, second))))
    held.config()
    assert len(held.lanes_for_stops()) == 1
    assert len(held.lanes_for_stops()) == 2
    held.close()


def test_what_was_lost_before_a_conductor_began_is_not_told_as_lost_just_now() -> None:
    place, ahead_ns = (HOST, free_port()), 0
    held = HeldPorts(FrontDeskConfig(udp=(place,)))
    config = held.config()
    for fd in config.held[0].fds:
        with socket.socket(fileno=os.dup(fd)) as lane:
            lane.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # the least that the kernel grants

    def told(desk: OscDesk) -> list[str]:
        desk.pump()
        return [str(event["text"]).partition(" ")[2] for event in desk.news() if event["event"] == "alarm"]

    def conducts() -> OscDesk:
        front = FrontDesk(config.rules, TriggerTable([]), count(1).__next__)
        return OscDesk(config, front, clock_ns=lambda: now_ns() + ahead_ns)

    desk = conducts()
    assert told(desk) == []
    with sender() as mine:
        for number in range(100):
            mine.sendto(packet("/nobody", "x" * 500, number), place)
    ahead_ns += 2 * NS_PER_S
    assert told(desk) == ["OSC datagrams were lost: more came than could be kept"]
    successor = conducts()
    assert told(successor) == ["OSC datagrams were lost since the run began: more came than could be kept"]
    for each in (desk, successor):
        each.close()
    held.close()


def test_a_held_port_that_cannot_be_opened_anew_rings_no_more_until_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said waits in the port that `run` holds, and whoever waits for it must not be woken all the while."""

    def refused(fd: int) -> socket.socket:
        raise DeviceError(f"{fd} cannot be copied")

    place, ahead_ns = (HOST, free_port()), 0
    held = HeldPorts(FrontDeskConfig(udp=(place,)))
    config = held.config()
    front = FrontDesk(config.rules, TriggerTable([]), count(1).__next__)
    desk = OscDesk(config, front, clock_ns=lambda: now_ns() + ahead_ns)
    rings = select.poll()
    rings.register(desk.fileno(), select.POLLIN)
    desk.pump()
    with ExitStack() as stack:
        mine = stack.enter_context(sender())
        lanes = [stack.enter_context(socket.socket(fileno=os.dup(fd))) for fd in config.held[0].fds]
        dead, failed = fails_at(lanes), select.poll()
        failed.register(lanes[1], 0)
        lanes[1].sendto(b"", (HOST, dead))
        assert failed.poll(5_000)
        with monkeypatch.context() as out_of_descriptors:
            out_of_descriptors.setattr(desk_port, "copy_of", refused)
            for _ in range(3):
                desk.pump()
                ahead_ns += 100 * NS_PER_MS
            for address in ("/cuefocus/go", "/cuefocus/panic"):
                mine.sendto(packet(address), place)
            assert not rings.poll(50)
        ahead_ns += NS_PER_S
        assert {event.verb for event in heard(desk, 2) if isinstance(event, Command)} == {"go", "panic"}
        mine.sendto(packet("/cuefocus/panic"), place)
        assert rings.poll(5_000)
    desk.close()
    held.close()
