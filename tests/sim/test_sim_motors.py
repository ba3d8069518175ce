"""Driver and simulator together on a virtual clock: every family's wire end to end, and what goes wrong on it."""

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cuefocus.errors import LinkError
from cuefocus.motor.driver import LensMotor, make_codec
from cuefocus.sim import lens_motor
from cuefocus.sim.lens_motor import MotorCharacter
from cuefocus.sim.sim_motor import LINE_BUFFER_BYTES, SimMotorLink, make_sim_motor

MS = 1_000_000
FAMILIES = {
    "tilta": ("tilta", {}),
    "dji slcan": ("dji", {"framing": "slcan"}),
    "dji socketcan": ("dji", {"framing": "socketcan"}),
    "dji plain": ("dji", {"framing": "plain"}),
    "bridge": ("bridge", {}),
}
READING = [name for name in FAMILIES if name != "tilta"]


class VirtualClock:
    def __init__(self) -> None:
        self.now_ns = 1_000 * MS

    def __call__(self) -> int:
        return self.now_ns


def pair(
    family: str, *, dead_ms: float = 0.0, lag_ms: float = 0.0, readback_ms: float = 4.0, calibrated: bool = True
) -> tuple[VirtualClock, SimMotorLink, LensMotor]:
    driver, options = FAMILIES[family]
    clock, codec = VirtualClock(), make_codec(driver, **options)
    character = MotorCharacter(
        counts_far=codec.counts_max,
        dead_ns=round(dead_ms * MS),
        lag_ns=round(lag_ms * MS),
        readback_ns=round(readback_ms * MS),
    )
    sim = make_sim_motor(driver, clock, character, framing=options.get("framing", "slcan"), calibrated=calibrated)
    motor = LensMotor(sim, codec, counts_near=0, counts_far=codec.counts_max, query_period_ns=10 * MS)
    return clock, sim, motor


@pytest.mark.parametrize("family", FAMILIES)
@given(data=st.data())
def test_what_is_sent_is_where_it_goes(family: str, data: st.DataObject) -> None:
    clock, sim, motor = pair(family)
    for counts in data.draw(st.lists(st.integers(0, motor.codec.counts_max), max_size=8)):
        assert motor.go_to(counts)
        clock.now_ns += 10 * MS
        sim.advance()
        assert sim.motors[sim.wire.default_address].counts_at(clock.now_ns) == counts
    assert sim.wire.malformed == 0


@pytest.mark.parametrize("family", READING)
@given(data=st.data())
def test_what_it_reports_is_where_it_stood_when_asked(family: str, data: st.DataObject) -> None:
    clock, _, motor = pair(family)
    for counts in data.draw(st.lists(st.integers(0, motor.codec.counts_max), max_size=6)):
        assert motor.go_to(counts)
        clock.now_ns += 10 * MS
        assert motor.maybe_query(clock.now_ns)
        clock.now_ns += 10 * MS
        (report,) = motor.poll()
        assert (report.counts, report.calibrated) == (counts, True)
    assert motor.counters.complaints == 0


@pytest.mark.parametrize("family", FAMILIES)
@given(noise=st.binary(max_size=120).map(lambda noise: noise + b"\r\n"), data=st.data())
def test_a_simulator_survives_noise_and_obeys_afterwards(family: str, noise: bytes, data: st.DataObject) -> None:
    clock, sim, motor = pair(family)
    if family == "dji socketcan":
        noise = noise[: len(noise) - len(noise) % 16]  # the kernel delivers records whole
    assume(b":6306" not in noise)  # an order to calibrate is no noise: it is obeyed, and keeps the motor busy
    counts = data.draw(st.integers(0, motor.codec.counts_max))
    sim.take(noise)
    for _ in range(6):  # a length byte in the noise may swallow as much as the longest packet
        clock.now_ns += 20 * MS
        motor.go_to(counts)
    clock.now_ns += 20 * MS
    if getattr(sim.wire, "channel_open", True):
        assert sim.motors[sim.wire.default_address].counts_at(clock.now_ns) == counts


