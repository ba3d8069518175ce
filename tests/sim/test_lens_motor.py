"""The simulated motor against what the differential equation says, and against itself asked at other moments."""

from itertools import pairwise
from math import exp, inf, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.sim.lens_motor import LensMotorModel, MotorCharacter

MS = 1_000_000


def model(**changes: float) -> LensMotorModel:
    values = {
        "dead_ns": round(changes.pop("dead_ms", 20.0) * MS),
        "lag_ns": round(changes.pop("lag_ms", 15.0) * MS),
        **changes,
    }
    return LensMotorModel(MotorCharacter(**values))  # type: ignore[arg-type]


def test_a_free_motor_is_a_dead_time_and_a_first_order_lag() -> None:
    motor = model()
    motor.command(100 * MS, 1.0)
    assert motor.position_at(120 * MS) == (0.0, 0.0)
    for ms in (120.1, 125, 135, 150.7, 200):
        assert isclose(motor.position_at(round(ms * MS))[0], 1 - exp(-(ms - 120) / 15), rel_tol=1e-9)
    assert motor.position_at(1000 * MS) == (1.0, 1.0)
    assert not motor.moving


def test_a_speed_limit_is_a_straight_line_that_ends_in_the_lag() -> None:
    motor = model(dead_ms=0, lag_ms=10, speed_ring_per_s=2.0)
    motor.command(0, 1.0)
    assert isclose(motor.position_at(250 * MS)[0], 0.5, rel_tol=1e-9)
    assert isclose(motor.position_at(490 * MS)[0], 0.98, rel_tol=1e-9)  # 2/s × 10 ms are left for the loop
    assert isclose(motor.position_at(500 * MS)[0], 1 - 0.02 * exp(-1), rel_tol=1e-9)


def test_without_lag_or_limits_it_is_there_at_once() -> None:
    motor = model(dead_ms=0, lag_ms=0)
    motor.command(7, 0.25)
    assert motor.position_at(6) == (0.0, 0.0)
    assert motor.position_at(7) == (0.25, 0.25)
    assert [row.time_ns for row in motor.log()] == [0, 7, 7]


def test_speed_limit_without_lag() -> None:
    motor = model(dead_ms=0, lag_ms=0, speed_ring_per_s=4.0)
    motor.command(0, 1.0)
    assert isclose(motor.position_at(100 * MS)[0], 0.4)
    assert motor.position_at(250 * MS)[0] == pytest.approx(1.0)


@pytest.mark.parametrize("lag_ms", [0.0, 5.0, 15.0])
def test_acceleration_and_speed_stay_within_their_limits_and_nothing_overshoots(lag_ms: float) -> None:
    motor = model(dead_ms=0, lag_ms=lag_ms, speed_ring_per_s=2.0, accel_ring_per_s2=20.0)
    motor.command(0, 0.8)
    motor.advance_to(2000 * MS)
    rows = motor.log()
    steps = [(a, b) for a, b in pairwise(rows) if b.time_ns > a.time_ns]
    moves = [(b.motor_ring - a.motor_ring) / ((b.time_ns - a.time_ns) * 1e-9) for a, b in steps]
    assert max(moves) <= 2.0 + 1e-9
    changes = [abs(b - a) / 0.0005 for a, b in pairwise(moves[:-1])]
    assert max(changes) <= 20.0 * 1.6  # mean speeds of two steps differ by more than the ends of one
    assert max(row.motor_ring for row in rows) <= 0.8 + 1e-6
    assert rows[-1].motor_ring == 0.8
    assert rows[-1].time_ns < 1200 * MS


def test_a_high_acceleration_limit_changes_nothing_of_a_slow_motion() -> None:
    free, bound = model(), model(accel_ring_per_s2=2000.0)
    for step in range(60):
        for motor in (free, bound):
            motor.command(step * 10 * MS, step / 100)
    for ms in range(0, 700, 7):
        assert abs(free.position_at(ms * MS)[0] - bound.position_at(ms * MS)[0]) < 2e-4


commands = st.lists(st.tuples(st.integers(0, 30 * MS), st.floats(0, 1)), min_size=1, max_size=12)
characters = st.builds(
    MotorCharacter,
    dead_ns=st.integers(0, 40 * MS),
    lag_ns=st.sampled_from([0, 1, 3 * MS, 15 * MS]),
    speed_ring_per_s=st.sampled_from([0.7, 3.0, inf]),
    accel_ring_per_s2=st.sampled_from([15.0, 400.0, inf]),
    backlash_ring=st.sampled_from([0.0, 0.01]),
    quantum_counts=st.sampled_from([1, 5]),
)


