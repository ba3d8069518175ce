"""A daemon's folder is private, can be found, and is cleared away after a crash."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cuefocus.app.runtime_dir import claim, find, runtime_base
from cuefocus.errors import DeviceError, InputError


@pytest.fixture
def base() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="cf-") as short:  # a socket's path may have 107 bytes
        yield runtime_base({"XDG_RUNTIME_DIR": short})


def test_nobody_else_can_look_in(base: Path) -> None:
    folder = claim(base)
    assert stat.S_IMODE(base.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700
    folder.remove()


def test_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cuefocus").mkdir(mode=0o755)
    with pytest.raises(DeviceError, match="closed to others"):
        runtime_base({"XDG_RUNTIME_DIR": str(tmp_path)})


def test_the_daemon_started_last_is_found_without_a_name_and_any_by_its_name(base: Path) -> None:
    first, second = claim(base, "one"), claim(base, "two")
    assert find(base).name == "two"
    assert find(base, "one").path == first.path.resolve()
    assert find(base).others == ("one",)
    assert find(base, "one").others == ()
    second.remove()
    assert (find(base).name, find(base).others) == ("one", ())
    with pytest.raises(DeviceError, match="running: one"):
        find(base, "two")
    first.remove()
    with pytest.raises(DeviceError, match=r"no CueFocus daemon is running.*cuefocus run"):
        find(base)


def test_the_dead_are_passed_over_for_the_newest_that_lives(base: Path) -> None:
    alive = {"old": claim(base, "old"), "new": claim(base, "new")}
    dead = claim(base, "dead")
    os.utime(alive["old"].path / "lock", ns=(1, 1))
    os.close(dead.lock_fd)
    assert (find(base).name, find(base).others) == ("new", ("old",))
    with pytest.raises(DeviceError, match="running: new, old"):
        find(base, "dead")
    alive["new"].remove()
    assert (find(base).name, find(base).others) == ("old", ())
    alive["old"].remove()


def test_a_name_in_use_is_refused_and_so_is_one_that_is_a_path(base: Path) -> None:
    folder = claim(base, "stage")
    with pytest.raises(InputError, match="running"):
        claim(base, "stage")
    with pytest.raises(InputError, match="cannot name"):
        claim(base, "../stage")
    folder.remove()


def test_what_a_dead_daemon_left_is_cleared_when_the_next_one_starts(base: Path) -> None:
    dead = claim(base, "dead")
    os.close(dead.lock_fd)
    alive = claim(base, "alive")
    assert sorted(entry.name for entry in base.iterdir()) == ["alive", "current"]
    alive.remove()
