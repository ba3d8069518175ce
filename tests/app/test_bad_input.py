"""Bad input gets a sentence with file, line, column, cause and cure, and a status. Never a traceback, nothing lost."""

import os
import resource
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from cuefocus.app.ltc import generate_ltc
from cuefocus.app.sound_choice import choose_sound
from tests.app.verb import RIG, ROOT, SHOW, cuefocus, cuefocus_process, refused, tree_of

SMALL = """\
schema: cuefocus-show/1
title: Small
rate: "25"
defaults: {act: song, camera: A, pull: 800 ms}
marks:
  A: {ana: 1.20 m, ben: 2.40 m}
acts:
  - act: song
    starts: "01:00:00:00"
    opening: {A: ana}
cues:
  - {cue: "1", land: {at: "01:00:04:00"}, to: ben}
  - {cue: "2", land: {at: "01:00:06:00"}, to: ana}
"""


@pytest.fixture(scope="module")
def ltc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ltc") / "x.wav"
    generate_ltc(path, rate="25", start="00:59:58:00", seconds=12)
    return path


def show_file(folder: Path, text: str) -> Path:
    path = folder / "show.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def place_of(text: str, marker: str) -> str:
    """`line:column` of the first place where `marker` stands in a text."""
    before = text[: text.index(marker)]
    return f"{before.count(chr(10)) + 1}:{len(before) - (before.rfind(chr(10)) + 1) + 1}"


#: What is wrong, the small show made wrong, where it is complained of, and what the complaint says.
WRONG_SHOWS = [
    ("malformed", SMALL.replace("{A: ana}", "{A: ana"), None, "close the"),
    ("open list", SMALL + "rehearse: [", None, "close the bracket"),
    ("tab", SMALL.replace("    starts", "\tstarts"), None, "tab"),
    ("duplicate key", SMALL + 'title: "Again"\n', 'title: "Again"', "title"),
    ("alias", SMALL.replace("title: Small", "title: &t Small").replace("rate:", "name: *t\nrate:"), "&t", "anchor"),
    ("YAML 1.1 time", SMALL.replace('"01:00:04:00"', "3844"), "3844", "a label"),
    ("unknown key", SMALL.replace("title:", "titel:"), "titel:", "titel"),
    ("unknown mark", SMALL.replace('"01:00:04:00"}, to: ben', '"01:00:04:00"}, to: bne'), "bne", "no mark 'bne'"),
    ("unreachable", SMALL.replace("ben: 2.40 m", "ben: 2 cm"), None, "lens"),
    ("too fast", SMALL.replace("ben}", "ben, pull: 20 ms}"), None, "at least"),
    ("overlap", SMALL.replace("01:00:06:00", "01:00:04:10"), None, "cue '1'"),
    ("bare number", SMALL.replace("2.40 m", "2.40"), "2.40", "unit"),
    ("no such label", SMALL.replace('"01:00:04:00"', '"01:00:04:25"'), '"01:00:04:25"', "00 to 24"),
    ("two bytes", SMALL.replace("Small", "Sm\x07all"), None, "character"),
]


@pytest.mark.parametrize(("text", "marker", "says"), [w[1:] for w in WRONG_SHOWS], ids=[w[0] for w in WRONG_SHOWS])
def test_a_show_that_is_wrong(tmp_path: Path, text: str, marker: str | None, says: str) -> None:
    path = show_file(tmp_path, text)
    checked = cuefocus("check", path, "--rig", RIG, "--json")
    errors = [row for row in checked.json if row["severity"] == "error"]
    assert checked.status == 1
    assert checked.err == ""
    assert errors
    for row in errors:
        assert row["file"] == str(path)
        assert row["line"] > 0
        assert row["column"] > 0
        assert row["hint"], row["problem"]
    assert any(says in f"{row['problem']} {row['hint']}" for row in errors), errors
    if marker is not None:
        place = place_of(text, marker)
        assert place in {f"{row['line']}:{row['column']}" for row in errors}
    told = cuefocus("check", path, "--rig", RIG)
    refused(told, f"{path}:{errors[0]['line']}:{errors[0]['column']}: ", errors[0]["problem"])
    assert path.read_text(encoding="utf-8") == text


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    text = SMALL.replace("to: ben", "to: nobody").replace("to: ana}", "to: ana, pul: 1 s}")
    told = cuefocus("check", show_file(tmp_path, text), "--rig", RIG)
    refused(told, "no mark 'nobody'", "pul", "2 errors")


