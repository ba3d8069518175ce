"""A whole daemon that hears the same playback twice: what happens to racks when the first of the two goes silent."""

import importlib.util
import os
import signal
from pathlib import Path

import pytest

from cuefocus.app.ltc import generate_ltc
from cuefocus.app.replay import replay
from cuefocus.shells.sound_file import SoundFile, write_sound_file
from tests.app.clock_check import worst_clock_ms
from tests.app.jack_server import carries_sound, keep_to_itself, needs_jackd, running_server
from tests.app.running import CUES, RACKS_UNDER_WAY_S, SOUND_S, assert_all_land, daemon

BEGINS_S = 2.0
CUT_S = 1.6  # show seconds after 01:00:00:00: in the midst of B1 and C1, which land at 2 s
pytestmark = pytest.mark.serial


@pytest.fixture
def sounds(tmp_path: Path) -> list[str]:
    """The same timecode twice, the first cut off: silence to the end."""
    whole, cut = tmp_path / "b.wav", tmp_path / "a.wav"
    generate_ltc(whole, rate="25", start="00:59:58:00", seconds=SOUND_S)
    sound = SoundFile.open(whole)
    (samples,) = (block.copy() for block in sound.blocks(0, sound.samples))
    samples[round((BEGINS_S + CUT_S) * sound.sample_rate) :] = 0.0
    write_sound_file(cut, sound.sample_rate, [samples])
    return [f"file:{cut}", f"file:{whole}"]


@pytest.mark.timeout(300)
def test_racks_land_where_they_would_have_when_the_first_source_is_cut_in_their_midst(
    tmp_path: Path, sounds: list[str]
) -> None:
    """A machine that stands still for a moment moves a landing, too, but not that of the same rack each time."""
    moved = set(CUES)
    for attempt in range(3):
        landed = {}
        for name, sources in {"undisturbed": sounds[1:], "cut": sounds}.items():
            folder = tmp_path / f"{name}{attempt}"
            folder.mkdir()
            with daemon(folder, sources=sources) as running:
                landed[name] = assert_all_land(running)
            journal = next((folder / "takes").glob("*.journal"))
            replayed = {row.cue: row.as_dict()["error_ms"] for row in replay(journal).rows}
            assert replayed == {cue: row["error_ms"] for cue, row in landed[name].items()}
            origin_ns = next(event["host_ns"] for event in running.events if event["event"] == "source")
            assert worst_clock_ms(running.takes, origin_ns) < 1.0
        for cue, row in landed["cut"].items():
            whole = landed["undisturbed"][cue]  # both are measured by motors that say now and then where they are
            doubt_ms = row["uncertainty_ms"] + whole["uncertainty_ms"]
            if abs(row["error_ms"] - whole["error_ms"]) < 1.0 + doubt_ms < 10.0:
                moved.discard(cue)
        if not moved:
            break
    assert not moved, landed
    assert landed["cut"]["B3"]["source"] == "source 2"
    alarms = [event["text"] for event in running.events if event["event"] == "alarm"]
    (told,) = (alarm for alarm in alarms if "playback is gone, source 2 leads" in alarm)
    assert abs(float(told.partition("(")[2].split()[0])) < 0.2


def test_a_conductor_that_is_killed_takes_every_source_up_again(tmp_path: Path, sounds: list[str]) -> None:
    with daemon(tmp_path, sources=sounds) as running:
        origin_ns = running.until(lambda event: event["event"] == "source")["host_ns"]
        running.at_show_s(RACKS_UNDER_WAY_S, origin_ns)
        os.kill(running.pid("conductor"), signal.SIGKILL)
        assert assert_all_land(running)["B3"]["source"] == "source 2"


#: What is not there, why, and what must be installed to find that out.
MISSING = (
    ("jack:deck", "no JACK server answers", "jack"),
    ("artnet:198.51.100.1", "no address of this machine", "socket"),
    ("midi:nobody", "MIDI", "rtmidi"),
    ("audio:hydrophone", "sound input", "sounddevice"),
)


def test_sources_that_are_missing_at_the_start_are_lost_and_the_one_that_is_there_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_to_itself(monkeypatch)
    missing = {address: why for address, why, needs in MISSING if importlib.util.find_spec(needs) is not None}
    sound = tmp_path / "b.wav"
    generate_ltc(sound, rate="25", start="00:59:58:00", seconds=SOUND_S)
    with daemon(tmp_path, sources=[*missing, f"file:{sound}"]) as running:
        rows = assert_all_land(running)
    assert {row["source"] for row in rows.values()} == {f"source {len(missing) + 1}"}
    told = [event["text"] for event in running.events if event["event"] == "alarm" and " is gone: " in event["text"]]
    names = ["playback", *(f"source {number}" for number in range(2, len(missing) + 1))]
    for name, why in zip(names, missing.values(), strict=True):
        (once,) = (text for text in told if text.startswith(f"source {name} is gone: "))
        assert why in once
    assert len(told) == len(missing), running.told()


@needs_jackd
def test_a_source_that_was_missing_at_the_start_is_opened_when_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("jack")
    keep_to_itself(monkeypatch)
    with daemon(tmp_path, sources=["jack:", "artnet:198.51.100.1"], arm=False, takes=0) as running:
        running.until(lambda event: event["event"] == "source" and "no JACK server" in event.get("text", ""))
        with running_server(tmp_path, carries_sound):
            opened = running.until(lambda event: event["event"] == "source" and event["kind"] == "opened")
            assert opened["source"] == "playback"


def test_a_single_source_that_is_missing_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("jack")
    keep_to_itself(monkeypatch)
    with daemon(tmp_path, sources=["jack:deck"]) as running:
        assert running.end() == 3
    assert "no JACK server answers" in (tmp_path / "stderr").read_text()
