"""When a sample was at the converter: sample counts against host stamps that are never early, often late.

A sound card's clock is steady; the stamps of its blocks are not: they come late by tens of microseconds and now and
then by milliseconds. So the filter believes the card (its rate walks slowly) and doubts the stamps (late ones are gated
out). What is left is a constant, the mean lateness, which calibration removes together with the converter's latency.
"""

from fractions import Fraction

from cuefocus.timebase.units import NS_PER_S

# A sound card's crystal lies within ±100 ppm of its nominal rate; the host's too.
_RATE_SIGMA = 1e-4
# Rate walk of real crystals against each other, per √s (reference/realtime.md §6: q = 3e-8; less locks itself out).
_RATE_WALK = 3e-8
# A block stamp's spread until the first blocks have shown theirs, ns.
_FIRST_SPREAD_NS = 60e3
_LEAST_SPREAD_NS = 50.0
# A sound server's own times wander by tens of µs over seconds (docs/decisions/0021): believed no better than this.
_SERVER_SPREAD_NS = 20e3
_GATE_SIGMAS = 4.0
# The spread is learnt over about this many blocks; the mean innovation too.
_SPREAD_BLOCKS = 64
_DRIFT_BLOCKS = 48
# This many stamps late in a row are no jitter: samples were lost, or the clock itself moved.
_LOCKOUT_BLOCKS = 25
# A change of rate the host clock may undergo (NTP slews by up to 500 ppm, mostly by tens).
_SLEW_SIGMA = 3e-5


