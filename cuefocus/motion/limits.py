"""The last word before the port: no set-point leaves outside position, speed, acceleration and jerk (design §7).

Set-points come at uneven times, so their derivatives are divided differences over the spacing they really have: by the
mean value theorem those of a path within the limits are within them too, whatever the spacing. A motor with lag τ is
sent x + τ·ẋ, whose acceleration steps where the path's jerk does; the jerk that counts is the path's, so it is taken
from the acceleration as the lag passes it on. What is cut is brought back time-optimally, re-solved at each set-point.
Plain Python: motion loads it.
"""

from math import copysign, isfinite

from cuefocus.errors import PlanError
from cuefocus.motion.kinematics import setpoint_limits, stepped
from cuefocus.motion.lag import behind_lag, lag_swing
from cuefocus.motion.retarget import Pursuit, State
from cuefocus.motion.stop import stop_distance, stop_pieces
from cuefocus.motor.axis import AxisSpec

NAMES = ("position", "speed", "acceleration", "jerk")
_CLOCK_GRAIN_S = 2e-9  # show time and stamps are whole nanoseconds
_GAP_PERIODS = 6  # after a longer silence the motor has long settled on its last set-point
_ROUNDING = 1.0 + 1e-6
_LAG_ROUNDING = 1.03  # what sampling at the set-point grid adds to the jerk behind a lag, worst case
_CAUGHT_UP = 0.1  # a way back is done when what is left is this share of what full jerk does in one step
_SHARES = 4  # halvings in the search for how much of a step may be taken
_END_SLACK_RING = 1e-4
_QUIET_COUNTS = 0.25  # a cut that cannot move the encoded count is not worth a word


Course = tuple[float, float, float, float]
"""Where a track is, how fast and how bent, in host time, and the ring at which it rests or turns next."""