def test_a_rehearsal_refused_for_several_reasons_says_how_many(tmp_path: Path, ltc: Path) -> None:
    text = SMALL.replace("to: ben", "to: nobody").replace("to: ana}", "to: ana, pul: 1 s}")
    told = cuefocus("rehearse", show_file(tmp_path, text), "--rig", RIG, "--timecode", ltc, "--json")
    refused(told, "(and 1 more; `cuefocus check` tells all)")


@pytest.mark.parametrize("broken", ["malformed", "duplicate key", "alias", "unknown key", "unknown mark"])
def test_a_show_that_cannot_be_read_is_not_rehearsed(tmp_path: Path, ltc: Path, broken: str) -> None:
    text = next(wrong[1] for wrong in WRONG_SHOWS if wrong[0] == broken)
    told = cuefocus("rehearse", show_file(tmp_path, text), "--rig", RIG, "--timecode", ltc, "--json")
    refused(told, "show.yaml:")
    assert told.out == ""


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('land: {at: "01:00:04:00"}', "land: {word: nowhere}", "words file"),
        ('starts: "01:00:00:00"', 'starts: "01:00:00:00"\n    media: {words: gone.json}', "gone.json"),
        ("opening: {A: ana}", "opening: {A: 5 cm}", "opening.A: "),
        ('"01:00:06:00"}, to: ana', '"01:00:06:00"}, from: ana, to: ana', "not where"),
    ],
)
def test_a_show_that_run_turns_down_is_not_rehearsed(
    tmp_path: Path, ltc: Path, right: str, wrong: str, says: str
) -> None:
    show = show_file(tmp_path, SMALL.replace(right, wrong, 1))
    assert cuefocus("check", show, "--rig", RIG).status == 1
    told = cuefocus("rehearse", show, "--rig", RIG, "--timecode", ltc, "--json")
    refused(told, f"{show}:", says)
    assert told.out == ""


@pytest.mark.parametrize(
    "live", ["jack:seq", "audio:", "midi:mio", "clock:mio#song", "artnet:", "reaper:9000", "ableton:", "link:"]
)
def test_a_rehearsal_says_that_it_hears_files_alone(tmp_path: Path, live: str) -> None:
    told = cuefocus("rehearse", show_file(tmp_path, SMALL), "--rig", RIG, "--timecode", live, "--json")
    refused(told, f"{live} is heard live, and a rehearsal hears files alone", f"run --source {live}")
    assert told.out == ""


