"""Our seat in a Link session of two other programs, by Link's own library; skipped where it is not installed."""

import contextlib
import importlib.util
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.link_session import Heard, LinkSession
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

pytestmark = [
    pytest.mark.serial,
    pytest.mark.skipif(
        importlib.util.find_spec("link") is None, reason="needs LinkPython (pip install 'cuefocus[link]')"
    ),
]
PROGRAM = Path(__file__).parents[1] / "app" / "link_program.py"


@contextlib.contextmanager
def program(bpm: float) -> Iterator["subprocess.Popen[str]"]:
    argv = [sys.executable, str(PROGRAM), str(bpm)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(session: LinkSession, wanted: Callable[[Heard], bool], seconds: float = 15.0) -> Heard:
    """The first look that is as wanted, or the last one."""
    give_up_ns = now_ns() + round(seconds * NS_PER_S)
    while not wanted(heard := session.look()) and now_ns() < give_up_ns:
        HostClock().sleep_until(now_ns() + 20 * NS_PER_MS)
    return heard


def test_a_seat_is_taken_beside_two_programs_and_left_with_the_last_of_them() -> None:
    with contextlib.closing(LinkSession(4.0)) as session:
        assert session.look().moment.peers == 0
        with program(97.0) as first:
            found = until(session, lambda heard: heard.moment.peers == 1)
            if not found.moment.peers:
                pytest.skip("multicast does not come back to this machine: no Link session can be made here")
            assert found.moment.bpm == pytest.approx(97.0, abs=1e-3), "theirs, not ours"
            with program(140.0):
                both = until(session, lambda heard: heard.moment.peers == 2)
                assert both.moment.peers == 2
                assert first.stdin is not None
                first.stdin.write("play\n")
                first.stdin.flush()
                playing = until(session, lambda heard: heard.moment.quarters is not None)
                assert playing.moment.playing
                later = until(session, lambda heard: heard.stamp_ns - playing.stamp_ns > NS_PER_S)
                assert playing.moment.quarters is not None
                assert later.moment.quarters is not None
                passed = later.moment.quarters - playing.moment.quarters
                lasted_s = (later.stamp_ns - playing.stamp_ns) / NS_PER_S
                assert passed == pytest.approx(later.moment.bpm / 60 * lasted_s, abs=0.02)
            assert until(session, lambda heard: heard.moment.peers == 1).moment.peers == 1
        assert until(session, lambda heard: heard.moment.peers == 0).moment.peers == 0
        assert session.look().moment.quarters is None
