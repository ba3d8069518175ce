"""The ports that desks speak to, held open for whoever conducts: what is said while nobody reads waits in them.

`run` opens them and hands them down. A port dies with the last process that holds it, so it outlives any conductor.
With them goes the guest book: what the conductor before knew of who speaks there.
"""

import contextlib
import os
import socket
from dataclasses import replace
from typing import Final

from cuefocus.engine.guests import Guests
from cuefocus.errors import DeviceError
from cuefocus.shells.desk_port import open_lanes, osc_port
from cuefocus.shells.front_desk_config import FrontDeskConfig, HeldPort
from cuefocus.shells.guest_book import known_guests, make_guest_book
from cuefocus.shells.osc_tcp import open_tcp

_BOTH_LANES: Final = 2


class HeldPorts:
    """Opens and holds them.

    Args:
        config: where desks are heard.
    """

    def __init__(self, config: FrontDeskConfig) -> None:
        self._config = config
        self._sockets: dict[tuple[str, str, int], list[socket.socket]] = {}
        self._book: tuple[int, ...] = make_guest_book() if config.udp or config.tcp else ()

    def config(self) -> FrontDeskConfig:
        """The same with every port that is open. One that cannot be now is tried again with the next call.

        Called while no conductor runs: what it has opened by itself is not opened twice. It says what is not heard.
        """
        for host, port in self._config.udp:
            if ("udp", host, port) not in self._sockets:
                with contextlib.suppress(DeviceError):
                    self._sockets["udp", host, port] = open_lanes(osc_port(host, port))
        for host, port in self._config.tcp:
            if ("tcp", host, port) not in self._sockets:
                with contextlib.suppress(DeviceError):
                    self._sockets["tcp", host, port] = [open_tcp(host, port)]
        held = [HeldPort(*place, tuple(one.fileno() for one in made)) for place, made in self._sockets.items()]
        return replace(self._config, held=tuple(held), book=self._book)

    def guests(self) -> Guests:
        """Those that the conductor knew; asked by any thread."""
        return known_guests(self._book)

    def lanes_for_stops(self) -> list[socket.socket]:
        """The second lane of each UDP port that is open, where the kernel knows such a thing; asked by any thread."""
        return [made[1] for made in list(self._sockets.values()) if len(made) == _BOTH_LANES]

    def close(self) -> None:
        """Let go of them."""
        for made in self._sockets.values():
            for one in made:
                one.close()
        self._sockets.clear()
        book, self._book = self._book, ()
        for fd in book:
            os.close(fd)