def test_a_file_that_is_called_like_a_live_source_is_rehearsed(
    tmp_path: Path, ltc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reaper:9000").write_bytes(ltc.read_bytes())
    monkeypatch.chdir(tmp_path)
    told = cuefocus("rehearse", show_file(tmp_path, SMALL), "--rig", RIG, "--timecode", "reaper:9000", "--json")
    assert told.status == 0


def test_a_cue_that_cannot_land_is_refused_and_the_others_land(tmp_path: Path, ltc: Path) -> None:
    text = SMALL.replace('"2", land', '"2", pull: 20 ms, land')
    show = show_file(tmp_path, text)
    told = cuefocus("rehearse", show, "--rig", RIG, "--timecode", ltc, "--json")
    assert told.status == 0
    rows = {row["cue"]: row["verdict"] for row in told.json["landings"]}
    assert rows.pop("1") == "landed"
    assert rows == {"2": "refused"}, "cue 2 is never tried"
    never_tried = next(row for row in told.json["landings"] if row["cue"] == "2")
    assert (never_tried["land_at"], never_tried["planned_s"]) == ("01:00:06:00", 6.0)
    assert f"{show}:13:" in told.err
    assert "at least" in told.err


RIG_CHANGES: list[tuple[str, Callable[[str], str], str]] = [
    ("unknown key", lambda text: text.replace("lag_ms: 14 ", "lagg_ms: 14 "), "lagg_ms"),
    ("unknown lens", lambda text: text.replace("lens: sp40#2", "lens: sp41#2"), "sp41"),
    ("lens file gone", lambda text: text.replace("lenses/sp40.yaml", "lenses/gone.yaml"), "gone.yaml"),
    ("unknown motor", lambda text: text.replace("motor: tilta-A", "motor: tilta-Z"), "tilta-Z"),
    ("a port that cannot be", lambda text: text.replace("    port: sim", "    port: COM3", 1), "COM3"),
    ("wrong port for the driver", lambda text: text.replace("    port: sim", "    port: udp:127.0.0.1:9", 1), "serial"),
    ("bad number", lambda text: text.replace("dead_ms: 22 ", "dead_ms: soon "), "soon"),
    ("end stops", lambda text: text.replace("travel: 0..9999", "travel: 0..99999"), "99999"),
]


@pytest.mark.parametrize(("change", "says"), [c[1:] for c in RIG_CHANGES], ids=[c[0] for c in RIG_CHANGES])
def test_a_rig_that_is_wrong(tmp_path: Path, ltc: Path, change: Callable[[str], str], says: str) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    path = tmp_path / "config" / "demo.yaml"
    before = path.read_text("utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, "utf-8")
    told = cuefocus("check", SHOW, "--rig", path)
    refused(told, says, "demo.yaml:")
    refused(cuefocus("rehearse", SHOW, "--rig", path, "--timecode", ltc, "--json"), says)


def wav(form: int, bits: int, data: bytes, *, promised: int | None = None, channels: int = 1) -> bytes:
    size = len(data) if promised is None else promised
    frame = channels * bits // 8
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, form, channels, 48_000, 48_000 * frame, frame, bits)
    return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + head + struct.pack("<4sI", b"data", size) + data


SOUNDS = [
    ("truncated", wav(1, 16, bytes(4_000), promised=96_000), "cut off"),
    ("mp3 in wav", wav(0x55, 16, bytes(4_000)), "MP3"),
    ("40 bits", wav(1, 40, bytes(4_000)), "40 bits"),
    ("silence", wav(1, 16, bytes(96_000)), "no LTC"),
    ("no LTC, two channels", wav(1, 16, bytes(96_000), channels=2), "no LTC"),
    ("no samples", wav(1, 16, b""), "no sound"),
    ("no sound file", b"ID3\x04" + bytes(500), "not a sound file"),
    ("half a header", b"RIFF\x10", "not a sound file"),
    ("empty", b"", "empty"),
]


@pytest.mark.parametrize(("data", "says"), [s[1:] for s in SOUNDS], ids=[s[0] for s in SOUNDS])
def test_a_sound_that_is_no_timecode(tmp_path: Path, data: bytes, says: str) -> None:
    path, show = tmp_path / "x.wav", show_file(tmp_path, SMALL)
    path.write_bytes(data)
    for told in (
        cuefocus("rehearse", show, "--rig", RIG, "--timecode", path, "--json"),
        cuefocus("ltc", "decode", path, "--json"),
        cuefocus("run", "--rig", RIG, "--show", show, "--source", f"file:{path}", "--journal", tmp_path / "takes"),
    ):
        refused(told, str(path), says, "; ")
        assert told.out == ""
    assert path.read_bytes() == data


@pytest.mark.parametrize(("promised", "says"), [(0, "does not say how long it is"), (10_000_000, "is cut off: 5.00 s")])
def test_timecode_of_a_recorder_that_crashed_is_read_and_the_crash_said_once(
    tmp_path: Path, promised: int, says: str
) -> None:
    path, show = tmp_path / "x.wav", show_file(tmp_path, SMALL)
    generate_ltc(path, rate="25", start="00:59:58:00", seconds=5)
    path.write_bytes(wav(1, 16, path.read_bytes()[44:], promised=promised))
    told = cuefocus("ltc", "decode", path, "--json")
    assert (told.status, len(told.out.splitlines())) == (0, 125)
    assert told.err.startswith(f"{path}: warning: {says}")
    assert told.err.count("\n") == 1
    heard = cuefocus("rehearse", show, "--rig", RIG, "--timecode", path, "--json")
    assert told.err in heard.err
    warnings: list[str] = []
    choose_sound(path, None, "playback", warn=warnings.append)
    assert [f"{warning}\n" for warning in warnings] == [told.err]


@pytest.mark.parametrize(
    ("rate", "start", "says"),
    [
        ("30", "00:59:58:00", "counts to 29 (30 fps), act says 25"),
        ("24", "00:59:58:00", "counts to 23 (24 fps), act says 25"),
        ("29.97df", "00:59:58;00", "is drop-frame, act says 25"),
    ],
)
def test_timecode_of_another_rate_is_refused_by_name(tmp_path: Path, rate: str, start: str, says: str) -> None:
    sound, show = tmp_path / "x.wav", show_file(tmp_path, SMALL)
    generate_ltc(sound, rate=rate, start=start, seconds=7)
    told = cuefocus("rehearse", show, "--rig", RIG, "--timecode", sound, "--json")
    refused(told, f"{sound}: timecode {says}; ")
    assert [(row["cue"], row["verdict"]) for row in told.json["landings"]] == [("1", "refused"), ("2", "refused")]
    assert all(says in row["reason"] for row in told.json["landings"])
    assert told.json["landings"][0]["arrived_s"] is None, "nothing moved"


def test_timecode_at_another_speed_is_refused_by_name(tmp_path: Path) -> None:
    """A matter of the playback, not of the file: the rows say it, the status does not."""
    sound, show = tmp_path / "x.wav", show_file(tmp_path, SMALL)
    generate_ltc(sound, rate="25", start="00:59:58:00", seconds=5, speed=2)
    told = cuefocus("rehearse", show, "--rig", RIG, "--timecode", sound, "--json")
    assert told.status == 0
    assert {row["verdict"] for row in told.json["landings"]} == {"refused"}
    assert "playback runs at 2.000×, act says 1×" in told.err


def test_timecode_of_another_act_is_no_take(tmp_path: Path) -> None:
    """Sound that never comes near the show: nothing lands, and it is said why."""
    sound = tmp_path / "x.wav"
    generate_ltc(sound, rate="25", start="11:00:00:00", seconds=5)
    told = cuefocus("rehearse", show_file(tmp_path, SMALL), "--rig", RIG, "--timecode", sound, "--json", "--strict")
    assert told.status == 3
    assert all(row["verdict"] != "landed" for row in told.json["landings"])


# --- file arguments that are anything but files ---


def strange_files(folder: Path) -> dict[str, Path]:
    files = {name: folder / name for name in ("folder", "empty", "binary", "missing", "pipe", "latin1", "nested")}
    files["folder"].mkdir()
    files["empty"].touch()
    files["binary"].write_bytes(bytes(range(255, -1, -1)) * 20)
    files["latin1"].write_bytes("schema: cuefocus-show/1\ntitle: Café\n".encode("latin-1"))
    files["nested"].write_text("a: " + "[" * 5_000)
    os.mkfifo(files["pipe"])
    return files | {"null": Path("/dev/null"), "endless": Path("/dev/zero"), "": Path(), "too long": Path("x" * 5_000)}


def verbs_with(path: Path, ltc: Path) -> list[tuple[object, ...]]:
    return [
        ("check", path, "--rig", RIG),
        ("check", SHOW, "--rig", path),
        ("rehearse", path, "--rig", RIG, "--timecode", ltc),
        ("rehearse", SHOW, "--rig", RIG, "--timecode", path),
        ("replay", path, "--json"),
        ("ltc", "decode", path, "--json"),
        ("report", "--store", path),
        ("run", "--rig", RIG, "--show", path),
        ("run", "--rig", path, "--show", SHOW),
    ]


@pytest.mark.parametrize(
    "name", ["folder", "empty", "binary", "missing", "pipe", "latin1", "nested", "null", "endless", "", "too long"]
)
def test_any_file_argument_may_be_any_file(tmp_path: Path, ltc: Path, name: str) -> None:
    path = strange_files(tmp_path)[name]
    before = tree_of(tmp_path)
    for words in verbs_with(path, ltc):
        told = cuefocus(*words)
        refused(told)
        assert told.text.strip(), words
        assert told.text.count("\n") <= 3, told.text
    assert tree_of(tmp_path) == before, "nothing lost, nothing left behind"


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unreadable to the superuser")
def test_a_file_that_may_not_be_read(tmp_path: Path, ltc: Path) -> None:
    path = tmp_path / "secret"
    path.write_text(SMALL)
    path.chmod(0)
    for words in verbs_with(path, ltc):
        refused(cuefocus(*words), "ermission")


@pytest.mark.parametrize("key", ["words", "beats"])
@pytest.mark.parametrize("name", ["folder", "empty", "binary", "missing", "pipe"])
def test_words_and_beats_may_be_any_file(tmp_path: Path, key: str, name: str) -> None:
    strange_files(tmp_path)
    text = SMALL.replace("    opening", f"    media: {{{key}: {name}}}\n    opening")
    refused(cuefocus("check", show_file(tmp_path, text), "--rig", RIG), name)


# --- the system is at fault ---


def small_files() -> None:
    """As on a full disk: no file grows past 64 KiB."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))


def test_a_disk_that_fills_up_in_a_rehearsal_costs_no_landing(tmp_path: Path, ltc: Path) -> None:
    """The journal cannot be kept whole: the racks land all the same, it is said, and the status is the system's."""
    show, journal = show_file(tmp_path, SMALL), tmp_path / "x.journal"
    words = ("rehearse", show, "--rig", RIG, "--timecode", ltc, "--json", "--journal", journal)
    told = cuefocus_process(*words, limit=small_files)
    refused(told, status=3)
    assert [row["verdict"] for row in told.json["landings"]] == ["landed", "landed"]
    assert "the journal cannot be written" in told.err
    assert 0 < journal.stat().st_size <= 1 << 16
    replayed = cuefocus("replay", journal, "--json")
    assert replayed.status == 0, "what is on disk is whole"


def test_a_disk_that_is_full_when_sound_is_written(tmp_path: Path) -> None:
    words = ("ltc", "generate", "--rate", "25", "--start", "01:00:00:00", "--seconds", "10", "-o", tmp_path / "x.wav")
    told = cuefocus_process(*words, limit=small_files)
    refused(told, "x.wav: cannot be written", status=3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_output_on_a_full_disk(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:

        def to_full() -> None:
            os.dup2(full.fileno(), 1)

        told = cuefocus_process("check", SHOW, "--rig", RIG, limit=to_full)
    refused(told, "No space left on device", status=3)


@pytest.mark.parametrize("place", ["nowhere/x.journal", "folder"])
def test_a_journal_that_cannot_be_kept_is_told_before_the_rehearsal(tmp_path: Path, ltc: Path, place: str) -> None:
    (tmp_path / "folder").mkdir()
    show = show_file(tmp_path, SMALL)
    told = cuefocus("rehearse", show, "--rig", RIG, "--timecode", ltc, "--json", "--journal", tmp_path / place)
    refused(told, "journal", place, status=3)
    assert told.out == ""


def test_a_journal_that_is_there_is_not_written_over(tmp_path: Path, ltc: Path) -> None:
    show = show_file(tmp_path, SMALL)
    told = cuefocus("rehearse", show, "--rig", RIG, "--timecode", ltc, "--journal", show)
    refused(told, "there is a file already", "name a new one")
    assert show.read_text() == SMALL


def test_ports_and_daemons_that_are_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    refused(cuefocus("tell", "arm"), "no CueFocus daemon", "cuefocus run", status=3)
    refused(cuefocus("sim", "motor", "--driver", "tilta", "--link", "udp:99999"), "99999")
