"""What must hold in every story: invariants I1 to I7, and verdicts that the true logs bear out."""

from bisect import bisect_left, bisect_right
from itertools import pairwise

from cuefocus.engine.plan import Latch
from cuefocus.engine.session import TICK_NS
from cuefocus.landing.rows import LandingRow
from cuefocus.motion.kinematics import setpoint_limits
from cuefocus.motion.stop import stop_pieces
from cuefocus.sim.lens_motor import TruePosition
from cuefocus.timebase.units import NS_PER_MS
from tests.stories.accounted_for import (
    STILL_RING,
    STOPS,
    every_motion_has_a_logged_cause,
    longest_stop_ns,
    only_the_newest_orders_reach_the_motor,
)
from tests.stories.playback import SAMPLE_RATE, Places
from tests.stories.told import ORIGIN_NS, Moment, Told
from tests.stories.watched_player import WatchedPlayer
from tests.stories.within_limits import every_set_point_is_inside_the_limits

#: A landing's error must be the lens' own, to this.
_TRUE_MS = 5.0
_MEASURED = ("landed", "late", "early")


def check_invariants(told: Told) -> None:
    """All of them."""
    for name, player in told.players.items():
        every_set_point_is_inside_the_limits(told.specs[name], player)
        only_the_newest_orders_reach_the_motor(told, name, player)
        every_motion_has_a_logged_cause(told, name, player)
        nothing_moves_unless_armed_and_engaged(told, name, player)
        a_stop_is_as_quick_as_the_limits_allow(told, name, player)
    each_cue_is_told_once(told.rows)
    verdicts_agree_with_the_true_logs(told)
    the_clock_was_right_at_every_landing(told)


def nothing_moves_unless_armed_and_engaged(told: Told, axis: str, player: WatchedPlayer) -> None:
    """I3: a set-point may differ from the last only under orders, under a hand, or while a stop is carried out."""
    spec, times = told.specs[axis], [moment.now_ns for moment in told.moments]
    longest_ns = longest_stop_ns(spec)
    allowed_ns = None
    for before, after in pairwise(player.frames):
        moment = _moment_at(told, times, after.write_ns)
        if moment is None:
            continue
        orders = moment.outcome.plan.axes.get(axis)
        armed = _armed_at(told, times, after.write_ns)
        if (orders is not None and orders.follow and armed) or moment.latches[axis] & Latch.HAND:
            allowed_ns = after.write_ns + longest_ns
        if abs(after.ring - before.ring) > STILL_RING:
            assert allowed_ns is not None, f"{axis} moved unasked"
            assert after.write_ns <= allowed_ns, f"{axis} moved at {(after.write_ns - ORIGIN_NS) / 1e9:.3f} s"


def _moment_at(told: Told, times: list[int], at_ns: int) -> Moment | None:
    index = bisect_right(times, at_ns) - 1
    return told.moments[index] if index >= 0 else None


def _armed_at(told: Told, times: list[int], at_ns: int) -> bool:
    armed = False
    for begins_ns, now in told.armings:
        if begins_ns > at_ns:
            break
        armed = now
    return armed


def a_stop_is_as_quick_as_the_limits_allow(told: Told, axis: str, player: WatchedPlayer) -> None:
    """I7: from a latch to standstill takes the stop itself and one tick."""
    spec, frames = told.specs[axis], player.frames
    dues = [frame.write_ns for frame in frames]
    for before, after in pairwise(told.moments):
        news = after.latches[axis] & ~before.latches[axis] & STOPS
        if not news or before.latches[axis] & STOPS or news & Latch.HAND:
            continue
        index = bisect_left(dues, before.now_ns) - 1
        latched = [at_ns for at_ns, name, _ in told.latchings if name in ("", axis)]
        at_ns = max(moment for moment in latched if moment <= after.now_ns)
        index = bisect_right(dues, at_ns) - 1
        if index < 0:
            continue
        last = frames[index]
        pieces = stop_pieces(last.velocity_ring_per_s, last.acceleration_ring_per_s2, setpoint_limits(spec))
        stop_ns = round(sum(length_s for length_s, _ in pieces) * 1e9)
        still_ns = max(at_ns, last.due_ns) + stop_ns + 2 * spec.period_ns + spec.line_ns
        cleared_ns = (
            next((m.now_ns for m in told.moments if m.now_ns > at_ns and not m.latches[axis]), 1 << 62) - TICK_NS
        )
        later = [frame for frame in frames[index + 1 :] if still_ns < frame.due_ns < cleared_ns]
        assert all(abs(frame.ring - later[0].ring) <= STILL_RING for frame in later), f"{axis} did not stop"


