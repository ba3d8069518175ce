"""The motion process on real ptys and sockets. What is claimed holds on a busy machine; figures are for benchmarks."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cuefocus.engine.plan import AxisPlan, Latch, Splice
from cuefocus.engine.ports import Sent
from cuefocus.motion.track import LandingInstant, Segment, Track
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.motion_config import AxisConfig
from cuefocus.shells.shm_motion import AxisFlag
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.motion_rig import PATIENCE_NS, Line, MotionRig, pull, tilta_spec

pytestmark = pytest.mark.serial

A, B = "A.focus", "B.focus"
AT_ONCE_NS = 2 * NS_PER_S
"""How long "now" may take when other work has both cores."""

MakeRig = Callable[..., tuple[MotionRig, dict[str, Line]]]


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[MakeRig]:
    made: list[tuple[MotionRig, dict[str, Line]]] = []

    def make(*axes: str, plugged: bool = True, period_ns: int = 20 * NS_PER_MS) -> tuple[MotionRig, dict[str, Line]]:
        lines = {axis: Line(tmp_path / axis) for axis in axes}
        for line in lines.values() if plugged else ():
            line.plug()
        specs = [tilta_spec(axis, period_ns=period_ns) for axis in axes]
        rig = MotionRig(tmp_path, [AxisConfig(spec, "tilta", f"serial:{tmp_path / spec.name}") for spec in specs])
        made.append((rig, lines))
        rig.start()
        rig.run_clock()
        rig.pass_time(30 * NS_PER_MS)
        return rig, lines

    yield make
    for rig, lines in made:
        rig.close()
        for line in lines.values():
            if line.master >= 0:
                os.close(line.master)


def long_pull(rig: MotionRig, *, length_ns: int = 4 * NS_PER_S, in_ns: int = 300 * NS_PER_MS) -> Track:
    return Track(0.0, [pull(0.0, 0.8, rig.show_now_ns() + in_ns, length_ns)])


def under_way(line: Line, counts: int = 500) -> Callable[[], bool]:
    return lambda: bool(line.take()) and line.heard[-1] > counts


def quiet(rig: MotionRig, line: Line) -> bool:
    """Whether nothing but set-points equal to the last comes any more."""
    line.take()
    last = line.heard[-1:]
    rig.pass_time(150 * NS_PER_MS)
    line.take()
    return line.heard[-1:] == last


def test_a_rack_goes_out_over_the_wire_and_lands_with_a_frame_of_its_own(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A)
    land_show_ns = rig.show_now_ns() + 1_507_003_001
    segment = pull(0.0, 0.5, land_show_ns - 807_003_001, 900 * NS_PER_MS)
    edge_ring = segment.at(land_show_ns)[0]
    rig.engage(A, Track(0.0, [segment], [LandingInstant(land_show_ns, edge_ring, 0.5)]), attach=1)
    rig.until(lambda: rig.show_now_ns() > land_show_ns + 500 * NS_PER_MS and quiet(rig, lines[A]), "the rack is over")
    (landing,) = [record for record in rig.sent(A) if record.landing]
    assert landing.counts == -(-edge_ring * 9999 // 1)
    assert abs(landing.stamp_ns - rig.clock.host_at(land_show_ns)) < 100 * NS_PER_MS
    assert landing.counts in lines[A].heard
    assert lines[A].heard[-1] == rig.sent(A)[-1].counts == round(0.5 * 9999)
    assert lines[A].heard == sorted(lines[A].heard)
    assert rig.memory.axis_words[0].read().flags == AxisFlag.FOLLOWING | AxisFlag.ASSUMED
    assert rig.stop() == 0


def test_nothing_heavy_is_loaded(tmp_path: Path) -> None:
    line = Line(tmp_path / A)
    line.plug()
    rig = MotionRig(tmp_path, [AxisConfig(tilta_spec(A), "tilta", f"serial:{line.link}")])
    code = (
        "import sys; from cuefocus.shells.motion_main import main; status = main(sys.argv[1:]);"
        "print(*sys.modules); sys.stdout.flush(); import os; os._exit(status)"
    )
    arguments = ["--fd", str(rig.memory.fd), "--config", str(rig.config_path)]
    rig.process = subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        pass_fds=rig.memory.handed_down,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    rig.until(lambda: rig.memory.motion.read().started_ns > 0, "motion started")
    rig.run_clock()
    rig.pass_time(50 * NS_PER_MS)
    rig.engage(A, long_pull(rig, length_ns=NS_PER_S), attach=1)
    rig.until(under_way(line), "the rack is under way")
    rig.process.send_signal(signal.SIGTERM)
    loaded, _ = rig.process.communicate(timeout=PATIENCE_NS / NS_PER_S)
    rig.close()
    os.close(line.master)
    heavy = {"numpy", "numba", "asyncio", "pydantic", "ruamel", "ruamel.yaml", "yaml", "can", "mido", "sqlalchemy"}
    assert b"cuefocus.engine.player" in loaded.split()
    assert not heavy & {name.decode() for name in loaded.split()}


@pytest.mark.parametrize("verb", ["hold", "panic", "hand"])
def test_a_stop_by_motions_own_socket_works_with_the_conductor_dead(make_rig: MakeRig, verb: str) -> None:
    rig, lines = make_rig(A, B)
    rig.engage(A, long_pull(rig), attach=1)
    rig.engage(B, long_pull(rig), attach=1)
    rig.until(under_way(lines[A]), "the rack is under way")
    answer = rig.ask(verb, "A")
    assert answer["ok"]
    rig.silent = True
    rig.until(lambda: quiet(rig, lines[A]), "the axis stands")
    assert 500 < lines[A].heard[-1] < 7000
    rig.silent = False
    rig.until(lambda: bool(rig.latched(A)), "the stop is told")
    assert not rig.latched(B)
    assert rig.memory.axis_words[0].read().flags & AxisFlag.FOLLOWING == (
        AxisFlag.NONE if verb == "panic" else AxisFlag.FOLLOWING
    )


def test_a_stop_written_into_the_memory_is_obeyed_without_a_bell(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A)
    rig.engage(A, long_pull(rig), attach=1)
    rig.until(under_way(lines[A]), "the rack is under way")
    rig.silent = True
    rig.memory.latches.set(Latch.HOLD)
    rig.until(lambda: quiet(rig, lines[A]), "the axis stands")
    assert lines[A].heard[-1] < 7000


def test_a_hand_takes_over_where_the_axis_is_and_moves_it(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A)
    rig.engage(A, long_pull(rig), attach=1)
    rig.until(under_way(lines[A]), "the rack is under way")
    assert not rig.ask("hold", "A", 0.1)["ok"]
    assert rig.ask("hand", "A")["ok"]
    rig.until(lambda: quiet(rig, lines[A]), "the axis stands")
    stood = lines[A].heard[-1]
    assert rig.ask("hand", "A.focus", -0.02)["ok"]
    rig.until(lambda: quiet(rig, lines[A]) and lines[A].heard[-1] != stood, "the hand has moved it")
    assert lines[A].heard[-1] == pytest.approx(stood - 200, abs=2)
    assert not rig.ask("hand", "A.focus", "far")["ok"]
    assert not rig.ask("dance")["ok"]
    assert not rig.ask("hold", "Z")["ok"], "it may be a cue, which the session knows"


@pytest.mark.parametrize("verb", ["panic", "release"])
def test_a_stop_that_names_no_axis_stops_every_axis(make_rig: MakeRig, verb: str) -> None:
    rig, _ = make_rig(A, B)
    answer = rig.ask(verb, "Z")
    assert answer["ok"]
    assert str(answer["text"]).startswith("no axis or camera 'Z'; have A.focus, B.focus; A.focus: ")
    rig.until(lambda: all(rig.latched(one) for one in (A, B)), "every axis is stopped")


def test_a_silent_conductor_lets_a_rack_in_flight_land_and_nothing_else_depart(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A)
    start = rig.show_now_ns() + 200 * NS_PER_MS
    second = pull(0.4, 0.8, start + 2 * NS_PER_S, NS_PER_S)
    rig.engage(A, Track(0.0, [pull(0.0, 0.4, start, NS_PER_S), second]), attach=1)
    rig.until(under_way(lines[A]), "the rack is under way")
    rig.silent = True
    rig.until(lambda: rig.show_now_ns() > second.end_ns, "the second would be over")
    lines[A].take()
    assert lines[A].heard[-1] == round(0.4 * 9999)


def test_an_unplugged_port_is_that_axis_fault_and_comes_back_disengaged(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A, B)
    rig.engage(A, long_pull(rig, length_ns=6 * NS_PER_S), attach=1)
    rig.engage(B, long_pull(rig, length_ns=6 * NS_PER_S), attach=1)
    rig.until(under_way(lines[A]), "the rack is under way")
    unplugged_ns = now_ns()
    lines[A].unplug()
    rig.until(lambda: bool(rig.troubles(A, "fault")), "the fault is told")
    assert rig.troubles(A, "fault")[0].stamp_ns - unplugged_ns < AT_ONCE_NS
    heard = len(lines[B].heard) + len(lines[B].take())
    rig.until(lambda: len(lines[B].take()) + len(lines[B].heard) > heard + 5, "the other axis goes on")
    assert not rig.troubles(B, "fault")
    lines[A].plug()
    backs = len(rig.troubles(A, "back"))
    rig.until(lambda: len(rig.troubles(A, "back")) > backs, "the port is back")
    lines[A].heard.clear()
    rig.pass_time(200 * NS_PER_MS)
    assert not lines[A].take(), "it must not move by itself"
    rig.disengage(A)
    stood_ring = rig.sent(A)[-1].ring
    rig.engage(A, Track(stood_ring, [pull(stood_ring, 0.9, rig.show_now_ns() + NS_PER_S, NS_PER_S)]), attach=2)
    rig.until(lambda: bool(lines[A].take()), "it follows again")
    assert lines[A].heard[0] == pytest.approx(stood_ring * 9999, abs=2)


def test_a_port_that_is_not_there_at_first_is_used_once_it_is(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A, plugged=False)
    assert "cannot open" in rig.troubles(A, "fault")[0].reason
    lines[A].plug()
    rig.until(lambda: len(rig.troubles(A, "back")) == 2, "the port is there")
    rig.engage(A, long_pull(rig, length_ns=NS_PER_S), attach=1)
    rig.until(under_way(lines[A]), "the rack is under way")


def test_a_line_that_takes_nothing_more_is_a_fault_of_its_axis_alone(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A, B, period_ns=NS_PER_MS)
    for axis in lines:
        rig.engage(axis, Track(0.0), attach=1)
    rig.until(lambda: bool(lines[B].take()) and bool(rig.troubles(A, "fault")), "the stall is noticed")
    assert rig.troubles(A, "dropped")
    assert "taken nothing" in rig.troubles(A, "fault")[0].reason
    assert rig.memory.axis_words[0].read().dropped > 10
    heard = len(lines[B].heard)
    rig.until(lambda: len(lines[B].take()) + len(lines[B].heard) > heard + 50, "the other axis goes on")
    assert not rig.troubles(B, "fault")
    assert len(lines[A].take()) < 300, "of 1,200 old set-points only what the pty already holds at its far end remains"


def test_a_killed_motion_comes_back_moves_nothing_and_says_what_it_assumes(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A)
    rig.engage(A, long_pull(rig), attach=1)
    rig.until(under_way(lines[A]), "the rack is under way")
    rig.kill()
    lines[A].take()
    stood = lines[A].heard[-1]
    lines[A].heard.clear()
    rig.start()
    rig.until(lambda: len(rig.troubles(A, "back")) == 2, "motion is back")
    assert "restarted" in rig.troubles(A, "fault")[0].reason
    assert rig.troubles(A, "back")[1].reason == "position assumed"
    rig.pass_time(300 * NS_PER_MS)
    assert not lines[A].take(), "nothing moves until it is engaged anew"
    rig.disengage(A)
    ring = stood / 9999
    rig.engage(A, Track(ring, [pull(ring, 0.9, rig.show_now_ns() + NS_PER_S, NS_PER_S)]), attach=2)
    rig.until(lambda: bool(lines[A].take()), "it follows again")
    assert lines[A].heard[0] == pytest.approx(stood, abs=60)


def test_a_motion_that_was_stopped_tells_it_and_makes_up_for_nothing(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A, B)
    rig.engage(A, long_pull(rig), attach=1)
    rig.until(under_way(lines[A], 2000), "the rack is under way")
    rig.freeze(400 * NS_PER_MS)
    rig.until(lambda: bool(rig.stalls(A)), "the standstill is told")
    [stall] = rig.stalls(A)
    assert 350 * NS_PER_MS < stall.stamp_ns - stall.since_ns < AT_ONCE_NS
    assert not rig.stalls(B), "it had no set-points to send"
    rig.until(lambda: quiet(rig, lines[A]), "the axis stands")
    before = [sent for sent in rig.sent(A) if sent.stamp_ns < stall.stamp_ns]
    assert before[-1].stamp_ns > stall.since_ns - 60 * NS_PER_MS, (
        "where it stands is told, however recently it was sent"
    )
    assert lines[A].heard[-1] == before[-1].counts, "what it slept over is not made up for"
    stood = before[-1].ring
    rig.engage(A, Track(stood, [pull(stood, 0.9, rig.show_now_ns() + NS_PER_S, NS_PER_S)]), attach=2)
    rig.until(under_way(lines[A], 8900), "it follows a plan made after that")
    assert max(abs(b - a) for a, b in zip(lines[A].heard, lines[A].heard[1:], strict=False)) < 0.06 * 9999


def test_a_plan_made_in_ignorance_of_a_standstill_is_not_followed(make_rig: MakeRig) -> None:
    """The planner counts `attach` up, but has not read yet that motion had stood still."""
    rig, lines = make_rig(A)
    track = long_pull(rig)
    rig.engage(A, track, attach=1)
    rig.until(under_way(lines[A], 2000), "the rack is under way")
    assert rig.process is not None
    rig.process.send_signal(signal.SIGSTOP)
    rig.pass_time(300 * NS_PER_MS)
    rig.engage(A, track, attach=2)
    rig.publish()
    lines[A].take()
    stood = lines[A].heard[-1]
    rig.process.send_signal(signal.SIGCONT)
    rig.until(lambda: bool(rig.stalls(A)), "the standstill is told")
    rig.pass_time(300 * NS_PER_MS)
    lines[A].take()
    assert lines[A].heard[-1] == stood


def test_where_nobody_knows_the_position_the_first_set_point_is_the_plans_own(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A)
    at_ns = now_ns() + 200 * NS_PER_MS
    way = Segment(at_ns, NS_PER_S, (0.5, 0.1, 0.0, 0.0, 0.0, 0.0))
    splice = Splice(Track(0.5, [way]), now_ns(), way.end_ns)
    rig.plans[A] = AxisPlan(True, Track(0.6), splice, attach=1, epoch=1)
    rig.until(under_way(lines[A], 5900), "the move is over")
    assert lines[A].heard[0] == pytest.approx(0.5 * 9999, abs=60)
    assert rig.sent(A)[0].clamped == ""


def test_a_successor_says_where_exactly_its_killed_predecessor_left_off(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A, period_ns=2 * NS_PER_MS)
    rig.engage(A, long_pull(rig, length_ns=2 * NS_PER_S), attach=1)
    rig.until(under_way(lines[A], 3000), "the rack is under way")
    rig.kill()
    lines[A].take()
    rig.start()
    rig.until(lambda: bool(rig.troubles(A, "fault")), "motion is back")
    fault = rig.records.index(rig.troubles(A, "fault")[0])
    last = [record for record in rig.records[:fault] if isinstance(record, Sent)][-1]
    assert last.counts == lines[A].heard[-1]


def test_sigterm_brings_the_axes_to_rest_first(make_rig: MakeRig) -> None:
    rig, lines = make_rig(A)
    rig.engage(A, long_pull(rig, length_ns=2 * NS_PER_S), attach=1)
    rig.until(under_way(lines[A], 2000), "the rack is under way")
    assert rig.stop() == 0
    lines[A].take()
    steps = [abs(b - a) for a, b in zip(lines[A].heard, lines[A].heard[1:], strict=False)]
    assert steps[-1] < max(steps) / 3


def test_an_orphan_lands_what_is_in_flight_gives_its_ports_back_and_leaves(tmp_path: Path) -> None:
    line = Line(tmp_path / A)
    line.plug()
    rig = MotionRig(tmp_path, [AxisConfig(tilta_spec(A), "tilta", f"serial:{line.link}")])
    code = "import subprocess, sys; subprocess.Popen(sys.argv[2:], pass_fds=eval(sys.argv[1])).wait()"
    fds = repr(rig.memory.handed_down)
    with subprocess.Popen([sys.executable, "-c", code, fds, *rig.command], pass_fds=rig.memory.handed_down) as parent:
        rig.until(lambda: rig.memory.motion.read().started_ns > 0, "motion started")
        rig.run_clock()
        rig.pass_time(50 * NS_PER_MS)
        rig.engage(A, long_pull(rig, length_ns=2 * NS_PER_S), attach=1)
        rig.until(under_way(line), "the rack is under way")
        parent.kill()
    rig.silent = True
    orphan = rig.memory.motion.read().pid
    rig.until(lambda: bool(line.take()) or not Path(f"/proc/{orphan}").exists(), at_least_ns=3 * NS_PER_S)
    rig.until(lambda: not Path(f"/proc/{orphan}").exists() or _zombie(orphan), "motion has left")
    assert line.heard[-1] == round(0.8 * 9999)
    rig.close()
    os.close(line.master)


def _zombie(pid: int) -> bool:
    return ") Z" in Path(f"/proc/{pid}/stat").read_text()


def test_a_config_for_other_axes_is_refused_in_a_sentence(tmp_path: Path) -> None:
    rig = MotionRig(tmp_path, [AxisConfig(tilta_spec(A), "tilta", f"serial:{tmp_path / A}")])
    (tmp_path / "motion.json").write_text('{"axes": []}')
    motion = subprocess.run(
        rig.command,
        pass_fds=rig.memory.handed_down,
        capture_output=True,
        check=False,
    )
    rig.close()
    assert motion.returncode == 1
    assert motion.stderr.startswith(b"motion: the shared memory is for A.focus")
    assert b"Traceback" not in motion.stderr
