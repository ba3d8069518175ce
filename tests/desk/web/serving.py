"""A page that is really served, on an address of its own; beside it two sockets that obey like motion and conductor."""

import select
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from cuefocus.desk.web.config import CueLine, PageConfig, TokenFile
from cuefocus.desk.web.server import PageServer
from cuefocus.engine.peers import DeskRules, PeerRule
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.local_socket import UNTIL, LocalServer
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.said import Right
from tests.app.beside import own_address

_PORTS = count(8080)
OSC_PORT = 8000
PATIENCE_S = 5.0
STATUS: Mapping[str, Any] = {
    "state": "locked",
    "timecode": "01:00:10:00",
    "show_ns": 3_610 * NS_PER_S,
    "speed": 1.0,
    "rate": "25",
    "armed": True,
    "engaged": ["B.focus"],
    "stopped": {},
    "faults": {},
    "standby": "2",
    "next": {"cue": "1", "name": "Ana to Ben", "axis": "B.focus", "land_show_ns": 3_620 * NS_PER_S},
    "take": 3,
}
CUES = (
    CueLine("1", "Ana to Ben", "B", "B.focus", "song", "ben", "01:00:20:00", triggered=False),
    CueLine("2", "to the band", "B", "B.focus", "", "band", "", triggered=True),
    CueLine("Q/3 é", "odd", "C", "C.focus", "", "ana", "", triggered=True),
)
VIEWER, OPERATOR = "view-0123456789abcdef", "oper-0123456789abcdef"


class Obeying:
    """A local socket that answers every order, and remembers it."""

    def __init__(self, path: Path) -> None:
        self.orders: list[dict[str, object]] = []
        self.answer: dict[str, object] = {"ok": True, "text": "done"}
        self.silent, self.heard_ns = False, 0
        self._server, self._over = LocalServer(path), threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        poll = select.poll()
        poll.register(self._server.fileno(), select.POLLIN)
        while not self._over.is_set():
            poll.poll(20)
            while (taken := self._server.take()) is not None:
                fields, peer = taken
                del fields[UNTIL]
                if fields["verb"] == "status":
                    self._server.answer(peer, {"ok": True, "text": "", "data": STATUS})
                else:
                    self.orders.append(fields)
                    self.heard_ns = now_ns()
                    if not self.silent:
                        self._server.answer(peer, self.answer)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._server.close()


@dataclass
class Served:
    """What a test needs of it."""

    server: PageServer
    host: str
    port: int
    motion: Obeying
    conductor: Obeying
    client: httpx.Client
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def tell(self, *events: Mapping[str, Any]) -> None:
        """As the conductor tells of events."""
        self.server.hear([{"host_ns": now_ns(), **event} for event in events])

    def until_said(self, part: str) -> str:
        """Wait until it says something with this in it."""
        until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
        while now_ns() < until_ns:
            self.said += [text for _, text in self.server.said()]
            if found := [text for text in self.said if part in text]:
                return found[0]
            HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
        raise AssertionError(f"{part!r} was not said: {self.said}")


@contextmanager
def served(
    *, tokens: bool = False, peers: Sequence[PeerRule] = (), announce: str = "false", title: str = "Duet"
) -> Iterator[Served]:
    """A page of a small show, with the state that the conductor tells when it is asked."""
    host, port = own_address(17), next(_PORTS)
    with TemporaryDirectory() as folder:
        kept = Path(folder)
        files = []
        for name, text, right in (
            (("watcher", VIEWER, Right.VIEW), ("booth", OPERATOR, Right.OPERATE)) if tokens else ()
        ):
            (kept / name).write_text(text + "\n")
            (kept / name).chmod(0o600)
            files.append(TokenFile(name, str(kept / name), right))
        motion, conductor = Obeying(kept / "motion"), Obeying(kept / "conductor")
        config = PageConfig(
            host,
            port,
            title,
            CUES,
            str(kept / "motion"),
            str(kept / "conductor"),
            tokens=tuple(files),
            names=("stage.example",),
            announce=announce,
            desk=FrontDeskConfig(udp=((host, OSC_PORT),), rules=DeskRules(peers=tuple(peers))),
        )
        server = PageServer(config)
        try:
            assert server.serving.wait(PATIENCE_S), server.said()
            with httpx.Client(base_url=f"http://{host}:{port}", timeout=PATIENCE_S, trust_env=False) as client:
                one = Served(server, host, port, motion, conductor, client)
                until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
                key = {"Authorization": f"Bearer {VIEWER}"} if tokens else {}
                while client.get("/api/status", headers=key).json()["state"] == "unknown" and now_ns() < until_ns:
                    HostClock().sleep_until(now_ns() + 10 * NS_PER_MS)
                yield one
        finally:
            server.close()
            motion.close()
            conductor.close()
