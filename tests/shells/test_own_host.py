"""Which hosts are this machine."""

import socket
from contextlib import closing, suppress

import pytest

from cuefocus.shells.own_host import is_broadcast, is_own_host


def own_addresses() -> list[str]:
    """Those from which this machine would call others, where it has a network; nothing is sent."""
    found: list[str] = []
    for family, far in ((socket.AF_INET, "203.0.113.9"), (socket.AF_INET6, "2001:db8::9")):
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as one, suppress(OSError):
            one.connect((far, 9))
            found.append(one.getsockname()[0])
    return found


def test_its_addresses_and_its_name_are() -> None:
    name = socket.gethostname()
    for host in ("127.0.0.1", "127.9.9.9", "localhost", name, f"{name.upper()}.local.", *own_addresses()):
        assert is_own_host(host), host


@pytest.mark.parametrize(
    "host", ["203.0.113.9", "2001:db8::9", "224.0.0.1", "ff02::1", "fe80::1%none", "desk.invalid", ""]
)
def test_others_are_not(host: str) -> None:
    assert not is_own_host(host)


@pytest.mark.parametrize("host", ["10.0.0.255", "255.255.255.255", "127.255.255.255"])
def test_all_of_a_network_is(host: str) -> None:
    assert is_broadcast(host)


@pytest.mark.parametrize("host", ["10.0.0.5", "127.0.0.1", "desk.local", "::1", ""])
def test_one_of_it_is_not(host: str) -> None:
    assert not is_broadcast(host)
