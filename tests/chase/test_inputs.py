"""From stamped messages to readings, and on to the clock."""

import random
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise, takewhile
from statistics import fmean, pstdev

import pytest

from cuefocus.chase.clock import ClockState
from cuefocus.chase.events import ChaseKind
from cuefocus.chase.follower import Follower
from cuefocus.chase.inputs import ArtNetInput, MtcInput
from cuefocus.sim.late_channel import DELAYS, LateChannel
from cuefocus.timebase.frames import RATES, FrameRate, Timecode, parse_timecode, timecode_at_frame
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetRun, timecode_packet
from cuefocus.wire.events import Glitch, PlaybackStopped, Reading
from cuefocus.wire.mtc.encoder import MtcRun, full_frame
from tests.chase.simulated import HOST0_NS, TICK_NS, Run, act, truth

RATE = RATES["25"]
Message = tuple[int, bytes]


def mtc(
    start: str, seconds: float, *, rate: FrameRate = RATE, speed: str = "1", from_ns: int = HOST0_NS
) -> list[Message]:
    """Quarter frames as (due, bytes)."""
    run = MtcRun(rate, parse_timecode(start, rate), from_ns, Fraction(speed))
    pieces = ((piece.due_ns, piece.message) for piece in run.pieces())
    return list(takewhile(lambda piece: piece[0] < from_ns + seconds * NS_PER_S, pieces))


def art(
    start: str, seconds: float, *, rate: FrameRate = RATE, speed: str = "1", from_ns: int = HOST0_NS
) -> list[Message]:
    """Datagrams as (due, bytes)."""
    packets = ArtNetRun(rate, parse_timecode(start, rate), from_ns, Fraction(speed)).packets()
    return list(takewhile(lambda packet: packet[0] < from_ns + seconds * NS_PER_S, packets))


def read(messages: list[Message], reader: MtcInput | ArtNetInput | None = None) -> list[Reading]:
    """Readings of messages stamped when they are due."""
    taker = reader or MtcInput("mtc")
    found = [each for due_ns, message in messages for each in taker.feed(message, due_ns)]
    return [each for each in found if isinstance(each, Reading)]


def followed(
    messages: list[Message], reader: MtcInput | ArtNetInput, channel: LateChannel, config_rate: str = "25"
) -> Run:
    """The clock each tick, of messages on a late channel."""
    follower, run = Follower(act(config_rate)), Run([], [])
    stamped: Iterator[Message] = ((channel.stamp(due_ns), message) for due_ns, message in messages)
    pending = next(stamped, None)
    now_ns = HOST0_NS
    while pending is not None:
        while pending is not None and pending[0] <= now_ns:
            for found in reader.feed(pending[1], pending[0]):
                if isinstance(found, Reading):
                    follower.feed(found)
            pending = next(stamped, None)
        clock, events = follower.step(now_ns)
        run.clocks.append(clock)
        run.events.extend(events)
        now_ns += TICK_NS
    return run


@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
def test_the_clock_follows_late_mtc_to_a_tenth_of_a_millisecond(model: str) -> None:
    """Issue: std ≤ 0.1 ms, worst ≤ 0.5 ms after 40 s, about the constant delay; here at the published clock."""
    run = followed(mtc("01:00:00:00", 50), MtcInput("mtc"), LateChannel(DELAYS[model], 7))
    assert run.kinds() == [ChaseKind.LOCKED]
    settled = [clock for clock in run.clocks if clock.host_ns > HOST0_NS + 40 * NS_PER_S]
    errors_ms = [(clock.show_ns - truth("01:00:00:00", RATE, clock)) / NS_PER_MS for clock in settled]
    assert pstdev(errors_ms) <= 0.1
    assert max(abs(error - fmean(errors_ms)) for error in errors_ms) <= 0.5
    assert next(clock for clock in run.clocks if clock.running).host_ns - HOST0_NS < 300 * NS_PER_MS


