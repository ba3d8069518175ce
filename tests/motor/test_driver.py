"""The driver: end stops, one frame in flight, questions between set-points."""

import subprocess
import sys

import pytest

from cuefocus.errors import RigFileError, TravelError
from cuefocus.motor.codec import PositionReport
from cuefocus.motor.driver import LensMotor, make_codec

MS = 1_000_000


class Wire:
    """A link that keeps what was written and plays back what is put in."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.arrived = b""
        self.pending = 0
        self.full = False

    def write(self, frame: bytes) -> bool:
        if not self.full:
            self.written.append(frame)
        return not self.full

    def read(self) -> bytes:
        data, self.arrived = self.arrived, b""
        return data

    def fileno(self) -> int:
        return -1

    def pending_bytes(self) -> int:
        return self.pending

    def close(self) -> None:
        pass


def tilta(wire: Wire, *, address: int = 1, query_period_ns: int = 0) -> LensMotor:
    codec = make_codec("tilta")
    return LensMotor(wire, codec, counts_near=9000, counts_far=100, address=address, query_period_ns=query_period_ns)


def bridge(wire: Wire) -> LensMotor:
    return LensMotor(wire, make_codec("bridge"), counts_near=0, counts_far=65_535, query_period_ns=20 * MS)


@pytest.mark.parametrize("counts", [99, 9001, -1, 100_000])
def test_no_byte_is_sent_past_an_end_stop(counts: int) -> None:
    wire = Wire()
    motor = tilta(wire)
    with pytest.raises(TravelError, match="outside 100…9000"):
        motor.go_to(counts)
    assert wire.written == []
    assert (motor.counters.sent, motor.counters.refused) == (0, 1)


def test_end_stops_themselves_are_allowed() -> None:
    wire = Wire()
    motor = tilta(wire)
    assert motor.go_to(100)
    assert motor.go_to(9000)
    assert motor.counters.sent == 2


@pytest.mark.parametrize("ends", [(0, 10_000), (-1, 5), (7, 7)])
def test_end_stops_the_family_cannot_name_are_refused(ends: tuple[int, int]) -> None:
    with pytest.raises(RigFileError, match="end stops"):
        LensMotor(Wire(), make_codec("tilta"), counts_near=ends[0], counts_far=ends[1])


def test_a_wrong_address_is_told_at_once() -> None:
    with pytest.raises(RigFileError, match="no motor 9"):
        tilta(Wire(), address=9)


def test_a_set_point_behind_another_is_dropped_never_queued() -> None:
    wire = Wire()
    motor = tilta(wire)
    wire.pending = 1
    assert not motor.go_to(500)
    wire.pending, wire.full = 0, True
    assert not motor.go_to(500)
    wire.full = False
    assert wire.written == []
    assert motor.go_to(600)
    assert len(wire.written) == 1
    assert motor.counters.dropped == 2


def test_motors_on_one_line_may_follow_each_other() -> None:
    wire = Wire()
    codec = make_codec("tilta")
    first = LensMotor(wire, codec, counts_near=0, counts_far=9999, address=1, neighbours=1)
    second = LensMotor(wire, codec, counts_near=0, counts_far=9999, address=2, neighbours=1, keeps_alive=False)
    assert first.go_to(1)
    wire.pending = 17
    assert second.go_to(2)
    wire.pending = 34
    assert not first.go_to(3)
    assert not second.maybe_keep_alive(0)


def test_questions_keep_their_cadence() -> None:
    motor = bridge(Wire())
    asked = [ms for ms in range(0, 100, 5) if motor.maybe_query(ms * MS)]
    assert asked == [0, 20, 40, 60, 80]
    assert motor.maybe_query(500 * MS)
    assert not motor.maybe_query(510 * MS)  # what was missed is not made up for


def test_a_question_never_delays_the_next_set_point() -> None:
    wire = Wire()
    motor = LensMotor(wire, make_codec("dji"), counts_near=0, counts_far=4095, query_period_ns=10 * MS, baud=115_200)
    length = len(make_codec("dji").encode_query(0))
    needed_ns = -(-length * 10 * 1_000_000_000 // 115_200)
    assert not motor.maybe_query(0, free_until_ns=needed_ns - 1000)
    wire.pending = 3
    assert not motor.maybe_query(0, free_until_ns=100 * MS)
    wire.pending = 0
    assert motor.maybe_query(0, free_until_ns=needed_ns + 20_000)
    assert motor.counters.dropped == 0


def test_blind_families_are_never_asked() -> None:
    wire = Wire()
    motor = tilta(wire, query_period_ns=MS)
    assert motor.feedback == "none"
    assert not any(motor.maybe_query(ms * MS) for ms in range(100))
    assert wire.written == []


def test_both_pings_go_out_each_second() -> None:
    wire = Wire()
    motor = tilta(wire)
    for ms in range(0, 3000, 10):
        motor.maybe_keep_alive(ms * MS, free_until_ns=(ms + 10) * MS)
    assert wire.written == [b":96060002000161\r\n", b":C90680000000B1\r\n"] * 3
    assert motor.counters.pings == 6


def test_reports_are_those_of_this_motor_and_complaints_are_counted() -> None:
    wire = Wire()
    motor = bridge(wire)
    assert motor.maybe_query(0)
    assert motor.unanswered == 1
    wire.arrived = b'nonsense{"i_pos":1,"seq":1}{"f_pos":100,"seq":1}{"error":"hot"}'
    assert motor.poll() == [PositionReport(0, 65_535, calibrated=True)]
    assert motor.poll() == []
    assert motor.unanswered == 0
    assert (motor.counters.reports, motor.counters.complaints) == (1, 2)
    assert motor.last_complaint == "the bridge says: hot"
    assert motor.last_report is not None


def test_only_families_that_can_are_released() -> None:
    wire = Wire()
    motor = bridge(wire)
    assert motor.can_release
    assert motor.release()
    assert b'"f":-1' in wire.written[-1]
    assert not tilta(wire).can_release
    assert not tilta(wire).release()
    assert tilta(wire).calibrate()


@pytest.mark.parametrize(
    ("driver", "options", "words"),
    [
        ("arri", {}, "no motor driver 'arri'; have tilta, dji, bridge"),
        ("tilta", {"speed": 3}, "no option speed"),
        ("tilta", {"command": "five"}, "whole number"),
        ("tilta", {"command": 300}, "no byte"),
        ("dji", {"framing": "usb"}, "have slcan, socketcan, plain"),
        ("bridge", {"feedback": 1}, "true or false"),
    ],
)
def test_wrong_options_are_told_with_a_cure(driver: str, options: dict[str, object], words: str) -> None:
    with pytest.raises(RigFileError, match=words):
        make_codec(driver, **options)


def test_motors_load_nothing_heavy() -> None:
    code = (
        "import sys, cuefocus.motor.driver; "
        "print({'numpy', 'pydantic', 'asyncio', 'can', 'serial', 'threading', 'socket'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert loaded.strip() == "set()"
