"""Which rule counts for a host that the rig names by an IPv6 address."""

import pytest

from cuefocus.engine.peers import DeskRules, Guest, PeerRule, Peers
from cuefocus.wire.said import Right

RULES = (
    PeerRule("any", "fe80::/10", Right.VIEW),
    PeerRule("here", "fe80::5%eth0/128", Right.OPERATE),
    PeerRule("there", "fe80::5%eth1/128", Right.EDIT),
    PeerRule("six", "fe80::6/128", Right.EDIT),
    PeerRule("net", "fd00::/64", Right.EDIT),
    PeerRule("one", "fd00::5/128", Right.OPERATE),
)


@pytest.mark.parametrize(
    ("host", "rule"),
    [
        ("fe80::5%eth0", "here"),
        ("fe80::5%eth1", "there"),
        ("fe80::5%eth2", "any"),
        ("fe80::6%eth0", "six"),
        ("fe80::6%eth1", "six"),
        ("fd00::7", "net"),
        ("fd00::5", "one"),
        ("fd01::5", "fd01::5"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_a_link_local_address_is_that_machine_behind_the_interface_that_is_named(
    host: str, rule: str, order: int
) -> None:
    peers = Peers(DeskRules(peers=RULES[::order]))
    assert peers.rule(Guest(host, 8000)).id == rule


def test_a_machine_at_the_same_address_behind_another_interface_may_nothing() -> None:
    peers = Peers(DeskRules(peers=RULES[1:2]))
    rights = {interface: peers.right(Guest(f"fe80::5%{interface}", 8000)) for interface in ("eth0", "eth1")}
    assert rights == {"eth0": Right.OPERATE, "eth1": Right.NONE}
