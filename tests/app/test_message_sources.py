"""A whole daemon that follows Art-Net and MIDI timecode, sent by another process at the moments they are due."""

import contextlib
import importlib.util
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from cuefocus.app.listen import listen
from cuefocus.app.ports import list_all_ports
from cuefocus.errors import InputError
from cuefocus.timebase.units import NS_PER_S
from tests.app.beside import BETWEEN_RACKS_S, deck, musical_show, own_address
from tests.app.clock_check import worst_clock_ms
from tests.app.jack_server import Server, carries_midi, keep_to_itself, needs_jackd, running_server
from tests.app.running import RACKS_UNDER_WAY_S, assert_all_land, came, daemon

pytestmark = pytest.mark.serial
needs_rtmidi = pytest.mark.skipif(
    importlib.util.find_spec("rtmidi") is None, reason="needs python-rtmidi (pip install 'cuefocus[midi]')"
)


def test_racks_land_by_art_net_even_when_the_conductor_is_killed(tmp_path: Path) -> None:
    address = own_address(7)
    with deck("artnet", address) as play, daemon(tmp_path, sources=[f"artnet:{address}"]) as running:
        running.until(lambda event: came(event, "opened"))
        origin_ns = play()
        running.at_show_s(RACKS_UNDER_WAY_S, origin_ns)
        os.kill(running.pid("conductor"), signal.SIGKILL)
        assert_all_land(running)
        assert {row["source"] for row in running.landings().values()} == {"playback"}
        assert worst_clock_ms(running.takes, origin_ns) < 1.0


def test_timecode_that_is_sent_on_to_where_it_comes_from_ends_with_its_sender(tmp_path: Path) -> None:
    """A broadcast comes back: whoever followed himself would run for ever."""
    address = own_address(14)
    lights = f"network: {{receivers: [{{id: lights, artnet: {address}, timecode: true}}]}}\n"
    options = {"sources": [f"artnet:{address}"], "arm": False, "takes": 0}
    with deck("artnet", address) as play, daemon(tmp_path, lights, **options) as running:
        running.until(lambda event: came(event, "opened"))
        play()
        running.until(lambda event: event.get("state") == "locked")
        running.until(lambda event: event.get("state") in ("holding", "no_signal"))
        assert not [event for event in running.events if "two senders" in str(event.get("text"))]


def test_an_address_that_is_not_ours_ends_the_run_with_a_cure(tmp_path: Path) -> None:
    with daemon(tmp_path, sources=["artnet:198.51.100.1"]) as running:
        assert running.end() == 3
    assert "198.51.100.1 is no address of this machine" in (tmp_path / "stderr").read_text()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """JACK carries MIDI, too; rtmidi finds it where there is no ALSA sequencer."""
    keep_to_itself(monkeypatch)
    with running_server(tmp_path, carries_midi) as running:
        yield running


@needs_jackd
@needs_rtmidi
def test_racks_land_by_midi_timecode(tmp_path: Path, server: Server) -> None:
    with deck("midi", "mtc out") as play:
        listed = {row.address for row in list_all_ports()}
        assert len(listed & {"midi:deck:mtc out", "midi:jack:deck:mtc out"}) == 1, "by its best way alone"
        with daemon(tmp_path, sources=["midi:mtc out"]) as running:
            running.until(lambda event: came(event, "opened"))
            origin_ns = play()
            assert_all_land(running)
            assert worst_clock_ms(running.takes, origin_ns) < 15.0, "JACK's period, and half of it more"


@needs_jackd
@needs_rtmidi
def test_racks_land_by_midi_clock_even_when_the_conductor_is_killed(tmp_path: Path, server: Server) -> None:
    """Clocks carry no place, so its successor goes on by what the ears have counted."""
    show = musical_show(tmp_path)
    with deck("clock", "clock out") as play, daemon(tmp_path, sources=["clock:clock out"], show=show) as running:
        running.until(lambda event: came(event, "opened"))
        origin_ns = play()
        running.until(lambda event: event.get("song", {}).get("bar") == 3)
        running.at_show_s(BETWEEN_RACKS_S, origin_ns - 2 * NS_PER_S)
        os.kill(running.pid("conductor"), signal.SIGKILL)
        assert_all_land(running)
        assert worst_clock_ms(running.takes, origin_ns - 2 * NS_PER_S, 3.0) < 15.0, "JACK's period, and half of it more"
        places = [event["song"] for event in running.events if "song" in event]
        assert {song["act"] for song in places} == {"song"}
        tempos = [song["tempo"] for song in places if song["bar"] == 3]
        assert tempos
        assert max(abs(tempo - 150.0) for tempo in tempos) < 2.0, "a period in four quarters"


@needs_jackd
@needs_rtmidi
def test_a_port_that_is_lost_is_found_again_when_it_is_back(tmp_path: Path, server: Server) -> None:
    with contextlib.ExitStack() as first:
        first.enter_context(deck("midi", "mtc"))
        with daemon(tmp_path, sources=["midi:mtc"], arm=False, takes=0) as running:
            running.until(lambda event: came(event, "opened"))
            first.close()
            lost = running.until(lambda event: came(event, "lost"))
            assert "the port is gone" in lost["text"]
            with deck("midi", "mtc") as play:
                running.until(lambda event: came(event, "opened"))
                play()
                running.until(lambda event: event.get("state") == "locked")
                ears = running.pid("midi")
                os.kill(ears, signal.SIGKILL)
                running.until(lambda event: came(event, "opened"))
                server.die()
                running.until(lambda event: came(event, "lost"))


@needs_jackd
@needs_rtmidi
def test_a_port_that_is_not_there_ends_the_run_and_those_that_are_there_are_listed(
    tmp_path: Path, server: Server
) -> None:
    with deck("midi", "mtc"), daemon(tmp_path, sources=["midi:lighting"]) as running:
        assert running.end() == 1
    said = (tmp_path / "stderr").read_text()
    assert "no MIDI input 'lighting'; have" in said
    assert "deck:mtc" in said


@needs_jackd
@needs_rtmidi
def test_doctor_says_what_arrives_at_a_midi_port(server: Server) -> None:
    with deck("midi", "mtc") as play:
        assert listen("midi:deck", seconds=1.0)[0].problem == "nothing arrives"
        play()
        heard = listen("midi:deck", seconds=2.0)
        assert "MIDI timecode counted at 25 frames a second" in heard[0].problem
        with pytest.raises(InputError, match="no MIDI input 'console'"):
            listen("midi:console", seconds=1.0)


def test_doctor_says_what_arrives_by_art_net() -> None:
    address = own_address(8)
    with deck("artnet", address) as play:
        assert listen(f"artnet:{address}", seconds=1.0)[0].problem == "nothing arrives"
        play()
        heard = listen(f"artnet:{address}", seconds=2.0)
        assert "Art-Net timecode counted at 25 frames a second, 00:59:5" in heard[0].problem