@pytest.mark.parametrize("family", FAMILIES)
def test_a_frame_in_pieces_acts_like_a_whole_one(family: str) -> None:
    clock, sim, motor = pair(family)
    for byte in motor.encode(1234):
        sim.take(bytes((byte,)))
    clock.now_ns += 20 * MS
    if family != "bridge":  # a datagram is whole or not there
        assert sim.motors[sim.wire.default_address].counts_at(clock.now_ns) == 1234


def test_a_frame_acts_when_its_last_byte_would_have_arrived() -> None:
    clock, sim, motor = pair("tilta", dead_ms=5)
    sent_ns = clock.now_ns
    assert motor.go_to(9999)
    clock.now_ns += 100 * MS
    moved_ns = next(row.time_ns for row in sim.log() if row.motor_ring == 1.0)
    assert moved_ns == sent_ns + 1_475_695 + 5 * MS  # 17 bytes at 115200 8N1, then the dead time


def test_the_line_is_busy_until_the_frame_is_out() -> None:
    clock, sim, motor = pair("tilta")
    assert motor.go_to(1)
    assert sim.pending_bytes() == 17
    clock.now_ns += MS
    assert 0 < sim.pending_bytes() < 17
    assert not motor.go_to(2)
    clock.now_ns += MS
    assert motor.go_to(3)
    assert (motor.counters.sent, motor.counters.dropped) == (2, 1)


def test_read_back_is_as_old_as_stated() -> None:
    clock, sim, motor = pair("bridge", readback_ms=7)
    assert motor.maybe_query(clock.now_ns)
    assert sim.next_due_ns() == clock.now_ns + 7 * MS, "nothing to fetch before"
    assert motor.poll() == []
    assert sim.next_due_ns() == clock.now_ns + 7 * MS
    clock.now_ns += 7 * MS - 1
    assert motor.poll() == []
    clock.now_ns += 1
    assert len(motor.poll()) == 1
    assert sim.next_due_ns() is None


def test_several_motors_share_a_line() -> None:
    clock = VirtualClock()
    sim = make_sim_motor(
        "tilta", clock, {1: MotorCharacter(dead_ns=0, lag_ns=0), 4: MotorCharacter(dead_ns=0, lag_ns=0)}
    )
    codec = make_codec("tilta")
    one = LensMotor(sim, codec, counts_near=0, counts_far=9999, address=1, neighbours=1)
    four = LensMotor(sim, codec, counts_near=0, counts_far=9999, address=4, neighbours=1)
    assert one.go_to(100)
    assert four.go_to(4000)
    clock.now_ns += 10 * MS
    assert [sim.motors[n].counts_at(clock.now_ns) for n in (1, 4)] == [100, 4000]


def test_unplugged_ports_say_so_and_come_back() -> None:
    clock, sim, motor = pair("dji slcan")
    assert motor.go_to(100)
    sim.unplug()
    for use in (lambda: motor.go_to(5), motor.poll, sim.reopen, lambda: motor.maybe_query(clock.now_ns)):
        with pytest.raises(LinkError, match="the port is gone"):
            use()
    sim.plug()
    sim.reopen()
    assert motor.go_to(200)
    clock.now_ns += 10 * MS
    assert sim.motors[0].counts_at(clock.now_ns) == 100  # an adapter that lost power must be told to open its channel
    sim.write(b"C\rS8\rO\r")
    clock.now_ns += MS
    assert motor.go_to(300)
    clock.now_ns += 10 * MS
    assert sim.motors[0].counts_at(clock.now_ns) == 300