class SampleClock:
    """Host time of any sample, from (sample index, stamp) pairs.

    Args:
        nominal_rate: samples per second as the card claims.
        rate_walk: how much the rate may wander, per √s.
    """

    def __init__(self, nominal_rate: int | Fraction, *, rate_walk: float = _RATE_WALK) -> None:
        self._ns_per_sample = float(NS_PER_S / Fraction(nominal_rate))
        self._walk_per_ns = rate_walk * rate_walk / NS_PER_S
        # The estimate at sample `_sample`: host time `_host_ns` + `_rest_ns`, and the rate's deviation.
        self._sample = 0
        self._host_ns = 0
        self._rest_ns = 0.0
        self._slow = 0.0
        self._p00, self._p01, self._p11 = 0.0, 0.0, _RATE_SIGMA**2
        self._spread_ns = _FIRST_SPREAD_NS
        self._drift_ns = 0.0
        self._anchored = False
        self._late_in_row = 0
        self.accepted = 0
        self.gated = 0
        self.reanchored = 0

    @property
    def ready(self) -> bool:
        """Whether any stamp has come since the start or the last re-anchoring."""
        return self._anchored

    @property
    def ns_per_sample(self) -> float:
        """Host ns per sample, as measured."""
        return self._ns_per_sample * (1.0 + self._slow)

    @property
    def rate_ppm(self) -> float:
        """How much faster than nominal the card runs, in host time."""
        return (1.0 / (1.0 + self._slow) - 1.0) * 1e6

    @property
    def rate_uncertainty_ppm(self) -> float:
        """One standard deviation of `rate_ppm`."""
        return float(self._p11**0.5) * 1e6

    def feed(self, sample: int, stamp_ns: int, *, two_sided: bool = False) -> bool:
        """Take the host time at which sample number `sample` was there (a block's start or its end, always the same).

        Args:
            sample: its number.
            stamp_ns: when it was there.
            two_sided: a sound server has filtered the stamp already: it may be early as well as late, and wanders
                slowly, so that no number of such stamps is worth much more than a few.

        Returns: whether the stamp was believed; a gated one leaves the estimate as it was.
        """
        if not self._anchored:
            self._anchor(sample, stamp_ns)
            return True
        self._advance(sample)
        innovation_ns = (stamp_ns - self._host_ns) - self._rest_ns
        noise = max(self._spread_ns, _SERVER_SPREAD_NS if two_sided else 0.0) ** 2
        total = self._p00 + noise
        limit_ns = _GATE_SIGMAS * total**0.5
        if innovation_ns > limit_ns or (two_sided and innovation_ns < -limit_ns):
            return self._late(sample, stamp_ns, innovation_ns, limit_ns)
        if innovation_ns < -limit_ns:
            # Nothing comes early: what was believed so far was late.
            self._anchor(sample, stamp_ns)
            return True
        self._late_in_row = 0
        self.accepted += 1
        self._learn_spread(innovation_ns)
        self._watch_drift(innovation_ns)
        gain, rate_gain = self._p00 / total, self._p01 / total
        self._rest_ns += gain * innovation_ns
        self._slow += rate_gain * innovation_ns
        self._p11 -= rate_gain * self._p01
        self._p01 -= gain * self._p01
        self._p00 -= gain * self._p00
        self._fold()
        return True

    def reanchor(self) -> None:
        """Forget where the count stood (xrun, gap, restart of the stream) but keep the rate."""
        if self._anchored:
            self.reanchored += 1
        self._anchored = False

    def host_at(self, sample: float) -> int:
        """Host time of a sample, ns; fractions between samples count."""
        whole = int(sample // 1)
        samples = (whole - self._sample) + (sample - whole)
        return self._host_ns + round(self._rest_ns + samples * self.ns_per_sample)

    def uncertainty_ns(self, sample: float | None = None) -> float:
        """One standard deviation of `host_at(sample)` (default: the newest), beside the constant mean lateness."""
        span_ns = 0.0 if sample is None else abs(sample - self._sample) * self._ns_per_sample
        spread = self._p00 + 2.0 * self._p01 * span_ns + self._p11 * span_ns**2 + self._walk_per_ns * span_ns**3 / 3.0
        return float(max(spread, 0.0) ** 0.5)

    def _anchor(self, sample: int, stamp_ns: int) -> None:
        self._sample, self._host_ns, self._rest_ns = sample, stamp_ns, 0.0
        self._p00, self._p01 = self._spread_ns**2, 0.0
        self._anchored, self._late_in_row, self._drift_ns = True, 0, 0.0

    def _advance(self, sample: int) -> None:
        """Carry the estimate along to `sample`."""
        span_ns = (sample - self._sample) * self._ns_per_sample
        whole_ns = round(span_ns)
        self._host_ns += whole_ns
        self._rest_ns += (span_ns - whole_ns) + span_ns * self._slow
        self._sample = sample
        walk, size_ns = self._walk_per_ns, abs(span_ns)
        self._p00 += 2.0 * self._p01 * span_ns + self._p11 * span_ns**2 + walk * size_ns**3 / 3.0
        self._p01 += self._p11 * span_ns + walk * span_ns * size_ns / 2.0
        self._p11 += walk * size_ns
        self._fold()

    def _fold(self) -> None:
        whole_ns = round(self._rest_ns)
        self._host_ns += whole_ns
        self._rest_ns -= whole_ns

    def _late(self, sample: int, stamp_ns: int, innovation_ns: float, limit_ns: float) -> bool:
        self.gated += 1
        self._late_in_row += 1
        self._learn_spread(max(-limit_ns, min(innovation_ns, limit_ns)))
        if self._late_in_row < _LOCKOUT_BLOCKS:
            return False
        self.reanchored += 1
        self._p11 += _SLEW_SIGMA**2
        self._anchor(sample, stamp_ns)
        return True

    def _learn_spread(self, innovation_ns: float) -> None:
        """Follow the stamps' spread, each at its clipped size so that one spike teaches little."""
        share = 1.0 / min(_SPREAD_BLOCKS, self.accepted + self.gated + 4)
        square = max(innovation_ns**2 - self._p00, 0.0)
        variance = self._spread_ns**2
        variance += share * (min(square, 9.0 * variance) - variance)
        self._spread_ns = max(variance**0.5, _LEAST_SPREAD_NS)

    def _watch_drift(self, innovation_ns: float) -> None:
        """Open the filter when innovations lean to one side: the host clock is being slewed."""
        self._drift_ns += (innovation_ns - self._drift_ns) / _DRIFT_BLOCKS
        settled = self.accepted > 4 * _DRIFT_BLOCKS
        lean_sigma_ns = ((self._p00 + self._spread_ns**2 / (2 * _DRIFT_BLOCKS)) ** 0.5) * 5.0
        if settled and abs(self._drift_ns) > lean_sigma_ns:
            self._p11 += _SLEW_SIGMA**2
            self._drift_ns = 0.0
