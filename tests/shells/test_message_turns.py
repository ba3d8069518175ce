"""What is new in how an inlet stands."""

from cuefocus.shells.message_turns import Standing, WayIn


def test_comings_and_goings_are_new_and_what_goes_on_is_not() -> None:
    way = WayIn()
    said = [
        Standing(False, "not there"), Standing(False, "still not there"), Standing(True, "port", 2),
        Standing(True, "port", 2), Standing(True, "port", 3), Standing(False, "gone", 3), Standing(False, "gone", 4),
    ]  # fmt: skip
    assert not way.known
    assert [way.changed(standing) for standing in said] == [True, False, True, False, True, True, False]
    assert way.known


def test_lost_messages_are_counted_from_what_was_said_before() -> None:
    way = WayIn()
    counts = [way.lost_messages(Standing(True, "port", dropped=dropped)) for dropped in (7, 7, 12, 0, 3)]
    assert counts == [0, 0, 5, 0, 3], "a new conductor does not count what its predecessor told; new ears begin at 0"
