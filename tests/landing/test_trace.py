"""When a path through reports met a level, where a report lies on that level but for rounding."""

from dataclasses import replace
from math import nextafter

import pytest

from cuefocus.landing.trace import Path
from cuefocus.landing.verdict import judge
from tests.landing.racks import LAND_HOST_NS, MS, SPAN, circumstances, evidence, planned_curve, rack, sampled


@pytest.mark.parametrize("beyond", [0.0, 1.0], ids=["to close focus", "to far"])
@pytest.mark.parametrize("rings", [(0.30, 0.50, 0.69), (0.69, 0.50, 0.30)], ids=["rising", "falling"])
def test_a_report_on_a_level_met_it_whatever_rounding_leaves(rings: tuple[float, ...], beyond: float) -> None:
    path = Path([(at * 20 * MS, ring) for at, ring in enumerate(rings)])
    assert path.crossing(1, nextafter(rings[2], beyond)).at_ns == pytest.approx(40 * MS, abs=1)
    assert path.crossing(0, nextafter(rings[0], beyond)).at_ns == pytest.approx(0, abs=1)


def test_a_lens_that_is_reported_on_the_edge_of_its_band_came_there_then() -> None:
    planned = rack()
    edge = round(planned.band.near_ring * SPAN) / SPAN
    band = replace(planned.band, near_ring=nextafter(edge, 1.0))
    samples = [
        (at_ns, edge if 0 <= at_ns - LAND_HOST_NS < 20 * MS else ring)
        for at_ns, ring in sampled(planned_curve(planned), phase_ns=0)
    ]
    row = judge(replace(planned, band=band), circumstances(), evidence(samples))
    assert row.error_ms == pytest.approx(0.0, abs=0.1)
