"""What the calendar's entries do, with the verbs, sockets, files and databases they do it with."""

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cuefocus.desk import chores as chores_module
from cuefocus.desk.calendar_keeper import Told
from cuefocus.desk.children import Children
from cuefocus.desk.chores import Chores, RunNow
from cuefocus.desk.run_files import RunFile
from cuefocus.errors import DeviceError
from cuefocus.rig.calendar import Entry
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.local_socket import LocalServer
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.app.running import LENS, RIG, SHOW

Fields = dict[str, object]
NOBODY: Fields = {"ok": True, "text": "no_signal", "data": {"armed": False, "faults": {}, "assumed": []}}


class Conductor:
    """Answers on a real socket, in order, the last answer for ever; `heard` is every word that was said to it."""

    def __init__(self, server: LocalServer, answers: list[Fields]) -> None:
        self._server, self._answers = server, answers
        self.heard: list[tuple[object, object, object]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        wait = DescriptorWait()
        wait.watch(self._server.fileno())
        while not self._over.is_set():
            wait.wait_until(now_ns() + 20 * NS_PER_MS)
            while (taken := self._server.take()) is not None:
                fields, peer = taken
                self.heard.append((fields["verb"], fields["value"], fields["source"]))
                answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
                self._server.answer(peer, answer)

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        self._server.close()


class Desk:
    """Chores of a small run, and what they told."""

    def __init__(self, folder: Path) -> None:
        (folder / "rig.yaml").write_text(RIG.format(lens=LENS))
        (folder / "show.yaml").write_text(SHOW)
        (folder / "takes").mkdir()
        self.folder, self.told = folder, list[Told]()
        self.meters: dict[str, Mapping[str, Any]] = {}
        self.ending = threading.Event()
        show, rig = folder / "show.yaml", folder / "rig.yaml"
        files = tuple(RunFile.of(path, by_content=True) for path in (show, rig))
        takes = folder / "takes"
        self.store, self.socket = takes / "takes.db", folder / "s"
        run = RunNow(show, rig, files, self.socket, takes, self.store)
        self.chores = Chores(run, self.told.append, self.meters, self.ending)

    def do(self, **fields: object) -> Told:
        self.chores.do(Entry.model_validate({"at": "19:25", **fields}))
        return self.told[-1]

    @contextmanager
    def conductor(self, *answers: Fields) -> Iterator[Conductor]:
        conductor = Conductor(LocalServer(self.socket), list(answers))
        try:
            yield conductor
        finally:
            conductor.end()

    def make_store(self) -> None:
        with closing(sqlite3.connect(self.store)) as opened, opened:
            opened.execute("create table landings (n integer)")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_check_is_the_verb_and_is_quiet_where_all_is_well(desk: Desk) -> None:
    assert desk.do(do="check") == Told("check", "check of show.yaml: 0 errors, 0 warnings")


def test_a_check_names_the_first_error_of_another_show(desk: Desk) -> None:
    (desk.folder / "matinee.yaml").write_text(SHOW.replace("to: band}", "to: bend}"))
    told = desk.do(do="check", show="matinee.yaml")
    assert told.alarm
    assert told.text.startswith("check of matinee.yaml: 1 error, 0 warnings; ")
    assert "no mark 'bend'" in told.text


def test_a_check_of_a_show_that_is_not_there_says_so_without_a_place_in_it(desk: Desk) -> None:
    told = desk.do(do="check", show="nix.yaml")
    assert told.alarm
    assert "nix.yaml: cannot be read: No such file or directory" in told.text


def test_a_show_that_was_changed_since_the_run_began_is_named(desk: Desk) -> None:
    show = desk.folder / "show.yaml"
    show.write_text(SHOW)  # saved again, the same words
    assert not desk.do(do="check").alarm
    show.write_text(SHOW.replace("title: Small", "title: Other"))
    told = desk.do(do="preload")
    assert told.alarm
    assert "since the run began show.yaml was changed: it goes on with what it read then" in told.text
    (desk.folder / "rig.yaml").rename(desk.folder / "other.yaml")
    assert "rig.yaml is gone" in desk.do(do="check").text


def test_a_preload_reads_every_file_of_the_run(desk: Desk) -> None:
    size = sum((desk.folder / name).stat().st_size for name in ("show.yaml", "rig.yaml"))
    told = desk.do(do="preload")
    assert not told.alarm
    assert told.text.endswith(f"; 2 files read, {size / 1e6:.1f} MB")


def test_sound_counts_as_changed_by_its_size_and_date(tmp_path: Path) -> None:
    sound = tmp_path / "song.wav"
    absent = RunFile.of(sound, by_content=False)
    assert absent.change == ""
    sound.write_bytes(bytes(100))
    assert absent.change == "is there now"
    known = RunFile.of(sound, by_content=False)
    assert known.change == ""
    sound.write_bytes(bytes(101))
    assert known.change == "was changed"


def test_a_reminder_says_its_words(desk: Desk) -> None:
    assert desk.do(do="remind", text="lens caps off") == Told("remind", "lens caps off", alarm=True)


def test_a_disarm_waits_for_the_rack_under_way(desk: Desk) -> None:
    busy: Fields = {"ok": False, "text": "under way: cue 3 on A.focus"}
    done: Fields = {"ok": True, "text": "disarmed; the axes hold"}
    with desk.conductor(busy, busy, done) as conductor:
        assert desk.do(do="disarm") == Told("disarm", "disarm at 19:25: disarmed; the axes hold")
    assert conductor.heard == [("disarm", "between-racks", "calendar")] * 3


def test_a_disarm_that_came_to_nothing_is_told(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores_module, "_DISARM_PATIENCE_NS", NS_PER_S // 2)
    with desk.conductor({"ok": False, "text": "under way: cue 3 on A.focus"}):
        told = desk.do(do="disarm")
    assert told == Told("disarm", "disarm at 19:25: not done: under way: cue 3 on A.focus; disarm by hand", alarm=True)
    assert "nobody listens there" in desk.do(do="disarm").text


@pytest.mark.parametrize("armed", [True, pytest.param(False, marks=pytest.mark.serial)])
def test_a_self_test_keeps_what_it_found_and_disturbs_no_take(desk: Desk, armed: bool) -> None:
    desk.make_store()
    desk.do(do="backup")
    desk.meters["ltc"] = {"level_dbfs": -20.0, "lock": 0.1}
    status = {"armed": armed, "faults": {"B.focus": "no answer for 2 s"}, "assumed": ["B.focus", "C.focus"]}
    with desk.conductor({"ok": True, "text": "", "data": status}) as conductor:
        told = desk.do(do="self-test")
    assert conductor.heard == [("status", "", "calendar")]
    assert told.alarm
    assert "B.focus: no answer for 2 s" in told.text
    [kept] = (desk.folder / "takes" / "self-tests").iterdir()
    assert str(kept) in told.text
    found = {row["what"]: row for row in json.loads(kept.read_text())["findings"]}
    assert found["source ltc"]["severity"] == "warning"
    assert found["backup"]["problem"] == "takes-000001.db can be read"
    assert found["axes"]["problem"].startswith("C.focus: where it stands is assumed")
    assert {"disk", "python", "calendar"} <= set(found)
    assert ("timing" in found) is armed
    assert any(what.startswith("timing, ") for what in found) is not armed


def test_a_self_test_without_a_conductor_says_so(desk: Desk) -> None:
    told = desk.do(do="self-test")
    assert told.alarm
    assert "conductor: " in told.text


def test_a_backup_is_made_or_there_is_none_to_make(desk: Desk) -> None:
    assert desk.do(do="backup") == Told("backup", "backup: there is no take store yet")
    desk.make_store()
    assert desk.do(do="backup").text.endswith("takes-000001.db")
    desk.store.write_bytes(b"no store at all " * 100)
    told = desk.do(do="backup")
    assert told.alarm
    assert "file is not a database" in told.text


def test_no_chore_says_anything_that_moves_a_motor(desk: Desk) -> None:
    with desk.conductor(NOBODY) as conductor:
        for do in ("check", "preload", "disarm", "self-test", "backup"):
            desk.do(do=do)
        desk.do(do="remind", text="arm, engage and go")
    assert {verb for verb, _, _ in conductor.heard} == {"disarm", "status"}


def _refused(run: Callable[[], object]) -> str:
    with pytest.raises(DeviceError) as refused:
        run()
    return str(refused.value)


def test_a_child_is_ended_with_the_desk_or_when_it_takes_too_long() -> None:
    ending = threading.Event()
    children = Children(ending)
    slow = ("clock", "generate", "--port", "virtual", "--seconds", "30")
    assert "took longer than 0 s" in _refused(lambda: children.verb(slow, patience_s=0))
    ending.set()
    assert "was broken off" in _refused(lambda: children.verb(slow, patience_s=30))


def test_a_child_that_prints_nothing_is_quoted() -> None:
    said = _refused(lambda: Children(threading.Event()).verb(("check", "none.yaml"), patience_s=60))
    assert said.startswith("`cuefocus check` said nothing of use: ")
