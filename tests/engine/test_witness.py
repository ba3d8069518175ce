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
from cuefocus.landing.evidence import Sample
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


def _witness(
    *, feedback: bool, untold: range = range(0), lost_before: int = -1, speed_ring_per_s: float = SPEC.speed_ring_per_s
) -> AxisWitness:
    """Told of all but some; before one it was told that some may have been lost."""
    spec = replace(SPEC, feedback=feedback, lag_ns=12 * NS_PER_MS, period_ns=SPACING_NS)
    spec = replace(spec, speed_ring_per_s=speed_ring_per_s)
    witness = AxisWitness(cast(AxisJob, SimpleNamespace(spec=spec)))
    for number in range(MANY):
        if number == lost_before:
            witness.lost()
        if number in untold:
            continue
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


def _rings(samples: list[Sample], from_ns: int) -> list[float]:
    return [ring for at_ns, ring in samples if at_ns >= from_ns]


def test_where_no_set_point_was_lost_the_estimate_is_as_if_nobody_had_feared_it() -> None:
    whole, _ = _witness(feedback=False).samples(FROM_NS, UNTIL_NS)
    feared, estimated = _witness(feedback=False, lost_before=MANY - 140).samples(FROM_NS, UNTIL_NS)
    assert estimated
    assert feared == whole


def test_an_estimate_says_nothing_from_the_first_lost_set_point_until_the_model_has_made_good_for_them() -> None:
    lost = range(MANY - 160, MANY - 80)
    witness = _witness(feedback=False, untold=lost, lost_before=MANY - 80, speed_ring_per_s=8.0)
    samples, estimated = witness.samples(FROM_NS, UNTIL_NS)
    whole, _ = _witness(feedback=False, speed_ring_per_s=8.0).samples(FROM_NS, UNTIL_NS)
    assert estimated
    known_until_ns = BEGIN_NS + lost.start * SPACING_NS + SPEC.dead_ns
    known_from_ns = BEGIN_NS + lost.stop * SPACING_NS + SPEC.dead_ns + 100 * NS_PER_MS
    between = [at_ns for at_ns, _ in samples if known_until_ns < at_ns < known_from_ns]
    assert between == []
    assert samples[0] == whole[0]
    assert known_until_ns in [at_ns for at_ns, _ in samples]
    after = _rings(samples, known_from_ns)
    assert after == pytest.approx(_rings(whole, known_from_ns), abs=1e-3)
    assert after


def test_an_estimate_ends_with_the_last_set_point_known_when_none_came_after_a_loss() -> None:
    lost = range(MANY - 160, MANY)
    witness = _witness(feedback=False, untold=lost, lost_before=MANY - 1)
    witness.lost()
    samples, _ = witness.samples(FROM_NS, UNTIL_NS)
    assert samples[-1][0] == BEGIN_NS + lost.start * SPACING_NS + SPEC.dead_ns


def test_losses_again_and_again_keep_no_more_than_half_a_minute() -> None:
    spec = replace(SPEC, feedback=False)
    witness = AxisWitness(cast(AxisJob, SimpleNamespace(spec=spec)))
    for second in range(100):
        witness.told(Sent("A.focus", second * NS_PER_S, 0.5, spec.counts_at(0.5)))
        witness.lost()
    samples, _ = witness.samples(0, 100 * NS_PER_S)
    assert samples[0][0] >= 68 * NS_PER_S


def test_reports_go_on_as_they_come_whatever_was_lost() -> None:
    lost = range(MANY - 160, MANY - 80)
    samples, _ = _witness(feedback=True, untold=lost, lost_before=MANY - 80).samples(FROM_NS, UNTIL_NS)
    whole, _ = _witness(feedback=True).samples(FROM_NS, UNTIL_NS)
    assert len(whole) - len(samples) == len(lost)
