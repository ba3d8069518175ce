from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.errors import PlanError
from cuefocus.motion.kinematics import MotionLimits, lens_limits
from cuefocus.motion.retarget import join, settle, to_rest
from cuefocus.motion.stop import stop_distance, stop_pieces, stop_segments
from cuefocus.motion.track import Segment, Track
from tests.motion.axes import MS, SPEC, spec

LIMITS = MotionLimits(2.5, 30.0, 600.0)
speeds = st.floats(-2.5, 2.5)
accels = st.floats(-30, 30)
rings = st.floats(0, 1)


def assert_smooth(segments: tuple[Segment, ...]) -> None:
    for before, after in pairwise(segments):
        assert before.end_ns == after.start_ns
        assert before.at(before.end_ns)[:2] == pytest.approx(after.at(after.start_ns)[:2], abs=1e-6)


@given(ring=rings, speed=speeds, accel=accels)
def test_a_stop_ends_at_rest_within_the_limits(ring: float, speed: float, accel: float) -> None:
    segments = stop_segments(ring, speed, accel, SPEC, start_ns=7)
    assert_smooth(segments)
    if segments:
        assert segments[0].at(7) == pytest.approx((ring, speed, accel), abs=1e-6)
        end = segments[-1].at(segments[-1].end_ns)
        assert end[1:] == pytest.approx((0.0, 0.0), abs=1e-4)
        assert end[0] - ring == pytest.approx(stop_distance(speed, accel, LIMITS), abs=1e-6)
        for segment in segments:
            for at_ns in (segment.start_ns, segment.start_ns + segment.length_ns // 2, segment.end_ns):
                assert abs(segment.at(at_ns)[2]) <= 30.0 + 1e-4


@given(speed=speeds, accel=accels)
def test_no_stop_is_quicker(speed: float, accel: float) -> None:
    """Against ruckig's velocity interface, which is time-optimal."""
    import ruckig

    given = ruckig.InputParameter(1)
    given.control_interface = ruckig.ControlInterface.Velocity
    given.current_position, given.current_velocity, given.current_acceleration = [0.0], [speed], [accel]
    given.target_velocity, given.max_velocity = [0.0], [2.5]
    given.max_acceleration, given.max_jerk = [30.0], [600.0]
    trajectory = ruckig.Trajectory(1)
    ruckig.Ruckig(1).calculate(given, trajectory)
    assert sum(length for length, _ in stop_pieces(speed, accel, LIMITS)) == pytest.approx(
        trajectory.duration, abs=1e-6
    )


@pytest.mark.parametrize("speed", [float("nan"), float("inf")])
def test_a_state_that_is_no_number_stands_still(speed: float) -> None:
    assert stop_segments(0.5, speed, 0.0, SPEC, start_ns=0) == ()


@given(ring=rings, speed=st.floats(-0.5, 0.5), accel=st.floats(-5, 5), target=rings)
def test_a_settle_move_arrives_at_rest_on_its_target(ring: float, speed: float, accel: float, target: float) -> None:
    segments = settle((ring, speed, accel), target, SPEC, start_ns=3 * MS)
    assert_smooth(segments)
    if segments:
        assert segments[0].start_ns == 3 * MS
        assert segments[0].at(3 * MS) == pytest.approx((ring, speed, accel), abs=1e-3)
        assert segments[-1].end_ring == pytest.approx(target, abs=1e-9)
        assert segments[-1].at(segments[-1].end_ns)[1] == pytest.approx(0.0, abs=1e-5)


def test_a_settle_move_is_slow() -> None:
    segments = settle((0.1, 0.0, 0.0), 0.9, SPEC, start_ns=0)
    fastest = max(abs(segment.at(at)[1]) for segment in segments for at in (segment.start_ns, segment.end_ns))
    assert fastest <= 0.3 * 2.5 + 1e-9


@given(ring=rings, target=rings, minimum_ms=st.integers(1, 3000))
def test_a_stretched_move_takes_at_least_as_long(ring: float, target: float, minimum_ms: int) -> None:
    segments = to_rest((ring, 0.0, 0.0), target, LIMITS, start_ns=0, minimum_ns=minimum_ms * MS)
    if abs(ring - target) > 1e-6:
        assert segments[-1].end_ns >= minimum_ms * MS - 10


@given(ring=rings, speed=st.floats(-0.8, 0.8))
def test_joining_a_moving_track_meets_position_and_speed(ring: float, speed: float) -> None:
    def track_at(at_ns: int) -> tuple[float, float, float]:
        return 0.3 + speed * at_ns * 1e-9, speed, 0.0

    segments, join_ns = join((ring, 0.0, 0.0), track_at, LIMITS, start_ns=0)
    assert_smooth(segments)
    if segments:
        assert segments[-1].end_ns == join_ns
        assert segments[-1].at(join_ns)[:2] == pytest.approx(track_at(join_ns)[:2], abs=1e-5)


def test_a_track_too_fast_to_catch_says_so() -> None:
    with pytest.raises(PlanError, match="faster than this axis"):
        join((0.0, 0.0, 0.0), lambda at: (0.5 + 3.0 * at * 1e-9, 3.0, 0.0), LIMITS, start_ns=0)


@given(target=rings, lag_ms=st.integers(0, 60))
def test_set_points_of_a_retarget_keep_the_limits_with_the_lag_in(target: float, lag_ms: int) -> None:
    axis = spec(lag_ns=lag_ms * MS)
    track = Track(0.5, to_rest((0.5, 0.0, 0.0), target, lens_limits(axis), start_ns=0))
    for segment in track.segments:
        jerk = 6 * segment.coefficients[3] * (1e9 / segment.length_ns) ** 3
        for at_ns in range(segment.start_ns, segment.end_ns, max(1, segment.length_ns // 8)):
            _, speed, accel = segment.at(at_ns)
            lag_s = lag_ms * 1e-3
            assert abs(speed + lag_s * accel) <= axis.speed_ring_per_s * 1.001
            if segment is not track.segments[-1]:
                assert abs(accel + lag_s * jerk) <= axis.accel_ring_per_s2 * 1.001
