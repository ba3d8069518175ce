"""Linux Show Player fires racks of a whole daemon, by MIDI on a JACK server; skipped where it is not installed.

Debian: linux-show-player. Its version 0.5 has no OSC; its MIDI cues send channel messages, and XML-RPC runs them.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xmlrpc.client import Fault, ServerProxy

import pytest

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app import test_midi_cues
from tests.app.jack_server import Server
from tests.app.test_midi_cues import arm, is_open, landing, show_by
from tests.app.test_programs_fire import departures, program, running
from tests.shells.test_osc_desk import free_port

pytestmark = test_midi_cues.pytestmark
server = test_midi_cues.server
PORT = "jack:RtMidiOut Client"
"""As RtMidi calls whoever gives no name."""
MESSAGES = ("note_on channel=9 note=60 velocity=64", "control_change channel=0 control=64 value=127")
SESSION = {
    "application": {"layout": "List Layout"},
    "plugins": {},
    "cues": [
        {"_type_": "MidiCue", "id": f"cue{index}", "index": index, "message": f"{message} time=0"}
        for index, message in enumerate(MESSAGES)
    ],
}
SETTINGS = """
import sys
from lisp.core.configuration import config, write_config
config["MIDI"]["Backend"] = "mido.backends.rtmidi/UNIX_JACK"
config["Remote"].update(BindIp="127.0.0.1", BindPort=sys.argv[1], DiscoverPort=sys.argv[2])
write_config()
"""
PATIENCE_NS = 30 * NS_PER_S


def settle(player: str, home: Path, port: int) -> None:
    """Have it write settings into a home of its own; skipped for a version that has none like these."""
    python = Path(player).read_text().partition("\n")[0].removeprefix("#!").split()
    done = subprocess.run(
        [*python, "-c", SETTINGS, str(port), str(free_port())],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no Linux Show Player as of version 0.5: {done.stderr[-200:]}")


@contextmanager
def show_player(home: Path) -> Iterator[Callable[[int], object]]:
    """One that plays our session; how to run a cue of it, by its place."""
    jack: Any = pytest.importorskip("jack")
    player, port = program("linux-show-player", "linux-show-player"), free_port()
    settle(player, home, port)
    session = home / "session.lisp"
    session.write_text(json.dumps(SESSION))
    with jack.Client("cable", no_start_server=True) as cable:
        cable.midi_inports.register("in")  # it opens its output towards something that is there
        with running(player, "-f", str(session), home=home):
            remote = ServerProxy(f"http://127.0.0.1:{port}/", allow_none=True)
            until_ns = now_ns() + PATIENCE_NS
            while not _has(remote, len(MESSAGES) - 1):
                assert now_ns() < until_ns, "it does not come up"
                HostClock().sleep_until(now_ns() + 100 * NS_PER_MS)
            yield remote.execute


def _has(remote: ServerProxy, index: int) -> bool:
    try:
        return bool(remote.get_cue_at(index))
    except (OSError, Fault):  # it does not run yet, or has no session yet
        return False


@pytest.mark.timeout(120)
def test_midi_cues_of_linux_show_player_fire_a_rack_each(tmp_path: Path, server: Server) -> None:
    with show_player(tmp_path) as execute, show_by(tmp_path, PORT) as daemon:
        if not any(is_open(event) for event in daemon.events):
            daemon.until(is_open)
        arm(daemon)
        for index, cue in enumerate(("two", "3")):
            execute(index)
            row = landing(daemon, cue)
            assert (row["verdict"], row["source"]) == ("landed", f"midi:{PORT}"), daemon.told()
        assert departures(daemon) == ["two", "3"]
