"""What is told of words that are not obeyed."""

from cuefocus.engine.desk_faults import DeskFaults


def test_what_is_refused_is_named_whatever_else_the_same_host_said_twice() -> None:
    faults = DeskFaults()
    faults.refused("10.0.0.5", "/cuefocus/go")
    faults.twice("10.0.0.5", "/cuefocus/status")
    refused, twice = (text for _, text in faults.due(0))
    assert "/cuefocus/go is refused" in refused
    assert "/cuefocus/status came again" in twice


def test_of_mixed_refusals_the_most_frequent_are_named_with_how_often() -> None:
    faults = DeskFaults()
    for word, times in (("hold", 1), ("go", 4), ("arm", 2), ("next", 3)):
        for _ in range(times):
            faults.refused("10.0.0.5", f"/cuefocus/{word}", "name it")
    faults.refused("10.0.0.5", "", "name it")
    faults.refused("10.0.0.6", "/cuefocus/top")
    ((kind, text),) = faults.due(0)
    assert kind == "alarm"
    assert text == (
        "OSC from 10.0.0.5 (11 times) and 1 other: "
        "/cuefocus/go 4×, /cuefocus/next 3×, /cuefocus/arm 2× and more are refused; name it"
    )


def test_of_what_cannot_be_read_the_most_frequent_reasons_are_told() -> None:
    faults = DeskFaults()
    for why in ("a torn OSC message", "a packet that is not OSC", "a torn OSC message"):
        faults.torn("10.0.0.5", why)
    ((_, text),) = faults.due(0)
    assert text == "OSC from 10.0.0.5 (3 times): a torn OSC message 2×; a packet that is not OSC; it is not obeyed"
