"""Stamps that the kernel gives, as host time. The clocks here stand where a test puts them."""

import socket
import struct

import pytest

from cuefocus.shells.kernel_stamps import Ancillary, KernelStamps, StreamStamps
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

SO_TIMESTAMPNS = 35
WALL_NS = 1_700_000_000 * NS_PER_S
NOW_NS = 10_000 * NS_PER_S


def stamped(age_ns: int) -> Ancillary:
    at_ns = WALL_NS - age_ns
    return [(socket.SOL_SOCKET, SO_TIMESTAMPNS, struct.pack("@ll", at_ns // NS_PER_S, at_ns % NS_PER_S))]


@pytest.mark.parametrize(
    ("ancillary", "age_ns"),
    [
        (stamped(3 * NS_PER_MS), 3 * NS_PER_MS),
        (stamped(2 * NS_PER_S), 2 * NS_PER_S),
        (stamped(3600 * NS_PER_S), 10 * NS_PER_S),
        (stamped(-NS_PER_S), 0),
        ([], 0),
        ([(socket.SOL_SOCKET, 1, b"")], 0),
    ],
)
def test_a_stamp_is_an_age(ancillary: Ancillary, age_ns: int) -> None:
    """What is very old stays old; what is from the future, or without a stamp, is from now."""
    assert KernelStamps(lambda: NOW_NS, lambda: WALL_NS).host_ns(ancillary) == NOW_NS - age_ns


def test_after_the_wall_clock_was_set_data_counts_from_when_it_was_fetched() -> None:
    wall_ns = WALL_NS
    stamps = KernelStamps(lambda: NOW_NS, lambda: wall_ns)
    stamps.host_ns(stamped(NS_PER_MS))
    wall_ns += 3600 * NS_PER_S
    assert stamps.host_ns(stamped(NS_PER_MS)) == NOW_NS


def test_a_pause_between_reading_the_two_clocks_is_not_the_wall_clock_set() -> None:
    passed_ns, pauses_ns = 0, [0]

    def wall_ns() -> int:
        nonlocal passed_ns
        passed_ns += pauses_ns.pop() if pauses_ns else 0
        return WALL_NS + passed_ns

    stamps = KernelStamps(lambda: NOW_NS + passed_ns, wall_ns)
    stamps.host_ns(stamped(NS_PER_MS))
    pauses_ns.append(5 * NS_PER_MS)
    assert stamps.host_ns(stamped(NS_PER_S)) == NOW_NS - NS_PER_S


def test_of_a_piece_nobody_looked_for_the_last_packet_alone_is_new() -> None:
    stamps = StreamStamps(lambda: NOW_NS, lambda: WALL_NS)
    new_ns, slept_ns = NOW_NS - 2 * NS_PER_MS, NOW_NS - NS_PER_S
    came = stamps.of([b"a", b"b", b"c"], stamped(2 * NS_PER_MS), slept_ns)
    assert came == [(b"a", slept_ns - 2), (b"b", slept_ns - 1), (b"c", new_ns)]
    assert stamps.of([], stamped(0), slept_ns) == []


def test_what_comes_by_one_stream_rises_in_its_order_whatever_the_stamps_say() -> None:
    stamps = StreamStamps(lambda: NOW_NS, lambda: WALL_NS)
    new_ns, looked_ns = NOW_NS - 2 * NS_PER_MS, NOW_NS - 6 * NS_PER_MS
    together = stamps.of([b"a", b"b", b"c"], stamped(2 * NS_PER_MS), looked_ns)
    assert together == [(b"a", new_ns - 2), (b"b", new_ns - 1), (b"c", new_ns)]
    assert stamps.of([b"d", b"e"], stamped(2 * NS_PER_MS), looked_ns) == [(b"d", new_ns + 1), (b"e", new_ns + 2)]
    assert stamps.of([b"f"], stamped(3 * NS_PER_MS), looked_ns) == [(b"f", new_ns + 3)]
    assert stamps.of([b"g"], stamped(NS_PER_MS), looked_ns) == [(b"g", NOW_NS - NS_PER_MS)]