class SetpointLimiter:
    """Limits one axis' set-points. `limit` answers, `commit` makes it history; nothing here ever raises.

    Times are those the set-points stand for (the middle of the span each is held, a landing's own moment), host ns: on
    those the path is smooth, on the moments of sending it is not where a landing takes the grid's place.
    """

    __slots__ = (
        "_accel",
        "_asked",
        "_committed",
        "_filtered",
        "_grain_ring",
        "_lag_s",
        "_limits",
        "_offered",
        "_own",
        "_period_ns",
        "_pursuit",
        "_quiet_ring",
        "_spec",
        "_speed",
        "_times",
        "_wanted",
        "counts",
    )

    def __init__(self, spec: AxisSpec) -> None:
        self._spec = spec
        self._limits = setpoint_limits(spec)
        self._lag_s = spec.lag_ns * 1e-9
        self._period_ns = max(1, spec.period_ns)
        self._grain_ring = self._limits.speed * _CLOCK_GRAIN_S
        self._quiet_ring = _QUIET_COUNTS / max(1, spec.counts_span)
        self._pursuit = Pursuit(self._limits)
        self.counts = dict.fromkeys(NAMES, 0)
        self.reset(0.0)

    def reset(self, ring: float) -> None:
        """Forget the past: the axis rests at `ring`."""
        self._times: tuple[int, int, int] | None = None  # of the last three set-points, oldest first
        self._committed = ring  # the last of them
        self._speed = 0.0  # over the last interval
        self._accel = 0.0  # over the last three
        self._filtered = (0.0, 0.0)  # acceleration behind the lag, and the one before the lag it came from
        self._wanted = (0, ring, 0.0, 0.0)  # time, ring, speed and acceleration as last asked for
        self._asked = (0, ring)  # time and ring of the wish being answered
        self._offered: tuple[int, float, float, float] | None = None  # our own answer to it: time and state
        self._own: State | None = None  # state at the last set-point, if that was our own

    def limit(self, at_ns: int, wanted_ring: float, course: Course | None = None) -> tuple[float, str]:
        """The set-point to send instead, and the names of the limits that cut it (space-separated, empty for none).

        Args:
            at_ns: the moment it stands for.
            wanted_ring: the wish.
            course: what the wish leads by the lag, where that is a track that ends: it is not passed there.
        """
        wanted = wanted_ring if isfinite(wanted_ring) else self._committed
        wanted = 0.0 if wanted < 0.0 else 1.0 if wanted > 1.0 else wanted
        self._asked, self._offered = (at_ns, wanted), None
        ring, broken = self._within(at_ns, wanted, course)
        cut = broken if abs(ring - wanted) >= self._quiet_ring else ""
        if not abs(wanted - wanted_ring) < self._quiet_ring:
            cut = f"position {cut}".strip()
        return ring, cut

    def _within(self, at_ns: int, wanted: float, course: Course | None) -> tuple[float, str]:
        """The nearest set-point that keeps the limits, and what `wanted` would have broken."""
        last_ns, middle_ns, first_ns = self._history(at_ns)
        if at_ns <= last_ns:
            return self._committed, "speed"
        broken = self._broken(at_ns, last_ns, middle_ns, first_ns, wanted)
        broken = broken or self._overruns(at_ns, wanted, course)
        if not broken and self._own is None:
            return wanted, ""
        return self._way_back(at_ns, last_ns, middle_ns, wanted, course), broken or "jerk"

    def commit(self, at_ns: int, ring: float, clamped: str = "") -> None:
        """Note that `ring` went out for `at_ns`, and count what had cut it."""
        for name in clamped.split():
            self.counts[name] += 1
        last_ns, middle_ns, first_ns = self._history(at_ns)
        if at_ns <= last_ns:
            return
        self._note_wish(at_ns, ring)
        offered = self._offered
        self._own = offered[1:] if offered is not None and offered[:2] == (at_ns, ring) else None
        if self._rested(at_ns):
            self._speed = self._accel = 0.0
            self._filtered = (0.0, 0.0)
        speed = (ring - self._committed) * 1e9 / (at_ns - last_ns)
        accel = (speed - self._speed) * 2e9 / (at_ns - middle_ns)
        self._filtered = (behind_lag(self._filtered, accel, (at_ns - first_ns) / 3e9, self._lag_s), accel)
        self._speed, self._accel, self._committed = speed, accel, ring
        self._times = (middle_ns, last_ns, at_ns)

    def _note_wish(self, at_ns: int, ring: float) -> None:
        wanted = self._asked[1] if self._asked[0] == at_ns else ring
        then_ns, then_ring, old_speed, _ = self._wanted
        span_s = (at_ns - then_ns) * 1e-9
        speed = (wanted - then_ring) / span_s if span_s > 0.0 else 0.0
        self._wanted = (at_ns, wanted, speed, (speed - old_speed) / span_s if span_s > 0.0 else 0.0)

    def skip(self, at_ns: int) -> None:
        """Note that the set-point for `at_ns` did not go out: the motor keeps the one before."""
        del at_ns
        self._offered = None

    def step(self, at_ns: int, wanted_ring: float, course: Course | None = None) -> tuple[float, str]:
        """`limit` and `commit` in one."""
        ring, clamped = self.limit(at_ns, wanted_ring, course)
        self.commit(at_ns, ring, clamped)
        return ring, clamped

    def _history(self, at_ns: int) -> tuple[int, int, int]:
        """Times of the last set-points, latest first; on a regular grid before the first and after a silence."""
        period_ns = self._period_ns
        if self._times is None or at_ns - self._times[2] > _GAP_PERIODS * period_ns:
            return at_ns - period_ns, at_ns - 2 * period_ns, at_ns - 3 * period_ns
        first_ns, middle_ns, last_ns = self._times
        return last_ns, middle_ns, first_ns

    def _rested(self, at_ns: int) -> bool:
        return self._times is None or at_ns - self._times[2] > _GAP_PERIODS * self._period_ns

    def _broken(self, at_ns: int, last_ns: int, middle_ns: int, first_ns: int, ring: float) -> str:
        """Names of the limits that `ring` would break now, or could not help breaking later."""
        limits, grain = self._limits, self._grain_ring
        rested = self._rested(at_ns)
        if ring == self._committed and (rested or self._speed == 0.0 == self._accel):
            return ""
        old_speed = 0.0 if rested else self._speed
        span_1, span_2, span_3 = (at_ns - last_ns) * 1e-9, (at_ns - middle_ns) * 5e-10, (at_ns - first_ns) / 3e9
        span_0 = (last_ns - middle_ns) * 1e-9
        speed = (ring - self._committed) / span_1
        accel = (speed - old_speed) / span_2
        noise_speed = grain / span_1
        noise_accel = (noise_speed + grain / span_0) / span_2
        noise_jerk = (noise_accel + 2.0 * grain / (span_0 * span_0)) / span_3
        if self._lag_s <= 0.0:
            filtered, jerk, over = accel, (accel - (0.0 if rested else self._accel)) / span_3, 0.0
            swung = False
        else:
            old = (0.0, 0.0) if rested else self._filtered
            filtered = behind_lag(old, accel, span_3, self._lag_s)
            jerk = (filtered - old[0]) / span_3
            over = abs(accel - filtered) - limits.jerk * (self._lag_s * _LAG_ROUNDING + span_3)
            swing = abs(accel - (0.0 if rested else self._accel)) / span_3
            swung = swing > limits.jerk and (
                swing > limits.jerk * lag_swing(first_ns, middle_ns, last_ns, at_ns, self._lag_s) + noise_jerk
            )
        lag_rounding = _LAG_ROUNDING if self._lag_s > 0.0 else _ROUNDING
        broken = ""
        if abs(speed) > limits.speed * _ROUNDING + noise_speed:
            broken = "speed"
        if abs(accel) > limits.accel * _ROUNDING + noise_accel:
            broken += " acceleration"
        if abs(jerk) > limits.jerk * lag_rounding + noise_jerk or over > noise_accel or swung:
            broken += " jerk"
        return broken.strip() or self._cornered(ring, speed + 0.5 * accel * span_1, filtered, span_2)

    def _cornered(self, ring: float, speed: float, accel: float, late_s: float) -> str:
        """Whether the path behind the lag could no longer keep its speed limit, or stop before an end.

        What is known of the acceleration is `late_s` old; it gets the benefit of the doubt.
        """
        limits = self._limits
        speed -= self._lag_s * accel
        ring -= self._lag_s * speed
        rising = abs(accel) - limits.jerk * late_s if speed * accel > 0.0 else 0.0
        if rising > 0.0 and abs(speed) + rising * rising / (2.0 * limits.jerk) > limits.speed + abs(accel) * late_s:
            return "speed"
        rough = abs(speed) * (abs(speed) / limits.accel + 2.0 * limits.accel / limits.jerk) + abs(accel) * 0.01
        if rough < ring < 1.0 - rough:
            return ""
        end = ring + stop_distance(speed, accel, limits)
        return "" if -_END_SLACK_RING <= end <= 1.0 + _END_SLACK_RING else "position"

    def _overruns(self, at_ns: int, wanted: float, course: Course | None) -> str:
        """The limit that keeps a course from coming to rest at its end, so that it would be passed; empty for none.

        A course that has just changed its speed bends otherwise than the set-points did so far: what is known of their
        acceleration counts then, less what may have become of it since.
        """
        if course is None or course[1] == 0.0:
            return ""
        limits = self._limits
        ring, speed, accel, end_ring = course
        eased = abs(speed) + limits.accel * limits.accel / (2.0 * limits.jerk)
        if eased * (eased / (2.0 * limits.accel) + 2.0 * limits.accel / limits.jerk) < abs(end_ring - ring):
            return ""  # it could brake in time even if it were just being pushed on
        sign = copysign(1.0, speed)
        last_ns, middle_ns, first_ns = self._history(at_ns)
        old_speed, old = (0.0, (0.0, 0.0)) if self._rested(at_ns) else (self._speed, self._filtered)
        sent = ((wanted - self._committed) * 1e9 / (at_ns - last_ns) - old_speed) * 2e9 / (at_ns - middle_ns)
        bent = behind_lag(old, sent, (at_ns - first_ns) / 3e9, self._lag_s) if self._lag_s > 0.0 else sent
        late_s = (at_ns - middle_ns) * 5e-10
        accel = sign * max(accel * sign, bent * sign - limits.jerk * late_s)
        past = (ring + stop_distance(speed, accel, limits) - end_ring) * sign
        return "acceleration" if past > _END_SLACK_RING else ""

    def _way_back(self, at_ns: int, last_ns: int, middle_ns: int, wanted: float, course: Course | None) -> float:
        """The next set-point on the quickest way to what is wanted, taken to go on as it does now."""
        limits = self._limits
        start = self._state(last_ns, middle_ns, self._rested(at_ns))
        target = self._wish(at_ns, wanted)
        span_s = (at_ns - last_ns) * 1e-9
        try:
            ring, speed, accel = self._pursuit.after(start, target, span_s)
        except PlanError:
            ring, speed, accel = stepped(start, stop_pieces(start[1], start[2], limits), span_s)
        if speed * accel > 0.0 and abs(speed) + accel * accel / (2.0 * limits.jerk) > limits.speed:
            easing = [(abs(start[2]) / limits.jerk, copysign(limits.jerk, -start[2]))]
            ring, speed, accel = stepped(start, easing, span_s)
        end_ring = course[3] if course is not None else None
        ring, speed, accel = self._able_to_stop(start, (ring, speed, accel), target, span_s, end_ring)
        if self._own is None:
            ring = self._joined(ring, at_ns, last_ns, middle_ns)
        reach = limits.speed * span_s
        ring = min(1.0, max(0.0, min(self._committed + reach, max(self._committed - reach, ring))))
        hardly = _CAUGHT_UP * limits.jerk * span_s**2
        if abs(ring - wanted) <= min(self._quiet_ring, hardly * span_s) and abs(speed - target[1]) <= hardly:
            if not self._broken(at_ns, last_ns, middle_ns, self._history(at_ns)[2], wanted):
                if not self._overruns(at_ns, wanted, course):
                    return wanted
        self._offered = (at_ns, ring, speed, accel)
        return ring

    def _able_to_stop(self, start: State, chosen: State, target: State, span_s: float, end_ring: float | None) -> State:
        """As much of the chosen step as leaves it able to stop where the wish itself still could, or does."""
        limits = self._limits
        limit_ring = target[0] + stop_distance(target[1], target[2], limits)
        if end_ring is not None:
            limit_ring = min(limit_ring, end_ring) if chosen[1] > 0.0 else max(limit_ring, end_ring)
        limit_ring = min(1.0, max(0.0, limit_ring)) + copysign(self._grain_ring, chosen[1])
        if not self._passes(chosen, limit_ring):
            return chosen
        stopping = stepped(start, stop_pieces(start[1], start[2], limits), span_s)
        share, step = 0.5, 0.25
        best = stopping
        for _ in range(_SHARES):
            mixed = _mixed(stopping, chosen, share)
            if self._passes(mixed, limit_ring):
                share -= step
            else:
                best, share = mixed, share + step
            step *= 0.5
        return best

    def _passes(self, state: State, limit_ring: float) -> bool:
        """Whether the quickest stop from a state ends past a place, seen the way it moves."""
        end = state[0] + stop_distance(state[1], state[2], self._limits)
        return end > limit_ring if state[1] > 0.0 else end < limit_ring

    def _joined(self, ring: float, at_ns: int, last_ns: int, middle_ns: int) -> float:
        """The first set-point of our own way, so that it joins what went before within the jerk limit."""
        if self._lag_s > 0.0 or self._rested(at_ns):
            return ring
        first_ns = self._history(at_ns)[2]
        span_1, span_2, span_3 = (at_ns - last_ns) * 1e-9, (at_ns - middle_ns) * 5e-10, (at_ns - first_ns) / 3e9
        room = self._limits.jerk * span_3
        low, high = (
            self._committed + span_1 * (self._speed + span_2 * (self._accel + side * room)) for side in (-1.0, 1.0)
        )
        return min(high, max(low, ring))

    def _state(self, last_ns: int, middle_ns: int, rested: bool) -> State:
        """Where the set-point is, how fast, how bent: our own way's if the last one was on it, else as measured."""
        if rested:
            return self._committed, 0.0, 0.0
        if self._own is not None:
            return self._own
        limits = self._limits
        accel = self._filtered[0] if self._lag_s > 0.0 else self._accel
        accel = min(limits.accel, max(-limits.accel, accel))
        speed = self._speed + accel * (last_ns - middle_ns) * 5e-10
        return self._committed, min(limits.speed, max(-limits.speed, speed)), accel

    def _wish(self, at_ns: int, wanted: float) -> State:
        """The wanted state, from the last wishes as far as they are believable motion; else taken to stand."""
        limits = self._limits
        then_ns, ring, old_speed, old_accel = self._wanted
        span_s = (at_ns - then_ns) * 1e-9
        speed = accel = 0.0
        if 0.0 < span_s < _GAP_PERIODS * self._period_ns * 1e-9:
            mean = (wanted - ring) / span_s
            bend = (mean - old_speed) / span_s
            if abs(mean) <= limits.speed and abs(bend) <= 2.0 * limits.accel:
                speed = mean
                if abs(bend) <= limits.accel and abs(bend - old_accel) <= 4.0 * limits.jerk * span_s:
                    accel = bend
                    speed = min(limits.speed, max(-limits.speed, mean + 0.5 * bend * span_s))
        return wanted, speed, accel


def _mixed(one: State, other: State, share: float) -> State:
    """Between two states that are reached from one: what lies between their jerks leads there."""
    ring, speed, accel = (a + share * (b - a) for a, b in zip(one, other, strict=True))
    return ring, speed, accel