@pytest.mark.parametrize("model", ["DIN", "USB", "USB + OS", "network"])
def test_the_clock_follows_late_art_net_to_a_tenth_of_a_millisecond(model: str) -> None:
    run = followed(art("01:00:00:00", 50), ArtNetInput("art"), LateChannel(DELAYS[model], 8))
    settled = [clock for clock in run.clocks if clock.host_ns > HOST0_NS + 40 * NS_PER_S]
    errors_ms = [(clock.show_ns - truth("01:00:00:00", RATE, clock)) / NS_PER_MS for clock in settled]
    assert run.clocks[-1].state is ClockState.LOCKED
    assert pstdev(errors_ms) <= 0.1
    assert max(abs(error - fmean(errors_ms)) for error in errors_ms) <= 0.5


@pytest.mark.parametrize("rate", ["23.976", "29.97ndf"])
def test_a_pulled_down_source_is_told_from_its_twin_on_a_noisy_port(rate: str) -> None:
    """The rate bits say 24 or 30; the clock measures the 1,000 ppm that lie between."""
    counted = RATES[rate]
    run = followed(mtc("01:00:00:00", 15, rate=counted), MtcInput("mtc"), LateChannel(DELAYS["USB + OS"], 9), rate)
    assert run.clocks[-1].state is ClockState.LOCKED
    assert run.kinds()[-1] is ChaseKind.LOCKED


@pytest.mark.parametrize("frames", [64, 256, 512])
def test_stamps_taken_once_a_block_lead_to_the_same_line(frames: int) -> None:
    """At 512 frames a block is 10.7 ms and a quarter frame 10 ms: for eight of them all seem a fifteenth slower."""
    reader = MtcInput("mtc")
    channel = LateChannel(DELAYS["DIN"], 1, blocks_ns=frames / 48_000 * NS_PER_S)
    run = followed(mtc("01:00:00:00", 20), reader, channel)
    assert reader.line.arrivals.restarts == 0
    late = [clock for clock in run.clocks if clock.host_ns > HOST0_NS + 2 * NS_PER_S]
    errors_ms = [(clock.show_ns - truth("01:00:00:00", RATE, clock)) / NS_PER_MS for clock in late]
    assert max(errors_ms) - min(errors_ms) < 0.5
    assert late[-1].uncertainty_ns < 100_000
    assert late[-1].speed == pytest.approx(1.0, abs=1e-5)


# --- MTC ---


def test_a_reading_names_the_moment_its_first_quarter_frame_was_due() -> None:
    readings = read(mtc("01:00:00:00", 2))
    assert len(readings) == 25
    for number, reading in enumerate(readings):
        assert reading.label.frame_number(RATE) == 90_000 + 2 * number
        assert abs(reading.stamp_ns - HOST0_NS - number * 80 * NS_PER_MS) < 1000
        assert reading.frame_ns == pytest.approx(40 * NS_PER_MS, rel=1e-4)
        assert (reading.direction, reading.drop) == (1, False)
        assert reading.noise_ns > 0.0


@pytest.mark.parametrize("rate", ["29.97df", "30", "24", "25"])
@pytest.mark.parametrize("speed", ["1", "-1", "1001/1000"])
def test_midnight_and_minutes_are_passed_at_any_rate_both_ways(rate: str, speed: str) -> None:
    counted = RATES[rate]
    for start in ("23:59:58:00", "00:00:58:00") if Fraction(speed) > 0 else ("00:00:02:00", "00:01:02:00"):
        reader = MtcInput("mtc")
        readings = read(mtc(start, 4, rate=counted, speed=speed), reader)
        assert len(readings) >= 46
        assert reader.line.arrivals.restarts == reader.line.held_up == 0
        for before, after in pairwise(readings):
            step = after.label.frame_number(counted) - before.label.frame_number(counted)
            assert step * before.direction % counted.frames_per_day == 2
        length_ns = 2 * counted.frame_ns / abs(float(Fraction(speed)))
        assert readings[-1].stamp_ns - readings[0].stamp_ns == pytest.approx(length_ns * (len(readings) - 1), abs=2000)


def test_a_full_frame_is_a_reading_without_motion() -> None:
    reader = MtcInput("mtc")
    found = reader.feed(full_frame(Timecode(1, 2, 3, 4), RATE), 55)
    assert found == [Reading("mtc", Timecode(1, 2, 3, 4), drop=False, stamp_ns=55, frame_ns=0.0, direction=0)]


