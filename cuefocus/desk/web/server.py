"""The page's server: uvicorn with an event loop in a thread of its own, beside the desk's other work.

What is heard of the session is handed over to it, what there is to say is handed back; nobody waits. A port or a token
that is not there yet is said, and tried again.
"""

import asyncio
import contextlib
import errno
import logging
import socket
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import Any, Final

import uvicorn

from cuefocus.desk.web.announce import Announcer
from cuefocus.desk.web.api import make_api
from cuefocus.desk.web.arrivals import BEAT_S, Arrivals
from cuefocus.desk.web.config import PageConfig
from cuefocus.desk.web.gate import Gate, read_token
from cuefocus.desk.web.guard import Guard
from cuefocus.desk.web.http_line import Lines
from cuefocus.desk.web.page import Page
from cuefocus.desk.web.server_log import NAME, ServerLog
from cuefocus.engine.peers import Peers
from cuefocus.errors import CueFocusError, DeviceError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.ip_place import family_of, host_of, ip_place
from cuefocus.shells.kernel_stamps import have_stamped
from cuefocus.shells.name_lookup import NameLookup

_AGAIN_S: Final = 2.0
_LOOK_S: Final = 0.25
_MOST_WAITING: Final = 2_000
"""Events for a page that does not come to taking them; what is more is lost, and the show is asked how it is."""
_MOST_CONNECTIONS: Final = 128
_LONGEST_FRAME: Final = 16_384
_LONGEST_HEADERS: Final = 16_384
_FAREWELL_S: Final = 2.0
_CURES: Final = {
    errno.EADDRINUSE: "another program listens there; choose another port in network.page.listen",
    errno.EACCES: "choose a port from 1024 on in network.page.listen",
}
LOST: Final[Mapping[str, Any]] = {}
"""Stands for events that were lost."""


class PageServer:
    """Serves a page until it is closed.

    Args:
        config: the page's.
    """

    def __init__(self, config: PageConfig) -> None:
        self._config = config
        self._page = Page(config, now_ns)
        self._events: deque[tuple[bool, Mapping[str, Any]]] = deque()
        self._said: SimpleQueue[tuple[str, str]] = SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._ending = asyncio.Event()
        self._arrivals = Arrivals(now_ns)
        self.serving = Event()
        self._thread = Thread(target=self._run, name="page", daemon=True)
        self._thread.start()

    def hear(self, events: Iterable[Mapping[str, Any]], *, lost: bool = False) -> None:
        """Hand over what the session tells; some of it may have been lost before."""
        if lost:
            self._hand_over([(True, LOST)])
        self._hand_over((True, event) for event in events)

    def note_alarm(self, event: Mapping[str, Any]) -> None:
        """Hand over an alarm of the desk's own."""
        self._hand_over([(False, event)])

    def said(self) -> list[tuple[str, str]]:
        """What there is to say: `alarm` or `state`, and a sentence. Raises: DeviceError when it has ended by itself."""
        texts: list[tuple[str, str]] = []
        with contextlib.suppress(Empty):
            while True:
                texts.append(self._said.get_nowait())
        if not texts and not self._thread.is_alive():
            raise DeviceError("the page has ended by itself", where=self._config.host)
        return texts

    def close(self) -> None:
        """Serve no more."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._ending.set)
            self._thread.join(_FAREWELL_S)

    def _hand_over(self, events: Iterable[tuple[bool, Mapping[str, Any]]]) -> None:
        for event in events:
            if len(self._events) >= _MOST_WAITING:
                self._events.clear()
                self._events.append((True, LOST))
            self._events.append(event)
        with contextlib.suppress(RuntimeError):  # it has ended; `said` says so
            self._loop.call_soon_threadsafe(self._take_in)

    # --- in its thread ---

    def _take_in(self) -> None:
        while True:
            try:
                of_session, event = self._events.popleft()
            except IndexError:
                return
            if event is LOST:
                self._page.begin_anew()
            elif of_session:
                self._page.hear([event])
            else:
                self._page.note_alarm(event)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        log = ServerLog(self._page.faults, now_ns)
        logging.getLogger(NAME).addHandler(log)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            logging.getLogger(NAME).removeHandler(log)
            self._page.close()
            self._loop.close()

    async def _serve(self) -> None:
        ready = await self._ready()
        if ready is None:
            return
        mine, gate = ready
        settings = uvicorn.Config(
            Guard(make_api(self._page), gate, self._page.faults),
            log_config=None,
            access_log=False,
            lifespan="off",
            http=Lines(self._page.faults, now_ns, self._arrivals).protocol(),
            ws="websockets-sansio",
            proxy_headers=False,  # whoever says where he comes from is not believed
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            h11_max_incomplete_event_size=_LONGEST_HEADERS,
            ws_max_size=_LONGEST_FRAME,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(settings)
        announcer = Announcer(replace(self._config, host=host_of(mine.getsockname())), self._alarm)
        tasks = [
            asyncio.create_task(each) for each in (self._tend(), self._beat(), announcer.announce(), self._end(server))
        ]
        self.serving.set()
        try:
            await server.serve(sockets=[self._arrivals.taking(mine)])
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await announcer.withdraw()

    async def _ready(self) -> tuple[socket.socket, Gate] | None:
        """The port and the tokens, as soon as they are there; None when it is over before."""
        told, lookup = "", NameLookup()
        while not self._ending.is_set():
            try:
                tokens = [read_token(token) for token in self._config.tokens]
                mine = listening(self._config.host, self._config.port, lookup)
            except CueFocusError as problem:
                if str(problem) != told:
                    told = str(problem)
                    self._alarm(f"the page is not served, and is tried again: {told}")
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), _AGAIN_S)
                continue
            where = f"[{self._config.host}]" if ":" in self._config.host else self._config.host
            self._said.put(("state", f"served: http://{where}:{self._config.port}"))
            names = (*self._config.names, self._config.host, socket.gethostname(), f"{socket.gethostname()}.local")
            return mine, Gate(tokens, Peers(self._config.desk.rules), names)
        return None

    async def _tend(self) -> None:
        """Ask how the show is until it is known, and tell who was refused."""
        while True:
            if not self._page.known:
                await self._page.freshen(anyway=True)
            for told in self._page.faults.due(now_ns()):
                self._said.put(told)
            await asyncio.sleep(_LOOK_S)

    async def _beat(self) -> None:
        """Note that this loop does not stand still. Whatever has come is read first, since asyncio looks so."""
        while True:
            self._arrivals.beat()
            await asyncio.sleep(BEAT_S)

    def _alarm(self, text: str) -> None:
        self._said.put(("alarm", text))

    async def _end(self, server: uvicorn.Server) -> None:
        await self._ending.wait()
        server.should_exit = True


def listening(host: str, port: int, lookup: NameLookup) -> socket.socket:
    """A TCP socket that listens there, stamped; its name is waited for as `lookup` does. Raises: DeviceError."""
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        address = lookup.place(host, port)
        family = family_of(address[0])
        mine = socket.socket(family, socket.SOCK_STREAM)
    except OSError as problem:
        raise DeviceError(f"no such address: {problem.strerror or problem}", where=where) from None
    try:
        if family == socket.AF_INET6:
            mine.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        mine.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        have_stamped(mine)  # so is what comes by its connections
        mine.setblocking(False)
        mine.bind(ip_place(*address))
        mine.listen(_MOST_CONNECTIONS)
    except OSError as problem:
        mine.close()
        cure = _CURES.get(problem.errno or 0, "write an address of this machine in network.page.listen")
        raise DeviceError(f"cannot listen: {problem.strerror}", where=where, hint=cure) from None
    return mine
