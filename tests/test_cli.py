"""The command line: help, usage, statuses, JSON and nothing else, pipes that close, journals that play again."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from cuefocus.app.ltc import generate_ltc
from cuefocus.landing.ledger import encode_line
from cuefocus.landing.rows import row_from_dict
from tests.app.verb import MANY_S, RIG, ROOT, SHOW, cuefocus, refused, tree_of

VERBS = (
    "run",
    "tell",
    "check",
    "rehearse",
    "replay",
    "report",
    "doctor",
    "schema",
    "ports",
    "ltc",
    "mtc",
    "artnet",
    "sim",
)
TALKSHOW = ROOT / "cues" / "talkshow.yaml"


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a rehearsal of the talk show: its sound, its journal and what it said."""
    folder = tmp_path_factory.mktemp("rehearsed")
    generate_ltc(folder / "x.wav", rate="25", start="19:59:57:00", seconds=12)
    words = ("rehearse", TALKSHOW, "--rig", RIG, "--timecode", folder / "x.wav", "--json")
    told = cuefocus(*words, "--fire", "2@20:00:06:00", "--journal", folder / "x.journal")
    assert told.status == 0, told.text
    (folder / "said.json").write_text(told.out)
    return folder


def test_help_names_every_verb() -> None:
    told = cuefocus("--help")
    assert told.status == 0
    for verb in VERBS:
        assert f"  {verb} " in told.out
        asked = cuefocus(verb, "--help")
        assert asked.status == 0
        assert "usage" in asked.out.lower()


def test_the_version_is_said() -> None:
    told = cuefocus("--version")
    assert (told.status, told.out) == (0, f"cuefocus {version('cuefocus')}\n")


def test_rehearse_takes_the_forms_that_run_takes(rehearsed: Path) -> None:
    words = ("rehearse", TALKSHOW, "--rig", RIG, "--fire", "2@20:00:06:00", "--json", "--timecode")
    sound = f"file:{rehearsed / 'x.wav'}"
    assert json.loads(cuefocus(*words, f"{sound}#1").out)["landings"]
    assert "has no channel 2" in cuefocus(*words, f"{sound}#2").err


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("bogus",),
        ("check",),
        ("check", SHOW),
        ("check", SHOW, "--rig"),
        ("check", SHOW, "--rig", RIG, "--loud"),
        ("check", SHOW, SHOW, "--rig", RIG),
        ("rehearse", SHOW, "--rig", RIG),
        ("replay",),
        ("ltc",),
        ("ltc", "decode"),
        ("ltc", "decode", "x.wav", "--channel", "0"),
        ("ltc", "decode", "x.wav", "--channel", "left"),
        ("ltc", "decode", "x.raw", "--raw", "s16le"),
        ("ltc", "decode", "x.wav", "--sample-rate", "48000"),
        ("ltc", "decode", "x.wav", "--channels", "2"),
        ("ltc", "generate", "--rate", "25", "--start", "01:00:00:00", "--seconds", "ten", "-o", "x.wav"),
        ("report", "one"),
        ("run", "--rig", RIG, "--show", SHOW, "--takes", "-1"),
        ("schema", "bogus"),
        ("tell",),
        ("tell", "bogus"),
        ("tell", "hand"),
        ("tell", "arm", "A", "B"),
        ("sim", "motor", "--driver", "bogus", "--link", "x"),
    ],
    ids=lambda words: " ".join(str(word).rpartition("/")[2] for word in words) or "nothing",
)
def test_wrong_usage_is_status_2_and_says_how(words: tuple[object, ...]) -> None:
    told = cuefocus(*words)
    assert told.status == 2
    assert told.out == ""
    assert "sage" in told.err or "requires an argument" in told.err
    assert "Traceback" not in told.err


