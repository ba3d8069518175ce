"""Whether a line's speed is one the act may be played at, and whether it tells 24 from 23.976."""

from enum import Enum

from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.line import Line
from cuefocus.chase.pulse import Pulse
from cuefocus.timebase.twin_rates import CRYSTAL
from cuefocus.timebase.units import NS_PER_MS

_TWIN = 1001 / 1000
_SURE = 100e-6
_VERY_SURE = 50e-6
_FIRST_OPINION = 5
_FIRM_OPINION = 8
# How long a speed must stand outside the declaration: before it is named, and during a run.
_NAMED_NS = 500 * NS_PER_MS
_ALARM_NS = 150 * NS_PER_MS
_ALARM_READINGS = 5
_GROSS = 0.05
# A run begins only once its speed is known this well: a machine starting up passes through every speed.
_VAGUE, _VAGUE_IN_RANGE = 0.005, 0.03
# Steady speeds within these are a playback at a wrong speed; others are shuttling.
_SLOW_PLAYBACK, _FAST_PLAYBACK = 0.2, 4.1
# Where scrubbing is allowed, so many readings outside the declaration, or for so long, are a shuttle at any speed.
_SCRUB_READINGS, _SCRUB_NS = 3, 100 * NS_PER_MS


class Verdict(Enum):
    """What to make of a line."""

    REVERSE = 0
    SHUTTLE = 1
    OUTSIDE = 2  # not a declared speed, but that may pass (a machine starting)
    WRONG_SPEED = 3
    WRONG_RATE = 4
    UNSURE = 5  # a declared speed; the rate is not told from its twin yet
    SURE = 6


class Judge:
    """Looks at the line after each reading. `reason` says why, where the verdict needs one."""

    def __init__(self, config: ChaseConfig) -> None:
        self._speeds = config.speeds
        self._rate = config.rate
        self._scrub = config.scrub
        self._outside_ns: int | None = None
        self._outside = 0
        self._contradicted = 0
        self.reason = ""
        self._twin = self._twin_factor()

    def restart(self) -> None:
        """Forget what was seen: a new line begins."""
        self._outside_ns, self._outside, self._contradicted, self.reason = None, 0, 0, ""

    def verdict(self, line: Line, pulse: Pulse, *, running: bool, noise_ns: float) -> Verdict:
        """What to make of the line now; `running` says whether it is being followed."""
        if line.speed <= 0.0:
            return Verdict.REVERSE
        if self._certainly_outside(line, noise_ns):
            return self._outside_verdict(line, pulse, running=running, noise_ns=noise_ns)
        if not running and line.speed_sigma > (_VAGUE if self._speeds.exact else _VAGUE_IN_RANGE):
            return Verdict.OUTSIDE
        self._outside_ns, self._outside = None, 0
        return self._rate_verdict(line)

    def _certainly_outside(self, line: Line, noise_ns: float) -> bool:
        excess = self._speeds.excess(line.speed)
        if excess == 0.0:
            return False
        nearest = self._speeds.nearest(line.speed)
        if excess * nearest <= 3.0 * line.speed_sigma:
            return False
        # Wow: the moment's speed lies outside, its mean does not.
        span_ns = max(line.host_ns - line.history[0].host_ns, 1)
        mean_sigma = 2.0 * noise_ns / span_ns
        mean_inside = self._speeds.excess(line.mean_speed()) <= 3.0 * mean_sigma
        return not (excess < _GROSS and mean_inside and not line.steady and line.readings > 3)

    def _outside_verdict(self, line: Line, pulse: Pulse, *, running: bool, noise_ns: float) -> Verdict:
        if self._outside_ns is None:
            self._outside_ns = line.host_ns
        self._outside += 1
        lasted_ns = line.host_ns - self._outside_ns
        steady = pulse.steady(noise_ns)
        if running and (self._outside < _ALARM_READINGS or lasted_ns < _ALARM_NS):
            return Verdict.OUTSIDE
        if self._scrub:
            soon = line.speed < _SLOW_PLAYBACK or lasted_ns >= _SCRUB_NS or self._outside >= _SCRUB_READINGS
            return Verdict.SHUTTLE if soon else Verdict.OUTSIDE
        if line.speed > _FAST_PLAYBACK or (
            line.speed > 1.5 * self._speeds.fastest and lasted_ns > _NAMED_NS and not steady
        ):
            return Verdict.SHUTTLE
        if not running and (line.speed < _SLOW_PLAYBACK or not steady or lasted_ns < _NAMED_NS):
            return Verdict.OUTSIDE
        self.reason = f"playback runs at {line.speed:.3f}×, act says {self._speeds.words}"
        return Verdict.WRONG_SPEED

    def _rate_verdict(self, line: Line) -> Verdict:
        if self._twin == 0.0:
            return Verdict.SURE
        declared = self._speeds.nearest(line.speed)
        relative, sigma = line.speed / declared, line.speed_sigma / declared
        if sigma < _SURE and abs(relative - self._twin) <= CRYSTAL:
            self._contradicted += 1
            if self._contradicted >= _FIRM_OPINION:
                measured = float(self._rate.fps) * relative
                self.reason = f"timecode runs at {measured:.3f} fps, act says {self._rate.name}"
                return Verdict.WRONG_RATE
            return Verdict.UNSURE
        self._contradicted = 0
        enough = line.readings >= _FIRST_OPINION
        near = sigma < _SURE and abs(relative - 1.0) <= CRYSTAL
        return Verdict.SURE if enough and (near or sigma < _VERY_SURE) else Verdict.UNSURE

    def _twin_factor(self) -> float:
        """What a source of the twin rate would seem to run at; 0 where there is no twin, or it is declared."""
        if self._rate.nominal % 25 == 0 or not self._speeds.exact:
            return 0.0
        factor = _TWIN if self._rate.fps.denominator == 1001 else 1.0 / _TWIN
        declared = [float(speed) for speed in self._speeds.exact]
        known = any(abs(one * factor / other - 1.0) <= CRYSTAL for one in declared for other in declared)
        return 0.0 if known else factor
