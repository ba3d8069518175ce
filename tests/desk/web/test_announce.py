"""What is announced over zeroconf, and found by the library's own browser."""

import threading
from dataclasses import replace

import pytest
from zeroconf import ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from cuefocus.desk.web.announce import Service, addresses_of, instance, services
from cuefocus.desk.web.config import PageConfig
from cuefocus.shells.front_desk_config import FrontDeskConfig
from tests.desk.web.serving import OSC_PORT, PATIENCE_S, served

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
    ("title", "name"), [("Duet", "Duet"), ("", "CueFocus"), ("a\nb", "ab"), ("é" * 40, "é" * 31), (" x ", "x")]
)
def test_a_title_is_a_name_that_dns_takes(title: str, name: str) -> None:
    assert instance(title) == name


def test_a_listener_on_any_address_is_reached_by_those_beyond_this_machine() -> None:
    assert addresses_of("10.0.0.5") == ["10.0.0.5"]
    assert not [address for address in addresses_of("0.0.0.0") if address.startswith("127.") or ":" in address]  # noqa: S104


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
            wanted = {(kind, f"Duet no. 2.{kind}") for kind in kinds}
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
