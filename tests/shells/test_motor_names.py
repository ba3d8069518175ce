"""Motors behind names of machines: motion waits for nobody's answer, and a late one is heard."""

import os
import socket
import threading
from contextlib import closing
from dataclasses import replace
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import pytest

from cuefocus.errors import LinkError
from cuefocus.motion.track import Track
from cuefocus.motor.bridge import BridgeCodec
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.motion_config import AxisConfig
from cuefocus.shells.motion_port import MotionPort
from cuefocus.shells.motor_names import MotorNames, names_asked, with_address
from cuefocus.shells.name_lookup import NameLookup
from cuefocus.shells.open_link import open_link
from cuefocus.shells.port_keeper import PortKeeper
from cuefocus.shells.port_prober import PortProber
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.motion_rig import Line, MotionRig, pull, readable, tilta_spec
from tests.shells.test_name_lookup import SILENT, may_unshare, silent_server

A, B = "A.focus", "B.focus"
UNANSWERED = "nobody says in time what address 'localhost' has"
PATIENCE_S = 20.0
KNOWN = NameLookup(ask=lambda *asked, **how: [(0, 0, 0, "", ("127.0.0.1", 0))], patience_s=PATIENCE_S)


def test_names_are_asked_for_and_then_known_or_said() -> None:
    def ask(host: str, port: int, **how: object) -> list[Any]:
        if host == "six":
            return [(0, 0, 0, "", ("::1", port, 0, 0))]
        raise OSError("nobody knows it")

    links = ("udp:six:9001", "udp:none:9002", "udp:10.0.0.7:9003", "serial:/dev/motor", "udp:six:9001")
    found, unknown = names_asked(links, NameLookup(ask=ask, patience_s=PATIENCE_S))
    assert found == {"udp:six:9001": "udp:[::1]:9001"}
    names = MotorNames(found, unknown)
    assert names.link("udp:six:9001") == "udp:[::1]:9001"
    assert [names.link(link) for link in links[2:4]] == [*links[2:4]]
    with pytest.raises(LinkError, match="nobody knows it"):
        names.link("udp:none:9002")
    with pytest.raises(LinkError, match="nobody has said yet what address it has"):
        names.link("udp:another:9002")


def test_names_that_nobody_answers_for_are_waited_for_together() -> None:
    ends, looks = threading.Event(), count(0, NS_PER_S // 10)  # each look at the clock takes a tenth of the patience
    lookup = NameLookup(ask=lambda *asked, **how: ends.wait(PATIENCE_S) and [], patience_s=1.0, clock_ns=looks.__next__)
    begun_ns = now_ns()
    found, unknown = names_asked((f"udp:box{number}:9001" for number in range(10)), lookup)
    assert now_ns() - begun_ns < 4 * NS_PER_S, "one after the other would be nine"
    ends.set()
    assert found == {}
    assert unknown["udp:box9:9001"] == "nobody says in time what address 'box9' has"
    assert len(unknown) == 10


def regain(port: MotionPort, now: int) -> None:
    del now
    assert port.open()


@pytest.mark.serial
def test_a_motor_whose_name_is_answered_late_comes_while_motion_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(NameLookup, "_begin", None)  # motion asks for no name
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as box, closing(PortProber()) as prober:
        box.bind(("127.0.0.1", 0))
        link = f"udp:localhost:{box.getsockname()[1]}"
        names = MotorNames({}, {link: UNANSWERED})
        port = MotionPort(link, lambda: open_link(names.link(link)), BridgeCodec(), named=True)
        assert (port.gone, port.probed) == (UNANSWERED, True)
        keeper = PortKeeper([port], [], prober, names)
        keeper.regain = regain
        keeper.tend(now_ns())
        assert port.gone == UNANSWERED
        assert readable(prober.fileno(), 10_000)
        keeper.serve(now_ns())
        assert (port.gone, port.probed) == ("", False)
        assert port.link.write(b"{}")
        assert box.recv(10) == b"{}"
        port.link.close()


@pytest.mark.serial
def test_a_name_that_was_answered_for_before_motion_started_is_asked_for_no_more(tmp_path: Path) -> None:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as box:
        box.bind(("127.0.0.1", 0))
        link = f"udp:box.invalid:{box.getsockname()[1]}"
        rig = MotionRig(tmp_path, [AxisConfig(tilta_spec(A), "bridge", link, options={"feedback": False})])
        replace(rig.config, found={link: with_address(link, KNOWN)}).write(rig.config_path)
        rig.start()
        assert rig.troubles(A, "fault") == []
        rig.run_clock()
        rig.pass_time(200 * NS_PER_MS)
        rig.engage(A, Track(0.5), attach=1)
        rig.until(lambda: readable(box.fileno(), 0), "it is driven")
        rig.close()


@pytest.mark.serial
@pytest.mark.skipif(not may_unshare(), reason="needs the right to mount, for a name server of its own (root, unshare)")
def test_while_a_name_server_hangs_motion_moves_what_it_knows_and_takes_the_other_once_it_is_known(
    tmp_path: Path,
) -> None:
    hosts, conf, line = tmp_path / "hosts", tmp_path / "resolv.conf", Line(tmp_path / A)
    hosts.write_text("127.0.0.1 localhost\n")
    conf.write_text(f"nameserver {SILENT}\noptions timeout:3 attempts:1\n")
    line.plug()
    with silent_server(), closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as box:
        box.bind(("127.0.0.1", 0))
        link = f"udp:box.example:{box.getsockname()[1]}"
        named = AxisConfig(tilta_spec(B), "bridge", link, options={"feedback": False})
        rig = MotionRig(tmp_path, [AxisConfig(tilta_spec(A), "tilta", f"serial:{line.link}"), named])
        mounts = f"mount --bind {conf} /etc/resolv.conf && mount --bind {hosts} /etc/hosts"
        rig.command = ["unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "motion", *rig.command]
        rig.start()
        assert rig.process is not None
        threads = os.listdir(f"/proc/{rig.process.pid}/task")
        assert len(threads) == 1, "no look-up may come to its end, and want the interpreter, while it moves"
        assert rig.troubles(B, "fault")[0].reason == "nobody has said yet what address it has"
        rig.run_clock()
        rig.pass_time(200 * NS_PER_MS)
        rig.engage(A, Track(0.0, [pull(0.0, 0.8, rig.show_now_ns() + NS_PER_S // 2, 4 * NS_PER_S)]), attach=1)
        rig.pass_time(2 * NS_PER_S)
        hosts.write_text("127.0.0.1 localhost box.example\n")
        rig.until(lambda: rig.ask("status")["data"]["axes"][B]["fault"] is False, "the name is known")  # type: ignore[index]
        rig.pass_time(NS_PER_S // 2)
        line.take()
        assert line.heard[-1] > 2000, "the pull is under way, and beyond its middle"
        stamps_ns = [sent.stamp_ns for sent in rig.sent(A)]
        assert max(later - before for before, later in pairwise(stamps_ns)) < NS_PER_S // 2, "no look-up held it up"
        assert rig.stop() == 0
        rig.close()
    os.close(line.master)
