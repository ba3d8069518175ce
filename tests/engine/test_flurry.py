"""Many alarms of one kind."""

from cuefocus.engine.flurry import Flurry
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


def test_the_first_is_told_at_once_and_the_others_counted_once_a_second() -> None:
    flurry = Flurry()
    assert flurry.due(0) == ""
    flurry.came("a")
    assert flurry.due(0) == "a"
    for number in range(3):
        flurry.came(f"b{number}")
        assert flurry.due(number * 300 * NS_PER_MS) == ""
    assert flurry.due(NS_PER_S) == "b2 (3×)"
    assert flurry.due(3 * NS_PER_S) == ""
