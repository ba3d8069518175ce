"""What was seen of a motor is handed over as far as a verdict needs it, however long the axis has moved before."""

from bisect import bisect_left
from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import pytest

from cuefocus.engine.job import AxisJob
from cuefocus.engine.ports import Feedback, Sent
from cuefocus.engine.witness import AxisWitness
from cuefocus.landing.estimate import MotorModel, estimated_samples
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.test_absence import SPEC

BEGIN_NS, SPACING_NS, MANY = 100 * NS_PER_S, 2 * NS_PER_MS, 6_000
FROM_NS = BEGIN_NS + (MANY - 200) * SPACING_NS
UNTIL_NS = BEGIN_NS + MANY * SPACING_NS


def _ring(number: int) -> float:
    """To and fro: 100 ms of pull, 100 ms of rest."""
    lap, at = divmod(number, 100)
    there = min(1.0, at / 50)
    return 0.3 + 0.4 * (there if lap % 2 else 1.0 - there)


def _witness(*, feedback: bool) -> AxisWitness:
    witness = AxisWitness(cast(AxisJob, SimpleNamespace(spec=replace(SPEC, feedback=feedback, lag_ns=12 * NS_PER_MS))))
    for number in range(MANY):
        stamp_ns, counts = BEGIN_NS + number * SPACING_NS, SPEC.counts_at(_ring(number))
        if feedback:
            witness.saw(Feedback("A.focus", stamp_ns, counts))
        else:
            witness.told(Sent("A.focus", stamp_ns, _ring(number), counts))
    return witness


def test_reports_come_from_the_first_moment_asked_for_to_the_last() -> None:
    samples, estimated = _witness(feedback=True).samples(FROM_NS, UNTIL_NS - 10 * SPACING_NS)
    stamps = [at_ns + SPEC.readback_ns for at_ns, _ in samples]
    asked = [BEGIN_NS + number * SPACING_NS for number in range(MANY)]
    kept = [at for at in asked if FROM_NS <= at - SPEC.readback_ns <= UNTIL_NS - 10 * SPACING_NS]
    assert (stamps, estimated) == (kept, False)


def test_an_estimate_is_made_of_what_is_asked_for_alone_and_is_that_of_all_set_points() -> None:
    samples, estimated = _witness(feedback=False).samples(FROM_NS, UNTIL_NS)
    assert estimated
    assert samples[0][0] >= FROM_NS - 100 * NS_PER_MS
    model = MotorModel(SPEC.dead_ns, 12 * NS_PER_MS, SPEC.speed_ring_per_s)
    sent = [(BEGIN_NS + number * SPACING_NS, SPEC.ring_at(SPEC.counts_at(_ring(number)))) for number in range(MANY)]
    whole = estimated_samples(sent, model, until_ns=UNTIL_NS)
    tail = whole[bisect_left(whole, (FROM_NS, 0.0)) :]
    mine = samples[bisect_left(samples, (FROM_NS, 0.0)) :]
    assert [at_ns for at_ns, _ in mine] == [at_ns for at_ns, _ in tail]
    assert [ring for _, ring in mine] == pytest.approx([ring for _, ring in tail], abs=0.1 / SPEC.counts_span)
