"""The player: each landing has a set-point of its own, nothing moves without leave, stops need nobody else."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cuefocus.chase.clock import NO_CLOCK, Clock, ClockState
from cuefocus.engine.frame import Frame
from cuefocus.engine.plan import AxisPlan, Latch, OnLoss, Splice
from cuefocus.engine.player import AxisPlayer
from cuefocus.motion.track import LandingInstant, Segment, Track
from cuefocus.motor.axis import AxisSpec
from cuefocus.sim.lens_motor import LensMotorModel, MotorCharacter

MS = 1_000_000
S = 1_000 * MS
START_NS = 100 * S
FROM, TO = 0.3, 0.6


def make_spec(*, period_ms: float = 20, dead_ms: float = 0, lag_ms: float = 0, counts: int = 65535) -> AxisSpec:
    return AxisSpec(
        name="A.focus",
        motor="a",
        speed_ring_per_s=3.0,
        accel_ring_per_s2=60.0,
        jerk_ring_per_s3=5000.0,
        settle_fraction=0.3,
        counts_near=0,
        counts_far=counts,
        period_ns=round(period_ms * MS),
        line_ns=round(period_ms * MS / 5),
        dead_ns=round(dead_ms * MS),
        lag_ns=round(lag_ms * MS),
        readback_ns=0,
        backlash_ring=0.0,
        residual_backlash_ring=0.0,
        feedback=False,
    )


def rack(depart_ns: int, pull_ns: int, *, share: float = 0.98) -> tuple[Track, int]:
    """A minimum-jerk rack and the moment at which `share` of it is done (the edge of the band)."""
    step = TO - FROM
    segment = Segment(depart_ns, pull_ns, (FROM, 0.0, 0.0, 10 * step, -15 * step, 6 * step))
    low, high = depart_ns, depart_ns + pull_ns
    edge = FROM + share * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if segment.at(middle)[0] < edge else (low, middle)
    return Track(FROM, (segment,), (LandingInstant(high, edge, TO),)), high


def running(epoch: int = 1, *, good_for_ns: int = 10**15, speed: float = 1.0, host_ns: int = START_NS) -> Clock:
    return Clock(host_ns, 0, speed, ClockState.LOCKED, 1000, host_ns + good_for_ns, epoch)


def played(
    player: AxisPlayer,
    plan_at: Callable[[int], AxisPlan],
    until_ns: int,
    *,
    clock_at: Callable[[int], Clock] = lambda _: running(),
    latch_at: Callable[[int], Latch] = lambda _: Latch.NONE,
    silent_from_ns: int = 1 << 62,
    from_ns: int = START_NS,
) -> list[Frame]:
    """Frames that go out up to `until_ns`, with orders as they stand just before each is written."""
    frames: list[Frame] = []
    now_ns = from_ns
    while now_ns < until_ns:
        silent = now_ns >= silent_from_ns
        frame = player.prepare(now_ns, clock_at(now_ns), plan_at(now_ns), latch_at(now_ns), conductor_silent=silent)
        if frame is None:
            now_ns += MS
            continue
        now_ns = max(now_ns + 1, frame.write_ns)
        again = player.prepare(
            frame.write_ns - 1,
            clock_at(frame.write_ns),
            plan_at(frame.write_ns),
            latch_at(frame.write_ns),
            conductor_silent=frame.write_ns >= silent_from_ns,
        )
        if again is not None and again.write_ns == frame.write_ns:
            player.sent(again)
            frames.append(again)
    return frames


def at_rest(spec: AxisSpec, plan: AxisPlan, ring: float = FROM) -> AxisPlayer:
    """A player that has seen `plan` before it was told to follow."""
    player = AxisPlayer(spec, grid_origin_ns=START_NS, start_ring=ring, start_known=True)
    player.prepare(START_NS - 50 * MS, NO_CLOCK, None, Latch.NONE, conductor_silent=False)
    return player


def following(track: Track, *, attach: int = 1, epoch: int = 1, on_loss: OnLoss = OnLoss.FINISH) -> AxisPlan:
    return AxisPlan(follow=True, track=track, attach=attach, epoch=epoch, on_loss=on_loss)


@given(depart_ms=st.floats(300, 420), pull_ms=st.integers(300, 900), period_ms=st.sampled_from([1, 10, 20]))
@settings(max_examples=60, deadline=None)
def test_without_lag_the_first_set_point_inside_the_band_is_the_landings_own_and_due_to_the_nanosecond(
    depart_ms: float, pull_ms: int, period_ms: int
) -> None:
    spec = make_spec(period_ms=period_ms, dead_ms=7)
    track, land_ns = rack(round(depart_ms * MS), pull_ms * MS)
    plan = following(track)
    frames = played(at_rest(spec, plan), lambda _: plan, START_NS + 1500 * MS)
    edge = track.landings[0].edge_ring
    inside = [frame for frame in frames if spec.ring_at(frame.counts) >= edge]
    assert inside[0].landing
    assert inside[0].due_ns == START_NS + land_ns - spec.dead_ns
    assert all(spec.ring_at(frame.counts) >= edge for frame in frames if frame.due_ns >= inside[0].due_ns)
    assert not any(frame.clamped for frame in frames)


@given(
    depart_ms=st.floats(300, 420),
    pull_ms=st.integers(450, 900),
    period_ms=st.sampled_from([10, 20]),
    dead_ms=st.integers(0, 40),
    lag_ms=st.floats(3, 30),
)
@example(361.0, 453, 20, 0, 22.0).via("the frame is wanted before the line is free again after the one before it")
@settings(max_examples=60, deadline=None)
def test_with_lag_the_motor_itself_crosses_the_edge_within_a_millisecond(
    depart_ms: float, pull_ms: int, period_ms: int, dead_ms: int, lag_ms: float
) -> None:
    spec = make_spec(period_ms=period_ms, dead_ms=dead_ms, lag_ms=lag_ms)
    track, land_ns = rack(round(depart_ms * MS), pull_ms * MS)
    plan = following(track)
    motor = LensMotorModel(
        MotorCharacter(0, 65535, spec.dead_ns, spec.lag_ns, start_ring=FROM), now_ns=START_NS - 100 * MS
    )
    for frame in played(at_rest(spec, plan), lambda _: plan, START_NS + 1500 * MS):
        motor.command_counts(frame.due_ns, frame.counts)
    edge = track.landings[0].edge_ring
    low, high = START_NS + land_ns - 60 * MS, START_NS + land_ns + 60 * MS
    motor.advance_to(high)
    crossed = [
        (a, b) for a, b in zip(motor.log(), motor.log()[1:], strict=False) if a.motor_ring < edge <= b.motor_ring
    ]
    assert len(crossed) == 1
    before, after = crossed[0]
    share = (edge - before.motor_ring) / (after.motor_ring - before.motor_ring)
    crossed_ns = before.time_ns + share * (after.time_ns - before.time_ns)
    assert low < crossed_ns < high
    assert abs(crossed_ns - (START_NS + land_ns)) < 1 * MS


def test_nothing_is_sent_before_an_attach_newer_than_the_first_plan_seen() -> None:
    spec = make_spec()
    track, _ = rack(300 * MS, 600 * MS)
    player = AxisPlayer(spec, grid_origin_ns=START_NS, start_ring=FROM, start_known=True)
    plan = following(track, attach=7)
    assert played(player, lambda _: plan, START_NS + 200 * MS) == []
    newer = following(track, attach=8)
    assert played(player, lambda _: newer, START_NS + 200 * MS)


def test_nothing_is_sent_without_permission_to_follow() -> None:
    spec = make_spec()
    track, _ = rack(300 * MS, 600 * MS)
    plan = AxisPlan(follow=False, track=track, attach=5, epoch=1)
    assert played(at_rest(spec, plan), lambda _: plan, START_NS + 1500 * MS) == []


@pytest.mark.parametrize("latch", [Latch.HOLD, Latch.PANIC, Latch.HAND])
def test_a_stop_in_mid_rack_brings_the_axis_to_rest_within_its_limits_and_it_stays(latch: Latch) -> None:
    spec = make_spec(period_ms=10)
    track, _ = rack(300 * MS, 600 * MS)
    plan = following(track)
    pressed_ns = START_NS + 600 * MS
    frames = played(
        at_rest(spec, plan),
        lambda _: plan,
        START_NS + 1500 * MS,
        latch_at=lambda now_ns: latch if now_ns >= pressed_ns else Latch.NONE,
    )
    after = [frame for frame in frames if frame.write_ns > pressed_ns]
    rest = after[-1].ring
    assert FROM < rest < TO - 0.01
    moving_ns = max(frame.due_ns for frame in after if abs(frame.ring - rest) > 1e-6) - pressed_ns
    speed = 1.875 * (TO - FROM) / 0.6
    bound_s = speed / spec.accel_ring_per_s2 + spec.accel_ring_per_s2 / spec.jerk_ring_per_s3
    assert moving_ns <= bound_s * S + 2 * spec.period_ns
    assert all(abs(frame.ring - rest) < 1e-6 for frame in after if frame.due_ns > pressed_ns + 200 * MS)
    assert not any(frame.clamped for frame in after)


def test_a_stop_is_let_go_only_under_a_newer_attach() -> None:
    spec = make_spec(period_ms=10)
    track, _ = rack(300 * MS, 600 * MS)
    plan = following(track)
    player = at_rest(spec, plan)
    played(player, lambda _: plan, START_NS + 600 * MS)
    played(player, lambda _: plan, START_NS + 800 * MS, latch_at=lambda _: Latch.HOLD)
    rest = player.ring
    still = played(player, lambda _: plan, START_NS + 1500 * MS)
    assert {frame.ring for frame in still[5:]} == {rest}


def test_a_hand_moves_nothing_at_the_grab_and_then_by_what_it_says() -> None:
    spec = make_spec(period_ms=10)
    track = Track(FROM)
    plan = following(track)
    player = at_rest(spec, plan)
    played(player, lambda _: plan, START_NS + 300 * MS)
    frames = played(player, lambda _: plan, START_NS + 600 * MS, latch_at=lambda _: Latch.HAND)
    assert {frame.ring for frame in frames} == {FROM}
    player.hand_by(0.05)
    frames = played(player, lambda _: plan, START_NS + 1500 * MS, latch_at=lambda _: Latch.HAND)
    assert frames[-1].ring == pytest.approx(FROM + 0.05, abs=1e-4)


def test_release_sends_nothing_more() -> None:
    spec = make_spec(period_ms=10)
    track, _ = rack(300 * MS, 600 * MS)
    plan = following(track)
    player = at_rest(spec, plan)
    played(player, lambda _: plan, START_NS + 500 * MS)
    assert played(player, lambda _: plan, START_NS + 900 * MS, latch_at=lambda _: Latch.RELEASE) == []


def _lost_in_mid_rack(on_loss: OnLoss, *, silent: bool = False) -> list[Frame]:
    spec = make_spec(period_ms=10)
    track, _ = rack(300 * MS, 600 * MS)
    later = Segment(1200 * MS, 300 * MS, (TO, 0.0, 0.0, -1.0, 1.5, -0.6))
    plan = following(Track(FROM, (*track.segments, later)), on_loss=on_loss)
    lost_ns = 600 * MS
    clock = running(good_for_ns=1 << 60 if silent else lost_ns)
    return played(
        at_rest(spec, plan),
        lambda _: plan,
        START_NS + 1800 * MS,
        clock_at=lambda _: clock,
        silent_from_ns=START_NS + lost_ns if silent else 1 << 62,
    )


def test_on_loss_finish_lands_the_rack_under_way_and_lets_nothing_depart() -> None:
    assert _lost_in_mid_rack(OnLoss.FINISH)[-1].ring == pytest.approx(TO, abs=1e-9)


def test_on_loss_hold_stops_where_it_is() -> None:
    assert FROM + 0.05 < _lost_in_mid_rack(OnLoss.HOLD)[-1].ring < TO - 0.05


def test_on_loss_run_goes_on_by_the_internal_clock() -> None:
    assert _lost_in_mid_rack(OnLoss.RUN)[-1].ring == pytest.approx(TO - 0.1, abs=1e-6)


@pytest.mark.parametrize("on_loss", list(OnLoss))
def test_a_silent_conductor_lets_the_rack_under_way_land_and_nothing_depart(on_loss: OnLoss) -> None:
    assert _lost_in_mid_rack(on_loss, silent=True)[-1].ring == pytest.approx(TO, abs=1e-9)


def test_nothing_departs_after_the_blocked_show_time() -> None:
    spec = make_spec(period_ms=10)
    track, _ = rack(500 * MS, 600 * MS)
    plan = AxisPlan(follow=True, track=track, attach=1, epoch=1, depart_blocked_show_ns=450 * MS)
    frames = played(at_rest(spec, plan), lambda _: plan, START_NS + 1500 * MS)
    assert {frame.ring for frame in frames} == {FROM}


def test_a_splice_goes_before_the_track_and_the_track_holds_after_it() -> None:
    spec = make_spec(period_ms=10)
    step = 0.1
    moved = Segment(START_NS + 400 * MS, 300 * MS, (FROM, 0.0, 0.0, 10 * step, -15 * step, 6 * step))
    splice = Splice(Track(FROM, (moved,)), START_NS, moved.end_ns)
    plan = AxisPlan(follow=True, track=Track(FROM + step), splice=splice, attach=1, epoch=1)
    frames = played(at_rest(spec, plan), lambda _: plan, START_NS + 1200 * MS)
    assert frames[-1].ring == pytest.approx(FROM + step, abs=1e-9)
    assert all(not frame.clamped for frame in frames)


@given(
    period_ms=st.sampled_from([1, 10, 20]),
    dead_ms=st.sampled_from([0, 7]),
    lag_ms=st.sampled_from([0, 9]),
    fired_ns=st.integers(200 * MS, 260 * MS),
    again_ms=st.integers(40, 900),
)
@settings(max_examples=60, deadline=None)
def test_a_splice_from_rest_begins_the_grid_anew_and_one_from_motion_keeps_it(
    period_ms: int, dead_ms: int, lag_ms: int, fired_ns: int, again_ms: int
) -> None:
    spec = make_spec(period_ms=period_ms, dead_ms=dead_ms, lag_ms=lag_ms)
    idle = following(Track(FROM), epoch=-1)
    player = at_rest(spec, idle)
    rested = played(player, lambda _: idle, START_NS + fired_ns, clock_at=lambda _: NO_CLOCK)[-1]
    fired_ns = max(START_NS + fired_ns, rested.write_ns + 1)
    from_ns, again_ns = fired_ns + spec.dead_ns, fired_ns + again_ms * MS
    laid, _ = rack(from_ns, 600 * MS)
    first = AxisPlan(True, Track(FROM), Splice(laid, from_ns, from_ns + 600 * MS), OnLoss.FINISH, None, 2, -1)
    second = AxisPlan(True, Track(FROM), Splice(laid, from_ns, from_ns + 601 * MS), OnLoss.FINISH, None, 3, -1)
    begun = player.prepare(fired_ns, NO_CLOCK, first, Latch.NONE, conductor_silent=False)
    assert begun is not None
    soonest_ns = max(fired_ns + spec.line_ns, rested.due_ns + spec.period_ns // 2)
    assert soonest_ns < begun.due_ns <= soonest_ns + 50_000
    later = player.prepare(fired_ns + 20_000, NO_CLOCK, first, Latch.NONE, conductor_silent=False)
    assert later == begun
    frames = played(
        player,
        lambda now_ns: first if now_ns < again_ns else second,
        from_ns + 900 * MS,
        clock_at=lambda _: NO_CLOCK,
        from_ns=fired_ns,
    )
    assert not any(frame.clamped for frame in frames)
    gaps_ns = [after.due_ns - before.due_ns for before, after in itertools.pairwise([rested, *frames])]
    assert min(gaps_ns) >= spec.period_ns // 2
    assert max(gaps_ns) <= spec.period_ns * 3 // 2
    ours = [frame for frame in frames if frame.due_ns + spec.dead_ns < from_ns + 560 * MS and not frame.landing]
    assert {(frame.due_ns - begun.due_ns) % spec.period_ns for frame in ours} == {0}


def test_without_a_clock_a_splice_is_played_all_the_same() -> None:
    spec = make_spec(period_ms=10)
    step = 0.1
    curve = (FROM, 0.0, 0.0, 10 * step, -15 * step, 6 * step)
    moved = Segment(START_NS + 400 * MS, 297 * MS, curve)  # over between two set-points
    splice = Splice(Track(FROM, (moved,)), START_NS + 200 * MS, moved.end_ns)
    plan = AxisPlan(follow=True, track=Track(FROM + step), splice=splice, attach=1, epoch=0)
    frames = played(at_rest(spec, plan), lambda _: plan, START_NS + 1200 * MS, clock_at=lambda _: NO_CLOCK)
    assert frames[-1].ring == pytest.approx(FROM + step, abs=1e-12)


def test_a_clock_of_another_epoch_moves_nothing_that_stands() -> None:
    spec = make_spec(period_ms=10)
    track, _ = rack(300 * MS, 600 * MS)
    plan = following(track, epoch=2)
    frames = played(at_rest(spec, plan), lambda _: plan, START_NS + 1500 * MS)
    assert {frame.ring for frame in frames} == {FROM}


@given(speed=st.sampled_from([0.5, 1.04, 2.0]))
@settings(max_examples=3, deadline=None)
def test_at_any_playback_speed_the_landing_is_due_when_the_clock_shows_it(speed: float) -> None:
    spec = make_spec(period_ms=10, dead_ms=5)
    track, land_ns = rack(900 * MS, 900 * MS)
    plan = following(track)
    clock = running(speed=speed)
    frames = played(at_rest(spec, plan), lambda _: plan, START_NS + 4 * S, clock_at=lambda _: clock)
    own = [frame for frame in frames if frame.landing]
    assert [frame.due_ns for frame in own] == [clock.host_at(land_ns) - spec.dead_ns]


def test_a_report_between_taking_hold_and_the_first_set_point_does_not_make_it_let_go() -> None:
    track, _ = rack(300 * MS, 600 * MS)
    plan = following(track)
    player = at_rest(make_spec(), plan)
    frame = player.prepare(START_NS, running(), plan, Latch.NONE, conductor_silent=False)
    assert frame is not None
    player.observe(FROM + 0.001, START_NS + MS)
    player.sent(frame)
    assert not player.holding
    assert played(player, lambda _: plan, START_NS + 1500 * MS)[-1].ring == pytest.approx(TO, abs=1e-9)


@pytest.mark.parametrize("how", ["fault", "release"])
def test_where_a_report_finds_the_motor_after_a_fault_or_release_is_where_the_next_set_point_starts(how: str) -> None:
    """Somebody turned the lens meanwhile, or the motor stopped short: nothing drives it back to the last set-point."""
    track, _ = rack(300 * MS, 600 * MS)
    plan = following(track)
    player = at_rest(make_spec(), plan)
    played(player, lambda _: plan, START_NS + 600 * MS)
    later_ns, found = START_NS + 2_000 * MS, 0.7
    if how == "fault":
        player.fault()
    else:
        player.prepare(later_ns, running(), plan, Latch.RELEASE, conductor_silent=False)
    player.observe(found, later_ns)
    again = following(Track(found), attach=2)
    frame = player.prepare(later_ns + MS, running(), again, Latch.NONE, conductor_silent=False)
    assert frame is not None
    assert frame.ring == pytest.approx(found, abs=1e-9)
    assert not frame.clamped


def test_let_loose_and_taken_back_at_once_it_is_not_driven_back_by_the_orders_from_before() -> None:
    """Until a report has come or it is planned anew, nobody knows that it still stands at the last set-point."""
    track, _ = rack(300 * MS, 600 * MS)
    plan = following(track)
    player = at_rest(make_spec(), plan)
    played(player, lambda _: plan, START_NS + 600 * MS)
    later_ns = START_NS + 2_000 * MS
    player.prepare(later_ns, running(), plan, Latch.RELEASE, conductor_silent=False)
    assert player.prepare(later_ns, running(), plan, Latch.NONE, conductor_silent=False) is None
    player.observe(0.7, later_ns + 5 * MS)
    assert player.prepare(later_ns + 5 * MS, running(), plan, Latch.NONE, conductor_silent=False) is None
    again = following(Track(0.7), attach=2)
    frame = player.prepare(later_ns + 6 * MS, running(), again, Latch.NONE, conductor_silent=False)
    assert frame is not None
    assert frame.ring == pytest.approx(0.7, abs=1e-9)