@given(character=characters, course=commands, asked=st.lists(st.integers(0, 600 * MS), max_size=40))
def test_the_course_does_not_depend_on_how_often_it_is_asked(
    character: MotorCharacter, course: list[tuple[int, float]], asked: list[int]
) -> None:
    calm, curious = LensMotorModel(character), LensMotorModel(character)
    now_ns, waiting = 0, sorted(asked)
    for gap_ns, ring in course:
        now_ns += gap_ns
        while waiting and waiting[0] <= now_ns:
            curious.position_at(waiting.pop(0))
        calm.command(now_ns, ring)
        curious.command(now_ns, ring)
    for at_ns in waiting:
        curious.position_at(at_ns)
    end_ns = now_ns + 900 * MS
    calm.advance_to(end_ns)
    curious.advance_to(end_ns)
    wanted, got = calm.log(), curious.log()
    assert [row.time_ns for row in got] == [row.time_ns for row in wanted]
    for a, b in zip(wanted, got, strict=True):
        assert isclose(a.motor_ring, b.motor_ring, abs_tol=1e-9)
        assert isclose(a.lens_ring, b.lens_ring, abs_tol=1e-9)


@given(character=characters, course=commands)
def test_positions_stay_between_the_end_stops_and_the_lens_within_the_play(
    character: MotorCharacter, course: list[tuple[int, float]]
) -> None:
    motor, now_ns = LensMotorModel(character), 0
    for gap_ns, ring in course:
        now_ns += gap_ns
        motor.command(now_ns, ring)
    motor.advance_to(now_ns + 900 * MS)
    for row in motor.log():
        assert -0.02 <= row.motor_ring <= 1.02
        assert abs(row.motor_ring - row.lens_ring) <= character.backlash_ring / 2 + 1e-12


def test_the_lens_stays_behind_by_half_the_play_on_either_side() -> None:
    motor = model(dead_ms=0, lag_ms=0, backlash_ring=0.02)
    motor.command(0, 0.5)
    assert motor.position_at(1)[1] == pytest.approx(0.49)
    motor.command(2, 0.485)
    assert motor.position_at(3)[1] == pytest.approx(0.49)  # the slack is taken up first
    motor.command(4, 0.4)
    assert motor.position_at(5)[1] == pytest.approx(0.41)


def test_targets_past_an_end_stop_run_into_it() -> None:
    motor = LensMotorModel(MotorCharacter(counts_near=9000, counts_far=1000, dead_ns=0, lag_ns=0, start_ring=0.5))
    motor.command_counts(0, 200)
    assert motor.counts_at(1) == 1000
    motor.command_counts(2, 9999)
    assert motor.counts_at(3) == 9000


def test_the_encoder_has_steps() -> None:
    motor = LensMotorModel(MotorCharacter(dead_ns=0, lag_ns=0, quantum_counts=10))
    motor.command_counts(0, 5004)
    assert motor.counts_at(1) == 5000
    assert motor.position_at(1)[0] == pytest.approx(5000 / 9999)


def test_torque_off_leaves_it_where_it_is() -> None:
    motor = model(dead_ms=0)
    motor.command(0, 1.0)
    motor.command(10 * MS, None)
    stopped = motor.position_at(10 * MS)
    assert 0 < stopped[0] < 1
    assert motor.position_at(500 * MS) == stopped


def test_a_seized_motor_forgets_what_it_was_told() -> None:
    motor = model(dead_ms=50)
    motor.command(0, 1.0)
    motor.seize(20 * MS)
    assert motor.position_at(500 * MS) == (0.0, 0.0)
    motor.command(500 * MS, 0.5)
    assert motor.position_at(2000 * MS)[0] == 0.5


def test_the_log_is_taken_in_pieces_and_can_be_left_out() -> None:
    motor = model()
    motor.command(0, 0.1)
    motor.advance_to(100 * MS)
    first = motor.take_log()
    motor.advance_to(900 * MS)
    whole = [*first, *motor.take_log()]
    assert [row.time_ns for row in whole] == sorted({row.time_ns for row in whole})
    assert motor.take_log() == []
    silent = LensMotorModel(MotorCharacter(), keeps_log=False)
    silent.command(0, 1.0)
    silent.advance_to(900 * MS)
    assert silent.log() == []