@pytest.mark.parametrize("command", [0x01, 0x09], ids=["stop", "pause"])
def test_a_stop_by_machine_control_ends_playback_at_once(command: int) -> None:
    reader, follower = MtcInput("mtc"), Follower(act())
    stopped_ns = HOST0_NS + 4 * NS_PER_S
    messages = [*mtc("01:00:00:00", 4), (stopped_ns, bytes((0xF0, 0x7F, 0x7F, 0x06, command, 0xF7)))]
    kinds: list[ChaseKind] = []
    for due_ns, message in messages:
        for found in reader.feed(message, due_ns):
            if isinstance(found, PlaybackStopped):
                follower.notice("stopped", found.stamp_ns, found.reason)
            elif isinstance(found, Reading):
                follower.feed(found)
        clock, events = follower.step(due_ns)
        kinds += [event.kind for event in events]
    assert kinds == [ChaseKind.LOCKED, ChaseKind.STOPPED]
    assert (clock.state, clock.speed) == (ClockState.HOLDING, 0.0)
    assert clock.show_ns == pytest.approx(3604 * NS_PER_S, abs=NS_PER_MS)


def test_the_measured_latency_is_taken_off() -> None:
    early, late = read(mtc("01:00:00:00", 1)), read(mtc("01:00:00:00", 1), MtcInput("mtc", latency_ns=700_000))
    assert [reading.stamp_ns + 700_000 for reading in late] == [reading.stamp_ns for reading in early]


def test_a_relocation_is_read_at_once_and_the_speed_kept() -> None:
    channel = LateChannel(DELAYS["USB + OS"], 3)
    there = HOST0_NS + 20 * NS_PER_S
    sent = mtc("01:00:00:00", 20, speed="1001/1000") + mtc("01:10:00:00", 1, speed="1001/1000", from_ns=there)
    readings = read([(channel.stamp(due_ns), message) for due_ns, message in sent])
    moved = [reading for reading in readings if reading.label >= Timecode(1, 10, 0, 0)]
    assert len(moved) == 12
    assert moved[0].frame_ns == pytest.approx(RATE.frame_ns * 1000 / 1001, rel=1e-5)
    for number, reading in enumerate(moved):
        due_ns = there + number * 80 * NS_PER_MS * 1000 / 1001
        assert abs(reading.stamp_ns - due_ns - 0.7 * NS_PER_MS) < 3 * reading.noise_ns


def test_torn_words_are_glitches_and_no_readings() -> None:
    sent = mtc("01:00:00:00", 2)
    del sent[100]
    reader = MtcInput("mtc")
    found = [each for due_ns, message in sent for each in reader.feed(message, due_ns)]
    assert sum(isinstance(each, Glitch) for each in found) == 1
    assert all(
        abs(each.stamp_ns - HOST0_NS - (each.label.frame_number(RATE) - 90_000) * 40 * NS_PER_MS) < 2000
        for each in found
        if isinstance(each, Reading)
    )


def test_a_port_that_was_away_begins_anew() -> None:
    reader = MtcInput("mtc")
    read(mtc("01:00:00:00", 1), reader)
    reader.restart()
    back = read(mtc("01:00:00:00", 1, from_ns=HOST0_NS + 60 * NS_PER_S), reader)
    assert back[0].label == Timecode(1, 0, 0, 0)
    assert abs(back[0].stamp_ns - HOST0_NS - 60 * NS_PER_S) < 1000


# --- Art-Net ---


def test_each_frame_is_read_from_the_second_datagram_on() -> None:
    reader = ArtNetInput("art")
    readings = read(art("01:00:00:00", 2, rate=RATES["29.97df"]), reader)
    assert len(readings) == 60
    assert all(reading.drop for reading in readings)
    assert reader.line.held_up == 0


