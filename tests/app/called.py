"""A daemon that waits for desks over OSC, and desks that speak to it; python-osc builds what these say."""

import socket
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pythonosc import slip
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.beside import own_address
from tests.app.running import LENS, RIG, Daemon, daemon

PATIENCE_S = 5.0
PORT = 8000
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


def packet(address: str, *arguments: str | float) -> bytes:
    """A message."""
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument)
    return builder.build().dgram


class Desk:
    """Somebody who speaks OSC.

    Args:
        to: where the daemon hears it.
        host: the desk's own address.
        by: "udp", or "tcp" (SLIP).
    """

    def __init__(self, to: tuple[str, int], host: str = "127.0.0.1", *, by: str = "udp") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if by == "udp" else socket.SOCK_STREAM
        self._socket, self._by, self._kept = socket.socket(family, kind), by, b""
        self._waiting: deque[bytes] = deque()
        self._socket.bind(socket.getaddrinfo(host, 0, family, kind)[0][4])
        self._socket.connect(socket.getaddrinfo(*to, family, kind)[0][4])

    @property
    def port(self) -> int:
        """Its own."""
        return int(self._socket.getsockname()[1])

    def say(self, address: str, *arguments: str | float) -> None:
        """A message."""
        self.send(packet(address, *arguments))

    def send(self, *packets: bytes) -> None:
        """These; by TCP in one piece."""
        if self._by == "udp":
            for data in packets:
                self._socket.send(data)
        else:
            self._socket.sendall(b"".join(slip.encode(data) for data in packets))

    def is_hung_up_on(self, within_s: float) -> bool:
        """Whether a connection ends within so long."""
        self._socket.settimeout(within_s)
        try:
            return not self._socket.recv(65_535)
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False

    def hears(self, address: str) -> list[object]:
        """The arguments of the next message at `address`."""
        until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
        while (left_s := (until_ns - now_ns()) / NS_PER_S) > 0:
            self._socket.settimeout(left_s)
            message = OscMessage(self._next())
            if message.address == address:
                return message.params
        raise AssertionError(f"nothing came at {address}")

    def _next(self) -> bytes:
        while not self._waiting:
            data = self._socket.recv(65_535)
            assert data, "hung up on"
            if self._by == "udp":
                return data
            *whole, self._kept = (self._kept + data).split(slip.END)
            self._waiting.extend(slip.decode(frame) for frame in whole if frame)
        return self._waiting.popleft()

    def asks(self, address: str, *arguments: str | float) -> list[object]:
        """Say something; whether it was done, and what was said to it."""
        self.say(address, *arguments)
        return self.answer_to(address)

    def answer_to(self, address: str) -> list[object]:
        """Whether what was said there was done, and what was said to it."""
        while (answer := self.hears("/cuefocus/out/reply"))[0] != address:
            pass
        return answer[1:]

    def close(self) -> None:
        self._socket.close()


@contextmanager
def called(
    tmp_path: Path, network: str = "", *, show: str = SHOW, also: Sequence[str] = (), osc: str = ""
) -> Iterator[tuple[Daemon, Desk, tuple[str, int]]]:
    """A daemon that waits for desks, armed and engaged; one of them; and where it is spoken to.

    Args:
        tmp_path: where its files go.
        network: more of the rig's network section.
        show: the show.
        also: more addresses of ours that are heard, UDP and TCP.
        osc: more of what it says of OSC.
    """
    place = own_address(12), PORT
    (tmp_path / "called.yaml").write_text(show)
    rig = tmp_path / "desks.yaml"
    heard = ", ".join(f'"{f"[{host}]" if ":" in host else host}:{PORT}"' for host in (place[0], *also))
    section = f"network:\n  osc: {{listen: [{heard}], tcp: [{heard}]{osc and f', {osc}'}}}\n{network}"
    rig.write_text(RIG.format(lens=LENS) + section)
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
    assert {row["cue"]: row["verdict"] for row in rows} == dict.fromkeys(cues, "landed"), running.told()