def test_a_stalled_port_gets_one_frame_and_no_queue() -> None:
    clock, sim, motor = pair("tilta")
    sim.stall()
    for counts in range(50):
        motor.go_to(counts)
        clock.now_ns += 20 * MS
    assert (motor.counters.sent, motor.counters.dropped) == (1, 49)
    sim.resume()
    clock.now_ns += 20 * MS
    assert sim.motors[1].commands == 1


def test_a_stalled_ports_buffer_is_finite() -> None:
    _, sim, _ = pair("tilta")
    sim.stall()
    taken = 0
    while sim.write(b"x" * 100):
        taken += 100
    assert taken <= LINE_BUFFER_BYTES < taken + 100


def test_garbage_is_counted_by_the_driver() -> None:
    clock, sim, motor = pair("dji plain")
    sim.garbage()
    assert motor.maybe_query(clock.now_ns)
    clock.now_ns += 10 * MS
    assert len(motor.poll()) == 1
    assert motor.counters.complaints == 1


def test_a_jammed_motor_stays_until_it_is_freed() -> None:
    clock, sim, motor = pair("bridge")
    sim.jam()
    assert motor.go_to(1000)
    clock.now_ns += 10 * MS
    assert sim.motors[0].counts_at(clock.now_ns) == 0
    sim.free()
    assert motor.go_to(1000)
    clock.now_ns += 10 * MS
    assert sim.motors[0].counts_at(clock.now_ns) == 1000


@pytest.mark.parametrize("family", READING)
def test_calibration_runs_over_the_whole_travel_and_is_known_afterwards(family: str) -> None:
    clock, sim, motor = pair(family, calibrated=False)
    assert motor.maybe_query(clock.now_ns)
    clock.now_ns += 10 * MS
    assert not motor.poll()[0].calibrated
    assert motor.calibrate()
    clock.now_ns += 10 * MS
    assert motor.go_to(7)  # not obeyed while it looks for its end stops
    clock.now_ns += 4_000 * MS
    assert motor.maybe_query(clock.now_ns)
    clock.now_ns += 10 * MS
    assert motor.poll()[-1].calibrated
    rings = [row.motor_ring for row in sim.log()]
    assert (min(rings), max(rings)) == (0.0, 1.0)
    assert motor.counters.complaints == 0


def test_torque_off_reaches_the_bridge() -> None:
    clock, sim, motor = pair("bridge", lag_ms=20)
    assert motor.go_to(65_535)
    clock.now_ns += 10 * MS
    assert motor.release()
    stopped = sim.motors[0].position_at(clock.now_ns)
    clock.now_ns += 500 * MS
    sim.advance()
    assert sim.motors[0].position_at(clock.now_ns) == stopped


def test_an_overtaken_datagram_is_dropped_by_the_box() -> None:
    clock, sim, _ = pair("bridge")
    sim.write(b'{"f":20,"seq":11}')
    sim.write(b'{"f":10,"seq":10}')
    clock.now_ns += MS
    assert sim.motors[0].position_at(clock.now_ns)[0] == pytest.approx(0.2)
    sim.write(b'{"f":30,"seq":1}')
    clock.now_ns += MS
    assert sim.motors[0].position_at(clock.now_ns)[0] == pytest.approx(0.3, abs=1e-4)


def test_io_builders_own_datagram_is_understood() -> None:
    clock, sim, _ = pair("bridge")
    sim.write(b'{"f": 50.0, "i": -1, "z": 0.0, "f_cal": false}')
    clock.now_ns += MS
    assert sim.motors[0].counts_at(clock.now_ns) == 32_768


def test_a_family_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no simulated motor"):
        make_sim_motor("arri", VirtualClock(), MotorCharacter())


def test_simulators_share_nothing_with_the_codecs() -> None:
    for path in Path(lens_motor.__file__).parent.glob("*.py"):
        if path.name.startswith(("sim_", "lens_motor", "line", "ends", "motor_spec")):
            assert "cuefocus.motor" not in path.read_text(encoding="utf-8"), path.name
