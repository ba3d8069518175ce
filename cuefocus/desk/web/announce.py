"""Says over zeroconf (DNS-SD) where OSC and the page are heard, so that other programs find them by the show's title.

Nothing is announced unless the rig says so, and nothing of this machine alone unless it says that.
"""

import asyncio
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import islice
from typing import TYPE_CHECKING, Final

from cuefocus.desk.web.config import PageConfig
from cuefocus.shells.ip_place import is_everywhere, is_loopback

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

MISSING: Final = "nothing is announced: zeroconf is not installed; pip install 'cuefocus[announce]'"
_LONGEST_NAME: Final = 63 - len("-999")
"""Bytes of an instance's name (RFC 6763, 4.1.1: one DNS label), with room for the number that parts it from another."""
_THIS_MACHINE: Final = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Service:
    """What is announced.

    Args:
        kind: `_osc._udp`, … host: the address it is heard at. port: its port.
    """

    kind: str
    host: str
    port: int


def services(config: PageConfig) -> tuple[Service, ...]:
    """What the rig has announced: of each kind the first listener that may be."""
    if config.announce == "false":
        return ()
    page = [(config.host, config.port)]
    places = (
        ("_oscjson._tcp", page),
        ("_cuefocus._tcp", page),
        ("_osc._udp", config.desk.udp),
        ("_osc._tcp", config.desk.tcp),
    )
    told: list[Service] = []
    for kind, listeners in places:
        may = (one for one in listeners if config.announce == "loopback" or not is_loopback(one[0]))
        told += [Service(kind, *one) for one in islice(may, 1)]
    return tuple(told)


def instance(title: str) -> str:
    """A title as DNS-SD takes it: no control characters, not too long.

    A dot is a space: zeroconf would part the name there, and then nobody but itself could read it.
    """
    plain = "".join(each for each in title.replace(".", " ") if each.isprintable())
    return " ".join(plain.split()).encode()[:_LONGEST_NAME].decode(errors="ignore").rstrip() or "CueFocus"


class Announcer:
    """Announces a page's services, and takes that back.

    Args:
        config: the page's. say: takes a sentence when it cannot be done.
    """

    def __init__(self, config: PageConfig, say: Callable[[str], None]) -> None:
        self._services, self._title, self._say = services(config), instance(config.title), say
        self._zeroconf: AsyncZeroconf | None = None

    async def announce(self) -> None:
        """Announce them; it takes a second or two, in which the names are tried."""
        if not self._services:
            return
        try:
            import zeroconf
            from zeroconf.asyncio import AsyncZeroconf
        except ImportError:
            self._say(MISSING)
            return
        try:
            addresses = {one: addresses_of(one.host) for one in self._services}
            interfaces = interfaces_of({address for each in addresses.values() for address in each})
            if not interfaces:
                self._say("nothing is announced: the addresses to be announced are none of this machine's")
                return
            mine = AsyncZeroconf(interfaces=interfaces)
            self._zeroconf = mine
            infos = [self._info(one, addresses[one]) for one in self._services]
            said = await asyncio.gather(*(mine.async_register_service(each, allow_name_change=True) for each in infos))
            await asyncio.gather(*said)
        except (OSError, zeroconf.Error) as problem:
            self._say(f"nothing is announced: {str(problem) or type(problem).__name__}")

    async def withdraw(self) -> None:
        """Take it back."""
        if self._zeroconf is not None:
            await self._zeroconf.async_unregister_all_services()
            await self._zeroconf.async_close()
            self._zeroconf = None

    def _info(self, service: Service, addresses: list[str]) -> "AsyncServiceInfo":
        from zeroconf.asyncio import AsyncServiceInfo

        kind = f"{service.kind}.local."
        return AsyncServiceInfo(
            kind,
            f"{self._title}.{kind}",
            parsed_addresses=[_bare(address) for address in addresses],
            port=service.port,
            properties={"txtvers": "1"},
            server=f"cuefocus-{socket.gethostname().partition('.')[0]}.local.",
        )


def addresses_of(host: str) -> list[str]:
    """The addresses at which a listener can be reached: its own, or where it is any, all of this machine's."""
    if not is_everywhere(host):
        return [host]
    import ifaddr

    found = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    return [each for each in found if not is_loopback(each) and (":" in each) is (":" in host)]


def interfaces_of(addresses: Collection[str]) -> list[str | int]:
    """The interfaces that have these addresses, as zeroconf wants them: nothing is announced on any other network.

    IPv4 by its address, IPv6 by the interface's number. What is heard by IPv6 is announced by either, for many look by
    IPv4 alone; loopback has multicast for that only.
    """
    import ifaddr

    wanted = {_bare(address) for address in addresses}
    found: set[str | int] = {each for each in wanted if ":" not in each}
    found |= {_THIS_MACHINE for each in wanted if ":" in each and is_loopback(each)}
    for adapter in ifaddr.get_adapters():
        ours = [ip.ip if isinstance(ip.ip, str) else ip.ip[0] for ip in adapter.ips]
        if adapter.index is not None and any(":" in each and each in wanted and not is_loopback(each) for each in ours):
            found |= {each for each in ours if ":" not in each} | {adapter.index}
    return sorted(found, key=str)


def _bare(address: str) -> str:
    """An address without its interface, spelled as everybody does."""
    return str(ip_address(address.partition("%")[0]))
