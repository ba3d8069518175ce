"""What fuzzers share: which kind of input comes when, faults in sound ones, and the table at the end."""

import random
import resource
import sys
import time
from collections import Counter

from timing_rig import today_here

_ROTA = ("sound", "torn", "torn", "noise")
_PROGRESS = 100_000


def kind_of(number: int) -> str:
    """Sound, torn or noise: half of all are torn."""
    return _ROTA[number % len(_ROTA)]


def torn(sound: bytes, chance: random.Random) -> bytes:
    """The same with one to four faults."""
    data = bytearray(sound)
    for _ in range(chance.randint(1, 4)):
        if not data:
            break
        at, end = sorted(chance.choices(range(len(data) + 1), k=2))
        match chance.randrange(5):
            case 0:
                data[chance.randrange(len(data))] = chance.randrange(256)
            case 1:
                del data[at:end]
            case 2:
                data[at:at] = data[at:end][:64]
            case 3:
                data[at:end] = chance.randbytes(end - at)
            case _:
                del data[end:]
    return bytes(data)


class Tally:
    """What became of inputs of each kind, and whether anything was kept of them.

    Args:
        total: how many come.
        called: what they are, in the plural.
    """

    def __init__(self, total: int, called: str) -> None:
        self._total, self._called = total, called
        self._sums = Counter[str]()
        self._kib = [0, 0]
        self._began_s = time.perf_counter()

    def count(self, number: int, *, at_fault: bool, with_words: bool) -> None:
        """Input `number` of the run is done with."""
        kind = kind_of(number)
        self._sums.update({kind: 1, f"{kind} at fault": at_fault, f"{kind} with words": with_words})
        if number in (self._total // 4, self._total - 1):
            self._kib[number == self._total - 1] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        if (number + 1) % _PROGRESS == 0:
            print(f"… {number + 1} {self._called}", file=sys.stderr, flush=True)

    def tell(self, found: str, *, besides: str = "") -> None:
        """Print the table and what was found.

        Args:
            found: a line below the table.
            besides: what the first line ends with.
        """
        print(f"{self._total} {self._called}, {time.perf_counter() - self._began_s:.0f} s{besides}")
        print(f"{'':8s} {self._called:>9s} {'at fault':>9s} {'with words':>11s}")
        for kind in dict.fromkeys(_ROTA):
            print(
                f"{kind:8s} {self._sums[kind]:9d} {self._sums[f'{kind} at fault']:9d}"
                f" {self._sums[f'{kind} with words']:11d}"
            )
        print(found)
        print(f"most memory: {self._kib[0]} KiB after a quarter, {self._kib[1]} KiB at the end")
        print(today_here())
