"""What it costs to write one set-point, per motor family.

    python benchmarks/encode.py [--calls 20000]

Each call of `Codec.encode_setpoint` is timed by itself; the clock's own cost is in the figures. The calibrator is one
`struct.pack` of eleven bytes, the least that any family could do, timed in turn with them.
"""

import argparse
import struct
import sys
from collections.abc import Callable
from time import perf_counter_ns

from timing_rig import headline, percentiles_of

from cuefocus.motor.codec import Codec
from cuefocus.motor.driver import make_codec

LIMIT_US = 5.0
FAMILIES: dict[str, Callable[[], Codec]] = {
    "tilta": lambda: make_codec("tilta"),
    "dji plain": lambda: make_codec("dji", framing="plain"),
    "dji slcan": lambda: make_codec("dji", framing="slcan"),
    "dji socketcan": lambda: make_codec("dji", framing="socketcan"),
    "bridge": lambda: make_codec("bridge"),
}


def timed_us(call: Callable[[], object]) -> float:
    """What one call took, in µs."""
    began = perf_counter_ns()
    call()
    return (perf_counter_ns() - began) / 1000


def main() -> int:
    """Print a row per family; 1 if a median is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=20_000)
    calls: int = parser.parse_args().calls
    print(headline("encode.py"))
    packed = struct.Struct("<BHHHI").pack
    what: dict[str, Callable[[], object]] = {"calibrator": lambda: packed(0x55, 26, 9, 0x0E, 2048)}
    for family, make in FAMILIES.items():
        what[family] = setpoint_of(make())
    taken: dict[str, list[float]] = {name: [] for name in what}
    for _ in range(calls):
        for name, call in what.items():
            taken[name].append(timed_us(call))
    found = {name: percentiles_of(values) for name, values in taken.items()}
    print(f"\n{'µs':<15}{'p50':>8} {'p99':>8} {'p99.9':>8} {'most':>9}")
    for name, row in found.items():
        print(f"{name:<15}{row}")
    slow = [name for name in FAMILIES if found[name].p50 > LIMIT_US]
    print(f"\nmedian at most {LIMIT_US:g} µs: " + (f"MISSED by {', '.join(slow)}" if slow else "met by all"))
    return bool(slow)


def setpoint_of(codec: Codec) -> Callable[[], object]:
    """A call that writes one set-point, a third of the way along."""
    address, counts = codec.default_address, codec.counts_max // 3
    return lambda: codec.encode_setpoint(address, counts)


if __name__ == "__main__":
    sys.exit(main())
