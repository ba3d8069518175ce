from random import Random
from time import thread_time

from hypothesis import given
from hypothesis import strategies as st

from cuefocus.motion.kinematics import lens_limits
from cuefocus.motion.limits import SetpointLimiter
from cuefocus.motion.retarget import State
from cuefocus.motion.scrub_path import inside_travel, scrub_segments, still_ahead
from cuefocus.motion.track import Segment, Track
from tests.motion.axes import SPEC

AHEAD_NS, EVERY_NS = 30_000_000, 10_000_000
places = st.floats(0.0, 1.0)
paces = st.floats(-12.0, 12.0)


@given(targets=st.lists(st.tuples(st.floats(0.03, 0.97), paces, st.floats(-200.0, 200.0)), min_size=1, max_size=12))
def test_whatever_the_track_does_each_way_is_inside_the_limits_and_the_travel(targets: list[State]) -> None:
    limits, limiter = lens_limits(SPEC), SetpointLimiter(SPEC)
    lag_s = SPEC.lag_ns * 1e-9
    limiter.reset(0.5)
    state: State = (0.5, 0.0, 0.0)
    start_ns = 0
    for target in targets:
        segments, _ = scrub_segments(state, target, limits, start_ns=start_ns, ahead_ns=AHEAD_NS)
        track = Track(state[0], segments)
        for at_ns in range(start_ns, start_ns + 3 * EVERY_NS, SPEC.period_ns):
            x, v, _a = track.at(at_ns)
            assert -1e-6 <= x <= 1.0 + 1e-6
            _, clamped = limiter.step(at_ns, x + lag_s * v)
            assert clamped == ""
        start_ns += 3 * EVERY_NS
        state = track.at(start_ns)


@given(start=places, target=st.tuples(places, paces, st.floats(-50.0, 50.0)))
def test_every_way_ends_at_rest_inside_the_travel(start: float, target: State) -> None:
    segments, _ = scrub_segments((start, 0.0, 0.0), target, lens_limits(SPEC), start_ns=0, ahead_ns=AHEAD_NS)
    if segments:
        x, v, a = segments[-1].at(segments[-1].end_ns)
        assert -1e-6 <= x <= 1.0 + 1e-6
        assert abs(v) < 1e-4
        assert abs(a) < 1e-2


@given(start=places, target=st.tuples(places, paces, st.floats(-50.0, 50.0)))
def test_no_run_up_is_taken_away_from_the_track(start: float, target: State) -> None:
    """To be somewhere at speed it might first go the other way: nobody who winds the playback wants to see that."""
    segments, _ = scrub_segments((start, 0.0, 0.0), target, lens_limits(SPEC), start_ns=0, ahead_ns=AHEAD_NS)
    track = Track(start, segments)
    low, high = min(start, target[0]) - 1e-3, max(start, target[0]) + 1e-3
    way = [track.at(at_ns)[0] for at_ns in range(0, 3 * AHEAD_NS, 1_000_000)]
    past = [ring for ring in way if not low <= ring <= high]
    assert all((ring - target[0]) * target[1] > 0.0 for ring in past), "beyond the target, the way the track goes"


def test_a_track_within_the_limits_is_met_in_time_and_kept() -> None:
    speed = 0.4
    state: State = (0.2, speed, 0.0)
    for step in range(10):
        at_ns = step * EVERY_NS
        target = (0.2 + speed * (at_ns + AHEAD_NS) * 1e-9, speed, 0.0)
        segments, in_time = scrub_segments(state, target, lens_limits(SPEC), start_ns=at_ns, ahead_ns=AHEAD_NS)
        assert in_time
        state = Track(state[0], segments).at(at_ns + EVERY_NS)
        assert abs(state[0] - (0.2 + speed * (at_ns + EVERY_NS) * 1e-9)) < 1e-6


def test_a_track_beyond_the_speed_limit_is_not_met() -> None:
    _, in_time = scrub_segments((0.2, 0.0, 0.0), (0.8, 9.0, 0.0), lens_limits(SPEC), start_ns=0, ahead_ns=AHEAD_NS)
    assert not in_time


def test_what_a_later_piece_took_the_place_of_is_left_out() -> None:
    flat = (0.5, 0.0, 0.0, 0.0, 0.0, 0.0)
    old, newer, last = Segment(0, 1000, flat), Segment(30, 20, flat), Segment(50, 100, flat)
    track = Track(0.5, (old, newer, last))
    assert still_ahead(track, 10, 40) == (old, newer)
    assert still_ahead(track, 40, 60) == (newer, last)
    assert still_ahead(track, 60, 100) == (last,)
    assert still_ahead(track, 150, 200) == ()


def test_sixteen_axes_are_planned_in_a_few_milliseconds_from_whatever_states() -> None:
    """Faster than allowed, braking harder, at the ends of travel: as a clamp or a changed limit leaves them."""
    dice, limits = Random(8), lens_limits(SPEC)
    spans_s: list[float] = []
    for _ in range(120):
        begun_s = thread_time()
        for _axis in range(16):
            start = dice.choice([0.0, 1.0, dice.random()]), dice.uniform(-5.0, 5.0), dice.uniform(-400.0, 400.0)
            target = dice.random(), dice.uniform(-8.0, 8.0), dice.uniform(-90.0, 90.0)
            scrub_segments(start, target, limits, start_ns=0, ahead_ns=AHEAD_NS)
        spans_s.append(thread_time() - begun_s)
    assert sorted(spans_s)[-3] < 0.010


def test_past_an_end_stop_nothing_goes_along_with_the_track() -> None:
    assert inside_travel((-0.001, 0.3, 2.0)) == (0.0, 0.0, 0.0)
    assert inside_travel((1.002, -0.3, 2.0)) == (1.0, 0.0, 0.0)
    assert inside_travel((0.5, -0.3, 2.0)) == (0.5, -0.3, 2.0)
