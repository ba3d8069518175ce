"""What is announced over zeroconf, and found by the library's own browser."""

import asyncio
import errno
import os
import socket
import threading
from collections.abc import Awaitable
from dataclasses import replace
from types import SimpleNamespace

import ifaddr
import pytest
from zeroconf import NonUniqueNameException, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncZeroconf

from cuefocus.desk.web.announce import Announcer, Service, addresses_of, instance, interfaces_of, services
from cuefocus.desk.web.config import PageConfig
from cuefocus.desk.web.server import PageServer
from cuefocus.shells.front_desk_config import FrontDeskConfig
from cuefocus.shells.ip_place import is_loopback
from tests.desk.web.serving import OSC_PORT, PATIENCE_S, served
from tests.shells.test_osc_desk import free_port

HERE = PageConfig("127.0.0.1", 8080, "Duet", (), "", "", desk=FrontDeskConfig(udp=(("10.0.0.5", 8000),)))


@pytest.mark.parametrize(
    ("announce", "page", "found"),
    [
        ("false", "10.0.0.5", []),
        ("true", "127.0.0.1", ["_osc._udp"]),
        ("true", "10.0.0.5", ["_oscjson._tcp", "_cuefocus._tcp", "_osc._udp"]),
        ("loopback", "127.0.0.1", ["_oscjson._tcp", "_cuefocus._tcp", "_osc._udp"]),
    ],
)
def test_only_what_the_rig_says_is_announced(announce: str, page: str, found: list[str]) -> None:
    config = replace(HERE, host=page, announce=announce)
    assert [one.kind for one in services(config)] == found


def test_of_several_listeners_the_first_beyond_this_machine_is_announced() -> None:
    desk = FrontDeskConfig(udp=(("127.0.0.1", 8000), ("10.0.0.5", 8002)), tcp=(("::1", 8001),))
    assert services(replace(HERE, announce="true", desk=desk)) == (Service("_osc._udp", "10.0.0.5", 8002),)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Duet", "Duet"),
        ("", "CueFocus"),
        ("...", "CueFocus"),
        ("a\nb", "ab"),
        ("é" * 40, "é" * 29),  # the second of that name is `…-2`, and has to be a label, too
        (" x ", "x"),
        ("St. Matthew, no. 2", "St Matthew, no 2"),  # zeroconf parts a name at its dots
    ],
)
def test_a_title_is_a_name_that_dns_takes(title: str, name: str) -> None:
    assert instance(title) == name


def test_a_listener_on_any_address_is_reached_by_those_beyond_this_machine() -> None:
    assert addresses_of("10.0.0.5") == ["10.0.0.5"]
    assert not [address for address in addresses_of("0.0.0.0") if address.startswith("127.") or ":" in address]  # noqa: S104


def _adapter(name: str, index: int, *addresses: str) -> SimpleNamespace:
    ips = [SimpleNamespace(ip=(each, 0, 0) if ":" in each else each) for each in addresses]
    return SimpleNamespace(name=name, index=index, ips=ips)


@pytest.mark.parametrize(
    ("addresses", "found"),
    [
        (["10.0.0.5"], ["10.0.0.5"]),
        (["127.0.0.5"], ["127.0.0.5"]),
        (["::1"], ["127.0.0.1"]),
        (["fd00::5"], ["10.0.0.5", 2]),
        (["FD00:0::5", "10.1.0.5"], ["10.0.0.5", "10.1.0.5", 2]),
        (["fe80::5%eth0"], ["10.0.0.5", 2]),
        (["fd02::5"], []),
    ],
)
def test_it_is_announced_on_the_networks_of_its_addresses_and_on_no_other(
    addresses: list[str], found: list[str | int], monkeypatch: pytest.MonkeyPatch
) -> None:
    adapters = [
        _adapter("lo", 1, "127.0.0.1", "::1"),
        _adapter("eth0", 2, "10.0.0.5", "fd00::5", "fe80::5"),
        _adapter("eth1", 3, "10.1.0.5", "fd01::5", "fe80::6"),
    ]
    monkeypatch.setattr(ifaddr, "get_adapters", lambda: adapters)
    assert interfaces_of(addresses) == found


def test_an_address_of_nobody_is_said_not_to_be_announced() -> None:
    said: list[str] = []
    config = replace(HERE, host="fd02::5", announce="true", desk=FrontDeskConfig())
    asyncio.run(Announcer(config, said.append).announce())
    assert said == ["nothing is announced: the addresses to be announced are none of this machine's"]


