from itertools import pairwise
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.landing.backlash import Play, lens_samples
from cuefocus.landing.estimate import MotorModel, estimated_samples
from cuefocus.landing.evidence import Sample
from cuefocus.landing.verdict import judge
from cuefocus.sim.lens_motor import LensMotorModel, MotorCharacter
from tests.landing.racks import LAND_HOST_NS, MS, S, circumstances, evidence, rack

DEAD_NS = 20 * MS
rings = st.floats(0, 1)
setpoints = st.lists(st.tuples(st.integers(1, 50), rings), min_size=1, max_size=20).map(
    lambda steps: [(sum(gap for gap, _ in steps[: n + 1]) * MS, ring) for n, (_, ring) in enumerate(steps)]
)
models = st.builds(
    MotorModel,
    st.integers(0, 40 * MS),
    st.sampled_from([0, 5 * MS, 15 * MS, 60 * MS]),
    st.sampled_from([0.5, 3.0, inf]),
    st.sampled_from([2.0, 30.0, inf]),
)


def streamed(lag_ns: int, period_ns: int) -> list[Sample]:
    """The set-points a player would send for `rack()`: ahead by dead time and half a period, lag made up for."""
    planned = rack()
    segment = planned.segments[0]

    def setpoint(host_ns: int) -> float:
        show_ns = planned.land_ns + host_ns - LAND_HOST_NS + DEAD_NS + period_ns // 2
        ring, velocity, _ = segment.at(show_ns)
        return ring + velocity * lag_ns / 1e9

    return [(at, setpoint(at)) for at in range(LAND_HOST_NS - 1500 * MS, LAND_HOST_NS + S, period_ns)]


@pytest.mark.parametrize("period_ms", [10, 20])
@pytest.mark.parametrize("lag_ms", [0, 15])
@pytest.mark.parametrize("accel", [40.0, inf])
def test_the_estimate_is_where_the_simulated_motor_is(period_ms: int, lag_ms: int, accel: float) -> None:
    sent = streamed(lag_ms * MS, period_ms * MS)
    estimated = estimated_samples(sent, MotorModel(DEAD_NS, lag_ms * MS, inf, accel), until_ns=LAND_HOST_NS + S)
    motor = LensMotorModel(MotorCharacter(0, 4000, DEAD_NS, lag_ms * MS, inf, accel, start_ring=0.3), now_ns=0)
    waiting, seen = list(sent), []
    for now_ns in range(LAND_HOST_NS - S, LAND_HOST_NS + S, MS):
        while waiting and waiting[0][0] <= now_ns:
            motor.command(*waiting.pop(0))
        seen.append((now_ns, motor.position_at(now_ns)[0]))
    ours = judge(rack(), circumstances(), evidence(estimated, estimated=True))
    theirs = judge(rack(), circumstances(), evidence(seen))
    assert ours.error_ms is not None
    assert theirs.error_ms is not None
    assert ours.error_ms == pytest.approx(theirs.error_ms, abs=1.0)
    assert (ours.estimated, ours.measured_at) == (True, "none")


def test_a_landing_frame_of_its_own_is_estimated_to_the_nanosecond() -> None:
    sent = [(LAND_HOST_NS - S, 0.3), (LAND_HOST_NS - DEAD_NS, 0.695)]
    samples = estimated_samples(sent, MotorModel(DEAD_NS, 0), until_ns=LAND_HOST_NS + S)
    row = judge(rack(), circumstances(), evidence(samples, estimated=True))
    assert row.error_ms == pytest.approx(0.0, abs=1e-5)


@given(setpoints, models)
def test_an_estimate_keeps_to_the_motors_limits_and_runs_in_time(sent: list[Sample], model: MotorModel) -> None:
    until_ns = sent[-1][0] + 200 * MS
    samples = estimated_samples(sent, model, until_ns=until_ns)
    low, high = min(ring for _, ring in sent), max(ring for _, ring in sent)
    slack = 0.05 if model.accel_ring_per_s2 < inf else 1e-9
    for (before_ns, before), (after_ns, after) in pairwise(samples):
        assert after_ns > before_ns
        assert abs(after - before) <= model.speed_ring_per_s * (after_ns - before_ns) / 1e9 + 1e-8
        assert low - slack <= after <= high + slack
    assert samples[-1][0] <= until_ns


def test_no_setpoint_no_estimate() -> None:
    assert estimated_samples([], MotorModel(0, 0), until_ns=S) == []
    assert estimated_samples([(5, 0.5)], MotorModel(0, 0), until_ns=3) == [(5, 0.5)]


# Play


def test_the_lens_follows_half_the_play_behind() -> None:
    assert [ring for _, ring in lens_samples([(0, 0.2), (1, 0.5), (2, 0.49), (3, 0.3)], 0.02)] == pytest.approx(
        [0.2, 0.49, 0.49, 0.31]
    )


@given(st.lists(rings, min_size=1), st.floats(0, 0.1))
def test_the_lens_is_never_farther_from_its_motor_than_half_the_play(motor: list[float], backlash: float) -> None:
    for (_, lens), ring in zip(lens_samples(enumerate(motor), backlash), motor, strict=True):
        assert abs(lens - ring) <= backlash / 2 + 1e-12


@given(st.lists(rings, min_size=1, max_size=30), st.floats(0.001, 0.1), rings)
def test_the_lens_is_where_the_simulated_lens_is(motor: list[float], backlash: float, start: float) -> None:
    simulated = LensMotorModel(MotorCharacter(0, 4000, 0, 0, backlash_ring=backlash, start_ring=start), now_ns=0)
    play = Play(backlash, start)
    for number, ring in enumerate(motor, start=1):
        simulated.command(number * MS, ring)
        assert play.drag(ring) == pytest.approx(simulated.position_at(number * MS)[1], abs=1e-12)


def test_without_play_the_lens_is_the_motor() -> None:
    samples = [(0, 0.1), (1, 0.4), (2, 0.2)]
    assert lens_samples(samples, 0.0) == samples