def each_cue_is_told_once(rows: list[LandingRow]) -> None:
    """I2: a timed cue once per (take, pass, cue)."""
    timed = [(row.take, row.pass_, row.cue) for row in rows if row.land_at is not None]
    assert len(timed) == len(set(timed))


def verdicts_agree_with_the_true_logs(told: Told) -> None:
    """Where a row says when the lens was sharp, the simulator's own log says so too."""
    for row in told.rows:
        if row.verdict not in _MEASURED or row.error_ms is None:
            continue
        told_of = (r for key, r in told.records.items() if key[:3] == (row.take, row.pass_, row.cue) and r.told)
        record = next(r for r in told_of if r.fate is None)
        if record.rack.landing != "sharp" or "nothing to pull" in (row.reason or ""):
            continue
        assert record.land_host_ns is not None
        axis = f"{row.camera}.{row.axis}"
        band = record.rack.band
        until_ns = record.watch_until_ns or record.land_host_ns
        entry_ns = _true_entry_ns(told.logs[axis], band.near_ring, band.far_ring, until_ns)
        assert entry_ns is not None, f"cue {row.cue}: the lens never was in its band"
        land_ns = record.came_ns if record.came_ns is not None else record.land_host_ns
        off_ms = (entry_ns - land_ns) / NS_PER_MS - row.error_ms
        assert abs(off_ms) <= _TRUE_MS, f"cue {row.cue}: told {row.error_ms} ms, truly {off_ms:+.3f} ms from that"


def _true_entry_ns(log: list[TruePosition], near: float, far: float, until_ns: int) -> float | None:
    """The last moment before `until_ns` at which the lens came into the band; edges met by interpolation."""
    entry: float | None = None
    grain = 1e-5
    for before, after in pairwise(log):
        if after.time_ns > until_ns:
            break
        was = near - grain <= before.lens_ring <= far + grain
        now = near - grain <= after.lens_ring <= far + grain
        if now and not was:
            edge = near if before.lens_ring < near else far
            share = (edge - before.lens_ring) / (after.lens_ring - before.lens_ring)
            entry = before.time_ns + min(1.0, max(0.0, share)) * (after.time_ns - before.time_ns)
    return entry


def the_clock_was_right_at_every_landing(told: Told) -> None:
    """What the deck truly played when the clock showed `land_at`."""
    if told.playback is None:
        return
    places = told.playback.places()
    for row in told.rows:
        if row.verdict not in _MEASURED or row.land_at is None:
            continue
        record = next(r for key, r in told.records.items() if key[:3] == (row.take, row.pass_, row.cue))
        assert record.land_host_ns is not None
        sample = (record.land_host_ns - ORIGIN_NS) * 1e-9 * SAMPLE_RATE
        if not _steady(places, int(sample)):
            continue
        first, share = int(sample), sample % 1.0
        played_s = float(places[first] + share * (places[first + 1] - places[first]))
        meant_s = (record.rack.land_ns - told.starts_show_ns) * 1e-9
        assert abs(played_s - meant_s) <= told.playback.known_to_s, (
            f"cue {row.cue}: the clock was off by {played_s - meant_s:.6f} s"
        )


def _steady(places: Places, sample: int) -> bool:
    """Whether the deck ran evenly round a moment; of a stop or a jump the clock cannot know at once."""
    reach = SAMPLE_RATE // 4
    if not reach <= sample < len(places) - reach:
        return False
    before, here, after = places[sample - reach], places[sample], places[sample + reach]
    return bool(before < here and abs((after - here) - (here - before)) < 0.002 * abs(here - before))
