"""The motion process with motors that say where they stand: simulated boxes on UDP, in a process of their own."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cuefocus.engine.plan import Latch
from cuefocus.motion.track import Track
from cuefocus.shells.motion_config import AxisConfig
from cuefocus.shells.shm_motion import AxisFlag
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.motion_rig import MotionRig, pull, tilta_spec

pytestmark = pytest.mark.serial

A, B = "A.focus", "B.focus"
START = {A: 0.25, B: 0.5}
COUNTS_FAR = 65_535

Boxes = dict[str, subprocess.Popen[bytes]]
Box = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def ports() -> dict[str, int]:
    free: dict[str, int] = {}
    for axis in START:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            free[axis] = probe.getsockname()[1]
    return free


@pytest.fixture
def box(ports: dict[str, int]) -> Iterator[Box]:
    made: list[subprocess.Popen[bytes]] = []

    def start(axis: str, *more: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "cuefocus.app.sim_motor", "--driver", "bridge", "--link", f"udp:{ports[axis]}"]
        command += ["--dead-ms", "2", "--lag-ms", "5", "--start", str(START[axis]), *more]
        made.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE))
        assert made[-1].stdout is not None
        made[-1].stdout.readline()
        return made[-1]

    yield start
    for process in made:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


@pytest.fixture
def rig(tmp_path: Path, ports: dict[str, int], box: Box) -> Iterator[tuple[MotionRig, Boxes]]:
    boxes = {axis: box(axis) for axis in START}
    specs = [replace(tilta_spec(axis), counts_far=COUNTS_FAR, feedback=True) for axis in START]
    axes = [AxisConfig(spec, "bridge", f"udp:127.0.0.1:{ports[spec.name]}") for spec in specs]
    made = MotionRig(tmp_path, axes).start()
    made.run_clock()
    made.pass_time(50 * NS_PER_MS)
    yield made, boxes
    made.close()


def test_where_the_motors_stand_is_read_before_anything_else(rig: tuple[MotionRig, Boxes]) -> None:
    motion, _ = rig
    for axis, ring in START.items():
        assert motion.troubles(axis, "back")[0].reason == f"position read: {round(ring * COUNTS_FAR)} counts"
        assert not motion.troubles(axis, "fault")
    assert motion.memory.axis_words[0].read().flags == AxisFlag.NONE


def test_reports_of_the_whole_motion_reach_the_conductor(rig: tuple[MotionRig, Boxes]) -> None:
    motion, _ = rig
    start = motion.show_now_ns() + 200 * NS_PER_MS
    motion.engage(A, Track(0.25, [pull(0.25, 0.75, start, 600 * NS_PER_MS)]), attach=1)
    motion.until(lambda: motion.show_now_ns() > start + NS_PER_S, "the rack is over")
    counts = [report.counts for report in motion.feedback(A)]
    assert counts[-1] == pytest.approx(0.75 * COUNTS_FAR, abs=20)
    assert any(0.3 * COUNTS_FAR < heard < 0.7 * COUNTS_FAR for heard in counts)
    assert motion.memory.axis_words[0].read().reports >= len(counts)


def test_a_motor_that_stops_answering_is_a_fault_and_its_word_ends_it(rig: tuple[MotionRig, Boxes]) -> None:
    motion, boxes = rig
    boxes[A].send_signal(signal.SIGSTOP)
    motion.until(lambda: bool(motion.troubles(A, "fault")), "the silence is noticed")
    assert "not answered" in motion.troubles(A, "fault")[0].reason
    assert not motion.troubles(B, "fault")
    boxes[A].send_signal(signal.SIGCONT)
    motion.until(lambda: len(motion.troubles(A, "back")) == 2, "it answers again")
    assert motion.memory.axis_words[0].read().flags == AxisFlag.NONE


def test_a_motor_that_never_answers_is_a_fault_with_a_cure_and_gets_no_set_point(tmp_path: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        spec = replace(tilta_spec(A), counts_far=COUNTS_FAR, feedback=True)
        motion = MotionRig(tmp_path, [AxisConfig(spec, "bridge", f"udp:127.0.0.1:{mute.getsockname()[1]}")]).start()
        try:
            motion.run_clock()
            motion.until(lambda: bool(motion.troubles(A, "fault")), "the silence is noticed")
            reason = "the motor has not answered yet; is it switched on, and is this its port?"
            assert motion.troubles(A, "fault")[0].reason == reason
            start = motion.show_now_ns() + 100 * NS_PER_MS
            motion.engage(A, Track(0.25, [pull(0.25, 0.75, start, 300 * NS_PER_MS)]), attach=1)
            motion.pass_time(600 * NS_PER_MS)
            assert motion.sent(A) == []
        finally:
            motion.close()


def test_a_motor_that_does_not_know_its_end_stops_gets_no_set_point(
    tmp_path: Path, ports: dict[str, int], box: Box
) -> None:
    box(A, "--uncalibrated")
    spec = replace(tilta_spec(A), counts_far=COUNTS_FAR, feedback=True)
    motion = MotionRig(tmp_path, [AxisConfig(spec, "bridge", f"udp:127.0.0.1:{ports[A]}")]).start()
    try:
        motion.run_clock()
        motion.until(lambda: bool(motion.troubles(A, "fault")), "its doubt is heard")
        assert motion.troubles(A, "fault")[0].reason.startswith("the motor does not know its end stops")
        start = motion.show_now_ns() + 100 * NS_PER_MS
        motion.engage(A, Track(0.25, [pull(0.25, 0.75, start, 300 * NS_PER_MS)]), attach=1)
        motion.pass_time(600 * NS_PER_MS)
        assert motion.sent(A) == []
        assert len(motion.troubles(A, "fault")) == 1
    finally:
        motion.close()


def test_a_jammed_motor_is_a_fault_that_says_where_it_stuck(rig: tuple[MotionRig, Boxes]) -> None:
    motion, boxes = rig
    start = motion.show_now_ns() + 200 * NS_PER_MS
    motion.engage(A, Track(0.25, [pull(0.25, 0.75, start, 600 * NS_PER_MS)]), attach=1)
    motion.until(lambda: motion.show_now_ns() > start, "the rack begins")
    stdin = boxes[A].stdin
    assert stdin is not None
    stdin.write(b"jam\n")
    stdin.flush()
    motion.until(lambda: bool(motion.troubles(A, "fault")), "the jam is noticed")
    assert "does not follow" in motion.troubles(A, "fault")[0].reason
    assert not motion.troubles(B, "fault")


def test_a_box_that_went_away_is_found_again_where_it_stands(rig: tuple[MotionRig, Boxes], box: Box) -> None:
    motion, boxes = rig
    boxes[A].kill()
    motion.until(lambda: bool(motion.troubles(A, "fault")), "it is missed")
    box(A)
    motion.until(lambda: len(motion.troubles(A, "back")) == 2, "it is back")
    assert motion.troubles(A, "back")[1].reason == f"position read: {round(0.25 * COUNTS_FAR)} counts"


def test_release_takes_torque_off_and_afterwards_the_axis_starts_from_where_it_is(rig: tuple[MotionRig, Boxes]) -> None:
    motion, _ = rig
    motion.engage(A, Track(0.25), attach=1)
    motion.until(lambda: bool(motion.sent(A)), "the axis follows")
    assert motion.ask("release", "A")["ok"]
    motion.until(lambda: bool(motion.memory.axis_words[0].read().flags & AxisFlag.RELEASED), "torque is off")
    frames = motion.memory.axis_words[0].read().frames
    motion.pass_time(200 * NS_PER_MS)
    assert motion.memory.axis_words[0].read().frames == frames
    assert motion.latched(A)[-1].latch == Latch.RELEASE
    assert motion.ask("clear", "A")["ok"]
    motion.until(lambda: motion.latched(A)[-1].latch == Latch.NONE, "the release is over")
    motion.pass_time(200 * NS_PER_MS)
    assert motion.memory.axis_words[0].read().frames == frames, "it must be engaged anew"
