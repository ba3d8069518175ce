import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rich.console import Console

from cuefocus.app.report import print_report, rendered, report, reports_of_store
from cuefocus.errors import DeviceError, InputError
from cuefocus.landing.report import make_report
from cuefocus.takes.ingest import ingest
from cuefocus.takes.opening import open_store
from tests.takes.ledgers import row, rows, write_ledger


def text_of(store: Path, width: int = 160) -> str:
    console = Console(width=width, highlight=False, record=True, quiet=True)
    with console.capture() as shown:
        console.quiet = False
        (made,) = reports_of_store(store)[1]
        console.print(*rendered(made, width), sep="\n")
    return shown.get()


def test_the_report_holds_what_the_ledger_holds_beyond_the_store(tmp_path: Path) -> None:
    store = tmp_path / "takes.db"
    write_ledger(tmp_path / "ledger.jsonl", rows(takes=1))
    assert len(report(store, [], show=False)) == 3
    write_ledger(tmp_path / "ledger.jsonl", rows(takes=1, cues=2), run="run-2")
    assert len(report(store, [1], show=False)) == 5


def test_page_csv_and_rows_say_the_same(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger.jsonl", rows())
    found = report(tmp_path / "takes.db", [2], html=tmp_path / "r.html", csv=tmp_path / "r.csv", show=False)
    assert [one.as_dict() for one in found] == [one.as_dict() for one in rows() if one.take == 2]
    assert (tmp_path / "r.csv").read_text().count("\n") == 4
    assert "<svg" in (tmp_path / "r.html").read_text()
    first = (tmp_path / "r.html").read_bytes()
    report(tmp_path / "takes.db", [2], html=tmp_path / "r.html", show=False)
    assert (tmp_path / "r.html").read_bytes() == first


def test_the_table_shows_takes_side_by_side_with_marks(tmp_path: Path) -> None:
    path = tmp_path / "takes.db"
    late = row(take=2, verdict="late", error_ms=41.0, error_frames=1.03, reason="playback jumped")
    write_ledger(tmp_path / "ledger.jsonl", [row(), late])
    with open_store(path) as store:
        ingest(store, tmp_path / "ledger.jsonl")
        store.correct_take(2, scene="12", slate="B")
        store.mark_pass(2, 1, "ng")
    text = text_of(path)
    assert "12 B take 2 (ng)" in text
    assert "late +41.0 ms" in text
    assert "Cue 1, Ben sharp 1 frame late on goodbye (measured at the motor, ±0.8 ms): playback jumped." in text
    assert "2 landings: 1 landed, 1 late" in text


def test_what_the_width_does_not_allow_is_said(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger.jsonl", rows(takes=9))
    assert "earlier not shown" in text_of(tmp_path / "takes.db", 90)
    assert "earlier not shown" not in text_of(tmp_path / "takes.db", 220)


def test_two_shows_in_one_store_share_no_line_and_no_statistics(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger, page, table = tmp_path / "ledger.jsonl", tmp_path / "r.html", tmp_path / "r.csv"
    write_ledger(ledger, [row(error_ms=1.0), row(take=2, error_ms=3.0)], show="Duet (duet.yaml)")
    write_ledger(ledger, [row(take=3, error_ms=90.0)], run="run-2", show="solo.yaml")
    found = report(tmp_path / "takes.db", [], html=page, csv=table)
    assert [one.as_dict()["show"] for one in found] == ["Duet (duet.yaml)", "Duet (duet.yaml)", "solo.yaml"]
    assert list(found[0].as_dict())[:-1] == list(row().as_dict())
    _, (duet, solo) = reports_of_store(tmp_path / "takes.db")
    assert [(rack.repeatability.mean_ms, rack.repeatability.std_ms) for rack in duet.racks + solo.racks] == [
        (2.0, pytest.approx(2**0.5)),
        (90.0, None),
    ]
    assert [len(made.columns) for made in (duet, solo)] == [2, 1]
    lines = capsys.readouterr().out.splitlines()
    assert lines.index("Duet (duet.yaml)") < lines.index("solo.yaml")
    assert [line for line in lines if "repeats within" in line] == [
        "2 landings: 2 landed; median error +2.0 ms, worst +3.0 ms (cue 1); repeats within 1.4 ms."
    ]
    assert '<h1 class="show">Duet (duet.yaml)</h1>' in page.read_text()
    assert '<h1 class="show">solo.yaml</h1>' in page.read_text()
    heading, first, *_ = table.read_text().splitlines()
    assert (heading.split(",")[-1], first.split(",")[-1]) == ("show", "Duet (duet.yaml)")


def test_a_cue_with_another_target_or_anchor_is_another_rack(tmp_path: Path) -> None:
    many = [row(), row(take=2, target="door"), row(take=3, target="door"), row(take=4, target="door", anchor="alone")]
    write_ledger(tmp_path / "ledger.jsonl", many, show="duet.yaml")
    _, (made,) = reports_of_store(tmp_path / "takes.db")
    assert [(rack.target, rack.when, rack.repeatability.count) for rack in made.racks] == [
        ("ben", "goodbye", 1),
        ("door", "goodbye", 2),
        ("door", "alone", 1),
    ]


def test_a_report_that_is_piped_leaves_nothing_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_ledger(tmp_path / "ledger.jsonl", rows(takes=30))
    report(tmp_path / "takes.db", [])
    out = capsys.readouterr().out
    assert "not shown" not in out
    assert all(f"take {take}" in out for take in range(1, 31))
    assert max(len(line) for line in out.splitlines()) < 1_000


def test_a_report_without_a_store(capsys: pytest.CaptureFixture[str]) -> None:
    print_report([row(name="[bold]brackets[/] stay")])
    print_report([])
    out = capsys.readouterr().out
    assert "1 landing: 1 landed" in out
    assert "No racks." in out


def test_brackets_in_names_are_text_not_markup() -> None:
    console = Console(width=120)
    with console.capture() as shown:
        console.print(*rendered(make_report([row(cue="[red]9", target="[/]", verdict="late", reason="[x]")]), 120))
    assert "[red]9" in shown.get()
    assert "[x]" in shown.get()


def test_no_store_no_such_take_and_no_place_to_write_are_sentences(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no take store here"):
        report(tmp_path / "takes.db", [])
    write_ledger(tmp_path / "ledger.jsonl", rows())
    with pytest.raises(InputError, match="there is no take 9"):
        report(tmp_path / "takes.db", [9], show=False)
    with pytest.raises(DeviceError, match="cannot be written"):
        report(tmp_path / "takes.db", [], html=tmp_path / "none" / "r.html", show=False)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [({"verdict": "sublime"}, "'sublime' is not a valid Verdict"), ({"target": None}, "it has no 'target'")],
)
def test_a_landing_of_another_version_is_a_sentence(
    tmp_path: Path, given: dict[str, str | None], sentence: str
) -> None:
    keys = {key: value for key, value in (row().as_dict() | given).items() if value is not None or key != "target"}
    line = json.dumps({"run": "later", "number": 0, "row": keys}, separators=(",", ":"))
    (tmp_path / "ledger.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=f"a landing of take 1 cannot be read: {sentence}"):
        report(tmp_path / "takes.db", [], show=False)


def test_a_store_that_cannot_be_used_gives_way_to_its_ledger(tmp_path: Path) -> None:
    write_ledger(tmp_path / "ledger.jsonl", rows())
    (tmp_path / "takes.db").mkdir()
    assert [one.as_dict() for one in report(tmp_path / "takes.db", [], show=False)] == [one.as_dict() for one in rows()]
    assert json.loads(json.dumps(rows()[0].as_dict()))["take"] == 1


@pytest.mark.parametrize("content", [b"", b"schema: cuefocus-show/1\n", b"\x00\xff" * 900])
def test_a_report_leaves_alone_what_is_no_take_store(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "duet.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a take store"):
        report(path, [])
    assert [file.name for file in tmp_path.iterdir()] == ["duet.yaml"]
    assert path.read_bytes() == content


_OURS = "PRAGMA application_id=1128689507"  # "CFoc"
_EMPTY = "this is an empty database: no take was ever stored in it; name the store of a run that has had a take"
_FOREIGN = "this is another program's database; name another file"


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (("CREATE TABLE songs (name)", "DROP TABLE songs"), _EMPTY),
        ((_OURS,), _EMPTY),
        (("CREATE TABLE songs (name)",), _FOREIGN),
        (("CREATE TABLE songs (name)", "PRAGMA user_version=99"), _FOREIGN),
    ],
)
def test_a_database_that_holds_no_takes_is_named_and_left_alone(
    tmp_path: Path, statements: tuple[str, ...], sentence: str
) -> None:
    path = _database(tmp_path, *statements)
    before = path.read_bytes()
    with pytest.raises(InputError) as raised:
        report(path, [])
    assert str(raised.value) == f"{path}: {sentence}; `cuefocus run` keeps its own in takes/takes.db"
    assert [file.name for file in tmp_path.iterdir()] == ["t.db"]
    assert path.read_bytes() == before


def test_a_store_that_lost_its_tables_is_damaged(tmp_path: Path) -> None:
    path = _database(tmp_path, _OURS, "PRAGMA user_version=1")
    with pytest.raises(DeviceError, match=r"damaged .it has no table of landings, offsets, passes, takes"):
        report(path, [])
    write_ledger(tmp_path / "ledger.jsonl", rows())
    assert len(report(path, [], show=False)) == len(rows())
    with open_store(path) as store:
        assert "t.db.damaged-1" in store.warnings[0]
        assert store.takes() == []


def _database(folder: Path, *statements: str) -> Path:
    path = folder / "t.db"
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    return path


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_where_output_has_not_our_letters_they_are_replaced(tmp_path: Path, encoding: str) -> None:
    late = row(target="∞", verdict="late", error_ms=-41.0, reason="naïve – ∞")
    write_ledger(tmp_path / "ledger.jsonl", [row(), late])
    for more in ([], ["--json"], ["7"]):
        argv = [sys.executable, "-m", "cuefocus", "report", *more, "--store", str(tmp_path / "takes.db")]
        environ = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(argv, capture_output=True, env=environ, timeout=60, check=False)
        assert b"Traceback" not in done.stderr
        assert (done.returncode, bool(done.stdout)) == ((1, False) if more == ["7"] else (0, True))
