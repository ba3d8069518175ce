"""Programs that are not ours fire racks of a whole daemon, each rack once, and hear what is said to them.

Each is skipped where it is not installed. Debian: liblo-tools, puredata-core, pd-iemnet, qlcplus; npm: osc; PyPI:
pyliblo3, python-osc.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import CLOCK_REALTIME, clock_gettime_ns
from typing import Any

import pytest
from pythonosc.osc_bundle_builder import OscBundleBuilder
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import build_msg
from pythonosc.tcp_client import SimpleTCPClient

from cuefocus.shells.host_clock import now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.called import PATIENCE_S, SHOW, called, landed
from tests.app.running import Daemon
from tests.shells.test_osc_desk import free_port
from tests.wire.dialects.node_peer import Node, node_peer

pytestmark = pytest.mark.serial
TRUSTED = "  peers: [{id: here, address: 127.0.0.0/8, rights: operate, trust_timetags: true}]\n"
AHEAD_NS = 400 * NS_PER_MS
ONCE = "a rack that something fires is told once"


def program(name: str, package: str) -> str:
    """Where it is."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed (Debian: {package})")
    return found


@contextmanager
def running(*words: str, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """A program and what it says, on either stream."""
    environ = {**os.environ, "HOME": str(home), "QT_QPA_PLATFORM": "offscreen"}
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, env=environ
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def line_with(process: "subprocess.Popen[str]", *texts: str) -> str:
    """The next line that holds all of these."""
    assert process.stdout is not None
    seen: list[str] = []
    for line in process.stdout:
        if all(text in line for text in texts):
            return line
        seen.append(line)
    raise AssertionError(f"{texts} was not said, but {seen[-20:]}")


def departures(daemon: Daemon) -> list[str]:
    return [str(event["cue"]) for event in daemon.events if event["event"] == "departure"]


def departs_when_due(daemon: Daemon, cue: str, due_ns: int) -> None:
    """Its rack leaves when the time tag says, not when it was sent."""
    told = daemon.until(lambda event: event["event"] == "departure" and event["cue"] == cue)
    assert -NS_PER_MS <= told["host_ns"] - due_ns < AHEAD_NS // 2


# --- liblo ---


def test_oscsend_fires_and_oscdump_hears(tmp_path: Path) -> None:
    oscsend, oscdump, port = program("oscsend", "liblo-tools"), program("oscdump", "liblo-tools"), free_port()
    with running(oscdump, "-L", str(port), home=tmp_path) as dump:
        with called(tmp_path, osc=f'send: ["127.0.0.1:{port}"]') as (daemon, _, (host, at)):
            for way, *words in (("udp", "/cuefocus/go"), ("tcp", "/lights/fire", "i", "7")):
                subprocess.run([oscsend, f"osc.{way}://{host}:{at}", *words], check=True)
            landed(daemon, "1", "3")
            assert departures(daemon) == ["1", "3"], ONCE
            line_with(dump, "/cuefocus/out/event/cue/1/fire")
            said = line_with(dump, "/cuefocus/out/event/cue/", "/landed")
            assert " iff 1 " in said or " ifi 1 " in said, said


@pytest.mark.parametrize("way", ["UDP", "TCP"])
def test_liblo_fires_hears_and_its_time_tags_count(tmp_path: Path, way: str) -> None:
    liblo: Any = pytest.importorskip("pyliblo3", reason="pyliblo3 is not installed")
    with called(tmp_path, TRUSTED) as (daemon, _, (host, at)):
        came: list[tuple[str, list[object]]] = []
        server, there = liblo.Server(proto=getattr(liblo, way)), liblo.Address(host, at, getattr(liblo, way))
        server.add_method(None, None, lambda address, arguments, *_: came.append((address, arguments)))

        def hears(address: str) -> list[object]:
            until_ns = now_ns() + round(PATIENCE_S * NS_PER_S)
            while now_ns() < until_ns:
                for found, arguments in came:
                    if found == address:
                        came.clear()
                        return arguments
                server.recv(50)
            raise AssertionError(f"nothing at {address}, but {came}")

        server.send(there, "/cuefocus/subscribe")
        server.send(there, "/cuefocus/go")
        assert hears("/cuefocus/out/event/cue/1/landed")[0] == 1
        landed(daemon, "1")
        due_s, due_ns = liblo.time() + AHEAD_NS / NS_PER_S, now_ns() + AHEAD_NS
        server.send(there, liblo.Bundle(due_s, liblo.Message("/lights/fire", 7), liblo.Message("/cuefocus/go")))
        departs_when_due(daemon, "3", due_ns)
        assert hears("/cuefocus/out/event/cue/2/landed")[0] == 1
        landed(daemon, "2", "3")
        assert sorted(departures(daemon)) == ["1", "2", "3"], ONCE
        server.free()


# --- python-osc ---


def tcp_client(host: str, port: int) -> SimpleTCPClient:
    return SimpleTCPClient(host, port, timeout=PATIENCE_S)  # type: ignore[no-untyped-call]


def test_python_oscs_tcp_client_fires_hears_and_its_time_tags_count(tmp_path: Path) -> None:
    with called(tmp_path, TRUSTED) as (daemon, _, (host, at)), closing(tcp_client(host, at)) as client:

        def hears(address: str) -> OscMessage:
            for message in client.get_messages(PATIENCE_S):
                assert isinstance(message, OscMessage)
                if message.address == address:
                    return message
            raise AssertionError(f"nothing at {address}")

        client.send_message("/cuefocus/go", [])
        assert hears("/cuefocus/out/reply").params[:2] == ["/cuefocus/go", 1]
        landed(daemon, "1")
        wall_ns = clock_gettime_ns(CLOCK_REALTIME)
        due_s = (wall_ns + AHEAD_NS) // NS_PER_S + 1
        due_ns = now_ns() + due_s * NS_PER_S - wall_ns
        bundle = OscBundleBuilder(due_s)
        bundle.add_content(build_msg("/lights/fire", 7.0))
        client.send(bundle.build())
        client.send_message("/cuefocus/status", [])
        assert hears("/cuefocus/out/reply").params[:2] == ["/cuefocus/status", 1], "what comes behind does not wait"
        departs_when_due(daemon, "3", due_ns)
        landed(daemon, "3")
        assert departures(daemon) == ["1", "3"], ONCE


# --- node ---


@pytest.mark.parametrize("way", [(), ("tcp",)])
def test_nodes_osc_fires_hears_and_its_time_tags_count(tmp_path: Path, way: tuple[str, ...]) -> None:
    with called(tmp_path, TRUSTED) as (daemon, _, (host, at)), node_peer(at, host, *way) as node:

        def hears(peer: Node, address: str) -> list[Any]:
            while (came := peer.line())["address"] != address:
                pass
            return [argument["value"] for argument in came["args"]]

        node.send({"address": "/cuefocus/subscribe", "args": []})
        node.send({"address": "/cuefocus/go", "args": []})
        assert hears(node, "/cuefocus/out/event/cue/1/landed")[0] == 1
        landed(daemon, "1")
        due_ns = now_ns() + AHEAD_NS
        fire = {"address": "/lights/fire", "args": [{"type": "i", "value": 7}]}
        node.send({"timeTag": AHEAD_NS / NS_PER_S, "packets": [fire]})
        departs_when_due(daemon, "3", due_ns)
        assert hears(node, "/cuefocus/out/event/cue/3/landed")[0] == 1
        landed(daemon, "3")
        assert departures(daemon) == ["1", "3"], ONCE


# --- Pure Data ---

PATCH = """\
#N canvas 0 0 450 300 12;
#X obj 10 10 loadbang;
#X msg 10 40 {first}connect {host} {port};
#X obj 10 200 {out};
#X obj 10 240 oscparse;
#X obj 10 270 print heard;
#X obj 200 10 delay 300;
#X obj 200 40 oscformat cuefocus go;
#X obj 200 70 list prepend {head_go};
#X obj 300 10 delay 700;
#X msg 300 40 7;
#X obj 300 70 oscformat lights fire;
#X obj 300 100 list prepend {head_fire};
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 0 0 5 0;
#X connect 5 0 6 0;
#X connect 6 0 7 0;
#X connect 7 0 2 0;
#X connect 0 0 8 0;
#X connect 8 0 9 0;
#X connect 9 0 10 0;
#X connect 10 0 11 0;
#X connect 11 0 2 0;
#X connect 2 {outlet} {into} 0;
#X connect 3 0 4 0;
"""


@pytest.mark.parametrize("way", ["udp", "tcp"])
def test_pure_data_fires_and_hears(tmp_path: Path, way: str) -> None:
    pd, iemnet = program("pd", "puredata-core"), Path("/usr/lib/pd/extra/iemnet")
    if way == "tcp" and not iemnet.is_dir():
        pytest.skip("iemnet is not installed (Debian: pd-iemnet)")
    with called(tmp_path) as (daemon, _, (host, port)):
        if way == "udp":
            fields = {"first": "", "out": "netsend -u -b", "head_go": "", "head_fire": "", "outlet": 1, "into": 3}
        else:  # a length before each packet; what comes is printed as it is
            fields = {
                "first": "serialize 0 \\, ",
                "out": "iemnet/tcpclient",
                "head_go": "0 0 0 20",
                "head_fire": "0 0 0 24",
                "outlet": 0,
                "into": 4,
            }
        patch = tmp_path / "fires.pd"
        patch.write_text(PATCH.format(host=host, port=port, **fields))
        with running(pd, "-nogui", "-noaudio", "-nomidi", "-stderr", "-open", str(patch), home=tmp_path) as pure:
            landed(daemon, "1", "3")
            assert departures(daemon) == ["1", "3"], ONCE
            said = line_with(pure, "heard:")
        assert ("cuefocus out reply /cuefocus/go 1" if way == "udp" else "47 99 117 101 102 111") in said, said


# --- QLC+ ---

WORKSPACE = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE Workspace>
<Workspace xmlns="http://www.qlcplus.org/Workspace" CurrentWindow="VirtualConsole">
 <Engine Autostart="1">
  <InputOutputMap>
   <Universe Name="Universe 1" ID="0">
    <Output Plugin="OSC" UID="127.0.0.1" Line="0"><PluginParameters outputIP="{host}" outputPort="{port}"/></Output>
   </Universe>
  </InputOutputMap>
  <Fixture>
   <Manufacturer>Generic</Manufacturer><Model>Generic</Model><Mode>1 Channel</Mode><ID>0</ID><Name>Dimmer</Name>
   <Universe>0</Universe><Address>0</Address><Channels>1</Channels>
  </Fixture>
  <Function ID="1" Type="Scene" Name="GO"><Speed FadeIn="400" FadeOut="0" Duration="0"/>
   <FixtureVal ID="0">0,255</FixtureVal></Function>
 </Engine>
</Workspace>
"""


def test_a_scene_of_qlcplus_fires_when_it_is_all_the_way_up(tmp_path: Path) -> None:
    """It fades its channel up in 400 ms, and sends each value: the last one alone, 1.0, is the trigger."""
    qlcplus = program("qlcplus", "qlcplus")
    show = SHOW.replace('{osc: /lights/fire, args: ["7"]}', '{osc: /0/dmx/0, args: ["1"]}')
    with called(tmp_path, show=show) as (daemon, _, (host, port)):
        workspace = tmp_path / "fires.qxw"
        workspace.write_text(WORKSPACE.format(host=host, port=port))
        with running(qlcplus, "-o", str(workspace), "-p", home=tmp_path):
            landed(daemon, "3")
            assert departures(daemon) == ["3"], ONCE
