"""A rig's peers as the front desk knows them."""

from itertools import count
from pathlib import Path

from pythonosc.osc_message_builder import build_msg

from cuefocus.app.desks import front_desk_of
from cuefocus.engine.front_desk import FrontDesk
from cuefocus.engine.peers import Guest
from cuefocus.engine.ports import Command
from cuefocus.rig.loader import load_rig
from cuefocus.wire.osc_triggers import TriggerTable
from tests.stories.scenes import LENS, RIG

PEERS = """network:
  osc: {}
  peers:
    - {id: tablets, address: 10.0.1.0/24}
    - {id: desk, address: [10.0.0.5, 10.0.1.5], reply: 9000}
"""


def test_a_desk_on_two_networks_is_one_with_a_route_for_each(tmp_path: Path) -> None:
    (tmp_path / "lens.yaml").write_text(LENS, encoding="utf-8")
    (tmp_path / "rig.yaml").write_text(RIG + PEERS, encoding="utf-8")
    rules = front_desk_of(load_rig(tmp_path / "rig.yaml").rig.value).rules
    front = FrontDesk(rules, TriggerTable([]), count(1).__next__)
    ways = []
    for host in ("10.0.0.5", "10.0.1.5", "10.0.1.6", "10.0.1.7"):
        packet = build_msg("/cuefocus/disarm").dgram
        (command,) = front.hear(packet, 1, Guest(host, 5000), lambda tag: tag).events
        assert isinstance(command, Command)
        ways.append((command.source, command.route))
    assert ways == [("osc:desk", 0), ("osc:desk", 1), ("osc:tablets", 0), ("osc:tablets", 0)]