def test_where_the_system_does_not_tell_its_addresses_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses() -> list[SimpleNamespace]:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(ifaddr, "get_adapters", refuses)
    said: list[str] = []
    for host in ("10.0.0.5", "0.0.0.0"):  # noqa: S104 - announced, not listened at
        asyncio.run(Announcer(replace(HERE, host=host, announce="true"), said.append).announce())
    assert said == [f"nothing is announced: [Errno {errno.EMFILE}] Too many open files"] * 2


def test_an_address_behind_an_interface_is_announced_as_others_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[ServiceInfo] = []

    async def registers(_: AsyncZeroconf, info: ServiceInfo, **how: object) -> Awaitable[None]:
        heard.append(info)
        return asyncio.sleep(0)

    monkeypatch.setattr(AsyncZeroconf, "async_register_service", registers)
    monkeypatch.setattr("cuefocus.desk.web.announce.interfaces_of", lambda _: ["127.0.0.1"])
    said: list[str] = []

    async def announced() -> None:
        config = replace(HERE, host="fe80::1%lo", announce="true", desk=FrontDeskConfig())
        announcer = Announcer(config, said.append)
        await announcer.announce()
        await announcer.withdraw()

    asyncio.run(announced())
    assert (said, [info.parsed_addresses() for info in heard]) == ([], [["fe80::1"]] * 2)


def test_it_is_found_by_its_title_and_withdrawn_at_the_end() -> None:
    changes: dict[tuple[str, str], ServiceStateChange] = {}
    infos: dict[str, ServiceInfo] = {}
    changed = threading.Condition()

    def note(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
        info = zeroconf.get_service_info(service_type, name) if state_change is ServiceStateChange.Added else None
        with changed:
            if info is not None:
                infos[service_type] = info
            changes[service_type, name] = state_change
            changed.notify_all()

    kinds = [f"{kind}.local." for kind in ("_oscjson._tcp", "_osc._udp", "_cuefocus._tcp")]
    with served(announce="loopback", title="Duet no. 2") as page:
        browser = Zeroconf(interfaces=[page.host])
        try:
            ServiceBrowser(browser, kinds, handlers=[note])
            wanted = {(kind, f"Duet no 2.{kind}") for kind in kinds}
            with changed:
                assert changed.wait_for(lambda: wanted <= set(changes), PATIENCE_S * 2), changes
            assert {kind: info.port for kind, info in infos.items()} == dict(
                zip(kinds, (page.port, OSC_PORT, page.port), strict=True)
            )
            assert {address for info in infos.values() for address in info.parsed_addresses()} == {page.host}
            page.server.close()
            with changed:
                gone = ServiceStateChange.Removed
                assert changed.wait_for(lambda: {changes[each] for each in wanted} == {gone}, PATIENCE_S * 2), changes
        finally:
            browser.close()


def test_a_page_whose_place_is_a_name_is_announced_at_its_address(monkeypatch: pytest.MonkeyPatch) -> None:
    infos: list[ServiceInfo] = []
    both = threading.Event()

    async def registers(zeroconf: AsyncZeroconf, info: ServiceInfo, **how: object) -> Awaitable[None]:
        infos.append(info)
        if len(infos) == len(services(config)):
            both.set()
        return asyncio.sleep(0)

    monkeypatch.setattr(AsyncZeroconf, "async_register_service", registers)
    port = free_port(socket.SOCK_STREAM)
    config = replace(HERE, host="localhost", port=port, announce="loopback", desk=FrontDeskConfig())
    server = PageServer(config)
    try:
        assert both.wait(PATIENCE_S), server.said()
    finally:
        server.close()
    assert {info.port for info in infos} == {port}
    assert all(is_loopback(address) for info in infos for address in info.parsed_addresses())


def test_why_nothing_is_announced_is_always_said_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuses(*asked: object, **how: object) -> None:
        raise NonUniqueNameException

    async def announced() -> list[str]:
        said: list[str] = []
        announcer = Announcer(replace(HERE, announce="loopback", desk=FrontDeskConfig()), said.append)
        await announcer.announce()
        await announcer.withdraw()
        return said

    monkeypatch.setattr(AsyncZeroconf, "async_register_service", refuses)
    assert asyncio.run(announced()) == ["nothing is announced: NonUniqueNameException"]