def test_json_is_all_that_is_on_standard_output(rehearsed: Path) -> None:
    checked = cuefocus("check", SHOW, "--rig", RIG, "--json")
    assert checked.status == 0
    assert all(list(row) == "file line column where severity problem hint".split() for row in checked.json)
    decoded = cuefocus("ltc", "decode", rehearsed / "x.wav", "--json")
    rows = [json.loads(line) for line in decoded.out.splitlines()]
    assert len(rows) == 300
    assert all(list(row) == "timecode rate start_sample direction speed".split() for row in rows)
    ports = cuefocus("ports", "--json")
    assert all(list(row) == "kind address use device description stable".split() for row in ports.json)
    said = json.loads((rehearsed / "said.json").read_text())
    assert list(said) == ["take", "landings", "sends"]


def test_doctor_tells_what_it_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    told = cuefocus("doctor", "--json")
    assert told.status == (3 if any(row["severity"] == "error" for row in told.json) else 0)
    assert all(list(row) == ["severity", "what", "problem", "hint"] for row in told.json)
    assert {"python", "clock"} <= {row["what"] for row in told.json}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["show", "rig", "lens", "words", "beats"])
def test_schemas_are_json_schemas(kind: str, tmp_path: Path) -> None:
    told = cuefocus("schema", kind)
    assert told.status == 0
    assert told.json["$id"] == f"urn:cuefocus-{kind}:1"
    assert told.out.endswith("}\n")
    assert cuefocus("schema", kind, "-o", tmp_path / "x.json").out == ""
    assert (tmp_path / "x.json").read_text() == told.out
    refused(cuefocus("schema", kind, "-o", tmp_path), "cannot be written", status=3)


@pytest.mark.parametrize(
    ("fire", "says"),
    [
        ("2", "write CUE@HH:MM:SS:FF"),
        ("2@", "write"),
        ("@", "no triggered cue ''"),
        ("9@20:00:06:00", "have 2, 3, 4, 5, 6"),
        ("1@20:00:06:00", "no triggered cue '1'"),
        ("2@20:00:06:25", "frames run from 00 to 24"),
        ("2@25:00:06:00", "does not exist"),
        ("2@20:00:06;00", "drop-frame"),
        ("2@soon", "--fire 2@soon: 'soon' is not a timecode"),
    ],
)
def test_a_firing_that_cannot_be(fire: str, says: str, rehearsed: Path) -> None:
    words = ("rehearse", TALKSHOW, "--rig", RIG, "--timecode", rehearsed / "x.wav", "--json")
    told = cuefocus(*words, "--fire", fire)
    refused(told, says)
    assert told.out == ""


def test_a_firing_whose_moment_never_comes_is_said(rehearsed: Path) -> None:
    words = ("rehearse", TALKSHOW, "--rig", RIG, "--timecode", rehearsed / "x.wav", "--json")
    told = cuefocus(*words, "--fire", "2@19:00:00:00", "--fire", "4@20:00:50:00", "--fire", "6@20:00:06:00")
    assert told.status == 0
    assert {row["cue"] for row in told.json["landings"]} == {"1", "6"}
    assert told.err.splitlines() == [f"cue {cue} was not fired: its moment never came" for cue in ("2", "4")]


def test_a_replay_says_the_same_again(rehearsed: Path) -> None:
    """Byte for byte, twice, and from a copy whose sources have gone."""
    said = (rehearsed / "said.json").read_text()
    assert {row["cue"] for row in json.loads(said)["landings"]} == {"1", "2", "3"}
    before = tree_of(rehearsed)
    for _ in range(2):
        told = cuefocus("replay", rehearsed / "x.journal", "--json")
        assert (told.status, told.out, told.err) == (0, said, "")
    assert tree_of(rehearsed) == before


def test_a_replay_in_another_process_says_the_same(rehearsed: Path, tmp_path: Path) -> None:
    """Nothing hangs on this process: another hash seed, another folder."""
    argv = [sys.executable, "-m", "cuefocus", "replay", str(rehearsed / "x.journal"), "--json"]
    env = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(argv, capture_output=True, text=True, timeout=MANY_S, cwd=tmp_path, env=env, check=False)
    assert (done.returncode, done.stdout) == (0, (rehearsed / "said.json").read_text())


