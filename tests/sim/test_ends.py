"""A simulated motor's link belongs to one living process' motor."""

import os
from pathlib import Path

import pytest

from cuefocus.errors import LinkError
from cuefocus.sim.ends import PtyEnd


def test_the_link_of_a_living_motor_is_left_to_it(tmp_path: Path) -> None:
    first, second = PtyEnd(str(tmp_path / "motor")), PtyEnd(str(tmp_path / "." / "motor"))
    first.open()
    leads_to = os.readlink(tmp_path / "motor")
    with pytest.raises(LinkError, match="another simulated motor is there; stop that one first"):
        second.open()
    second.close()
    assert os.readlink(tmp_path / "motor") == leads_to
    first.close()
    assert not (tmp_path / "motor").is_symlink()
    second.open()
    second.close()


def test_a_link_left_over_is_replaced_and_one_made_by_others_since_stays(tmp_path: Path) -> None:
    (tmp_path / "motor").symlink_to("/dev/pts/no-more")
    end = PtyEnd(str(tmp_path / "motor"))
    end.open()
    assert os.readlink(tmp_path / "motor") != "/dev/pts/no-more"
    (tmp_path / "motor").unlink()
    (tmp_path / "motor").symlink_to("/elsewhere")
    end.close()
    assert os.readlink(tmp_path / "motor") == "/elsewhere"
