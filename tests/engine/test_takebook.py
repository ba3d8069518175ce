"""What a take keeps of its cues."""

from cuefocus.engine.takebook import CueRecord, TakeBook
from tests.landing.racks import rack


def test_a_take_keeps_no_fired_cue_whose_row_is_out() -> None:
    book = TakeBook(0)
    book.begin(0)
    fired = [CueRecord(rack(triggered=True), 1, 1, "song", base_ns, "desk") for base_ns in range(5)]
    for record in fired:
        book.fire(record)
        record.told = record.base_ns != 1
    assert book.fired == [fired[1], fired[4]]
    assert book.open_records() == [fired[1]]
