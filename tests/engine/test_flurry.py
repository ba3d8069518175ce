"""Many alarms of one kind."""

from cuefocus.engine.flurry import Flurry
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S


def test_the_first_is_told_at_once_and_the_others_counted_once_a_second() -> None:
    flurry = Flurry()
    assert flurry.due(0) == ""
    flurry.came("a", "GO")
    assert flurry.due(0) == "a"
    for number in range(3):
        flurry.came(f"b{number}", "GO")
        assert flurry.due(number * 300 * NS_PER_MS) == ""
    assert flurry.due(NS_PER_S) == "b2 (3×)"
    assert flurry.due(3 * NS_PER_S) == ""


def test_of_several_the_most_frequent_are_named_and_told_of_on_one_line() -> None:
    flurry = Flurry()
    for name, times in (("top", 1), ("next", 3), ("go", 5), ("back", 2)):
        for number in range(times):
            flurry.came(f"{name} is {number} ms old", name)
    assert flurry.due(0) == "go is 4 ms old (11×: go 5×, next 3×, back 2× and more)"
    flurry.came("go is old", "go")
    flurry.came("top is old", "top")
    assert flurry.due(NS_PER_S) == "go is old (2×: go, top)"


def test_a_flood_of_names_is_counted_and_costs_little() -> None:
    flurry = Flurry()
    for number in range(10_000):
        flurry.came("it is old", f"{number:05}" + "x" * 10_000)
    told = flurry.due(0)
    assert told.startswith("it is old (10000×: 00000xxx")
    assert told.endswith("… and more)")
    assert len(told) < 300