def test_lost_doubled_and_overtaken_datagrams_change_nothing() -> None:
    chance, sent = random.Random(1), art("01:00:00:00", 20)
    rough: list[Message] = []
    for due_ns, datagram in sent:
        if chance.random() < 0.1:
            continue
        rough += [(due_ns, datagram)] * (2 if chance.random() < 0.1 else 1)
    for at in range(5, len(rough) - 1, 37):
        first, (second_ns, second) = rough[at][1], rough[at + 1]
        rough[at : at + 2] = [(second_ns, second), (second_ns + 1, first)]
    reader = ArtNetInput("art")
    readings = read(sorted(rough, key=lambda message: message[0]), reader)
    labels = [reading.label.frame_number(RATE) for reading in readings]
    assert labels == sorted(set(labels))
    assert len(readings) > 400


def test_another_place_is_believed_after_three_datagrams() -> None:
    reader = ArtNetInput("art")
    read(art("01:00:00:00", 2), reader)
    there = art("02:00:00:00", 1, from_ns=HOST0_NS + 2 * NS_PER_S)
    counts = [len(reader.feed(datagram, due_ns)) for due_ns, datagram in there]
    assert counts == [0, 0, 3, *[1] * 22]


def test_one_stray_datagram_is_not_believed() -> None:
    reader = ArtNetInput("art")
    sent = art("01:00:00:00", 2)
    sent.insert(30, (sent[29][0] + 1, timecode_packet(Timecode(5, 0, 0, 0), RATE)))
    assert [reading.label.hours for reading in read(sent, reader)] == [1] * 50


def test_reverse_is_read_as_reverse() -> None:
    readings = read(art("01:00:00:00", 2, speed="-1"), ArtNetInput("art"))
    assert len(readings) == 50
    assert {reading.direction for reading in readings} == {-1}
    assert readings[-1].label.frame_number(RATE) == 90_000 - 49


def test_a_source_that_stands_still_stops_the_clock() -> None:
    last = art("01:00:00:00", 3)
    stands = [(last[-1][0] + number * 40 * NS_PER_MS, last[-1][1]) for number in range(1, 50)]
    run = followed(last + stands, ArtNetInput("art"), LateChannel(DELAYS["USB"], 5))
    assert run.kinds() == [ChaseKind.LOCKED, ChaseKind.STOPPED]


def test_after_a_standstill_it_goes_on() -> None:
    sent = art("01:00:00:00", 3)
    stands = [(sent[-1][0] + number * 40 * NS_PER_MS, sent[-1][1]) for number in range(1, 50)]
    on = art("01:00:03:00", 2, from_ns=stands[-1][0] + 40 * NS_PER_MS)
    reader = ArtNetInput("art")
    readings = read(sent + stands + on, reader)
    assert [reading.stamp_ns for reading in readings[-40:]] == pytest.approx(
        [due_ns for due_ns, _ in on[-40:]], abs=2000
    )


def test_a_change_of_rate_begins_anew() -> None:
    reader = ArtNetInput("art")
    read(art("01:00:00:00", 1), reader)
    other = art("01:00:01:00", 1, rate=RATES["30"], from_ns=HOST0_NS + NS_PER_S)
    assert [len(reader.feed(datagram, due_ns)) for due_ns, datagram in islice(other, 3)] == [0, 2, 1]


def test_two_datagrams_that_count_differently_do_not_bear_each_other_out() -> None:
    """Frame 17,997 by drop-frame is 00:10:00:15, and no other label without."""
    reader = ArtNetInput("art")
    drop, non_drop = RATES["29.97df"], RATES["30"]
    for count, rate in enumerate((drop, non_drop, drop, non_drop)):
        label = timecode_at_frame(17_997 + count, rate)
        assert reader.feed(timecode_packet(label, rate), HOST0_NS + count * NS_PER_S // 30) == []
    after = timecode_at_frame(18_001, non_drop)
    (_, read_last) = reader.feed(timecode_packet(after, non_drop), HOST0_NS + 4 * NS_PER_S // 30)
    assert isinstance(read_last, Reading)
    assert read_last.label == after


def test_what_is_no_timecode_is_a_glitch() -> None:
    assert isinstance(ArtNetInput("art").feed(b"Art-Nut", 5)[0], Glitch)