def test_a_torn_journal_says_so(rehearsed: Path, tmp_path: Path) -> None:
    whole = (rehearsed / "x.journal").read_bytes()
    path = tmp_path / "torn.journal"
    path.write_bytes(whole[:-9])
    told = cuefocus("replay", path, "--json")
    assert told.status == 0
    assert f"{path}: the journal is torn" in told.err
    path.write_bytes(whole[: whole.index(b"\n") - 9])
    refused(cuefocus("replay", path, "--json"), str(path), "within its header")
    half = whole[: len(whole) // 2].rpartition(b"\n")[0]
    path.write_bytes(half + b"\n" + b'{"not": "a step"}\n')
    refused(cuefocus("replay", path, "--json"), str(path))


def test_a_journal_of_another_version_is_refused(rehearsed: Path, tmp_path: Path) -> None:
    whole = (rehearsed / "x.journal").read_bytes()
    head, _, rest = whole.partition(b"\n")
    path = tmp_path / "old.journal"
    path.write_bytes(head.replace(version("cuefocus").encode(), b"0.0.9", 1) + b"\n" + rest)
    refused(cuefocus("replay", path, "--json"), "0.0.9")


def test_a_report_of_nothing(tmp_path: Path) -> None:
    refused(cuefocus("report", "--store", tmp_path / "takes.db"), "no take store", "cuefocus run")
    refused(cuefocus("report", "--store", tmp_path / "takes.db", "--json"), "no take store")
    assert list(tmp_path.iterdir()) == []


def test_a_report_of_what_the_ledger_holds(rehearsed: Path, tmp_path: Path) -> None:
    landings = json.loads((rehearsed / "said.json").read_text())["landings"]
    lines = [encode_line("run-1", number, row_from_dict(row)) for number, row in enumerate(landings)]
    (tmp_path / "ledger.jsonl").write_bytes(b"".join(lines))
    store = tmp_path / "takes.db"
    told = cuefocus("report", "--store", store, "--json", "--csv", tmp_path / "x.csv", "--html", tmp_path / "x.html")
    assert (told.status, told.json) == (0, landings)
    assert (tmp_path / "x.csv").read_text().count("\n") == len(landings) + 1
    assert cuefocus("report", "1", "--store", store).out.count("landed") >= 1
    told = cuefocus("report", "7", "--store", store)
    assert told.status == 1
    assert "there is no take 7; there are: 1" in told.err


def test_a_reader_that_leaves_early_ends_it_quietly(rehearsed: Path) -> None:
    for words in (["ltc", "decode", str(rehearsed / "x.wav"), "--json"], ["schema", "show"]):
        argv = [sys.executable, "-m", "cuefocus", *words]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reading:
            assert reading.stdout is not None
            assert reading.stderr is not None
            reading.stdout.read(1)
            reading.stdout.close()
            assert reading.stderr.read() == b""
            assert reading.wait(MANY_S) == 0


def test_a_cut_source_can_be_rehearsed_beside_a_whole_one(rehearsed: Path, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.wav", tmp_path / "cut.wav"
    generate_ltc(whole, rate="25", start="00:59:57:00", seconds=60)
    generate_ltc(cut, rate="25", start="00:59:57:00", seconds=9)
    one, two = (
        cuefocus("rehearse", SHOW, "--rig", RIG, "--json", *sounds)
        for sounds in (("--timecode", whole), ("--timecode", cut, "--timecode", whole))
    )
    assert (one.status, two.status) == (0, 0)
    assert "source 2 leads" in two.err
    for before, after in zip(one.json["landings"], two.json["landings"], strict=True):
        assert after["verdict"] == before["verdict"]
        assert after["error_ms"] == pytest.approx(before["error_ms"], abs=1.0)
