"""What fuzzers share: the kinds of input in turn, faults in sound ones, fuzzing by coverage, the table at the end."""

import gc
import importlib
import mmap
import os
import random
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from types import FunctionType
from typing import Any, Final, NoReturn

from timing_rig import today_here

_ROTA = ("sound", "torn", "torn", "noise")
_PROGRESS = 100_000
_RUNS: Final = "-runs="
_MOST_RUNS: Final = 1_000_000
_PAGE_KIB: Final = mmap.PAGESIZE // 1024
_BYTE_BITS: Final = 8
_LOOK: Final = 10_000
_READERS: Final = (
    "cuefocus.wire.",
    "cuefocus.chase.inputs",
    "cuefocus.desk.web.",
    "cuefocus.engine.front_desk",
    "cuefocus.engine.midi_desk",
    "cuefocus.shells.cue_",
    "cuefocus.shells.midi_stops",
    "cuefocus.shells.stops_watch",
    "pythonosc",
)
"""Whose functions are watched for coverage."""


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


def held() -> tuple[int, int]:
    """What this process holds just now: of the machine's memory, KiB; and blocks that Python has allocated of it.

    libFuzzer keeps inputs, and what each of them has reached, beside Python's blocks.
    """
    gc.collect()
    return int(Path("/proc/self/statm").read_bytes().split()[1]) * _PAGE_KIB, sys.getallocatedblocks()


def told(early: Sequence[int], end: Sequence[int]) -> str:
    """Whether anything was kept, in words, of what was `held` early and at the end."""
    return f"memory: {early[0]} KiB, {early[1]} blocks after a tenth; {end[0]} KiB, {end[1]} blocks at the end"


class Given(random.Random):
    """Chance that a fuzzer gives: what is drawn are its bytes in turn, and zeros behind them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._data, self._at = data, 0

    def getrandbits(self, k: int, /) -> int:
        """The next bytes, as many as hold `k` bits."""
        size = -(-k // _BYTE_BITS)
        drawn, self._at = self._data[self._at : self._at + size], self._at + size
        return int.from_bytes(drawn, "big") & (1 << k) - 1

    def random(self) -> float:
        """Below 1, in 256 steps."""
        return self.getrandbits(_BYTE_BITS) / (1 << _BYTE_BITS)


class Tally:
    """What became of inputs of each kind, and whether anything was kept of them.

    Args:
        total: how many come.
        called: what they are, in the plural.
    """

    def __init__(self, total: int, called: str) -> None:
        self._total, self._called = total, called
        self._sums = Counter[str]()
        self._held = [(0, 0), (0, 0)]
        self._began_s = time.perf_counter()

    def count(self, number: int, *, at_fault: bool, with_words: bool) -> None:
        """Input `number` of the run is done with."""
        kind = kind_of(number)
        self._sums.update({kind: 1, f"{kind} at fault": at_fault, f"{kind} with words": with_words})
        if number in (self._total // 10, self._total - 1):
            self._held[number == self._total - 1] = held()
        if (number + 1) % _PROGRESS == 0:
            print(f"… {number + 1} {self._called}", file=sys.stderr, flush=True)

    def tell(self, found: str, *, besides: str = "") -> None:
        """Print the table and what was found.

        Args:
            found: a line below the table.
            besides: what the first line ends with.
        """
        print(f"{self._total} {self._called}, {time.perf_counter() - self._began_s:.0f} s{besides}")
        rows = {
            kind: [self._sums[kind], self._sums[f"{kind} at fault"], self._sums[f"{kind} with words"]]
            for kind in dict.fromkeys(_ROTA)
        }
        _tell(self._called, rows, found, told(*self._held))


def _tell(called: str, rows: dict[str, list[int]], found: str, kept: str) -> None:
    print(f"{'':8s} {called:>9s} {'at fault':>9s} {'with words':>11s}")
    for kind, (inputs, at_fault, with_words) in rows.items():
        print(f"{kind:8s} {inputs:9d} {at_fault:9d} {with_words:11d}")
    print(found)
    print(kept)
    print(today_here())


def guided(take: Callable[[bytes], tuple[int, int]], seeds: Iterable[bytes], words: list[str], called: str) -> NoReturn:
    """Fuzz by coverage, then print the table and exit; 0 unless something was raised, which ends it.

    The fuzzing is done in a process of its own: libFuzzer leaves without cleaning up.

    Args:
        take: takes one input; how many faults and how many words it led to. Raises for what must not be.
        seeds: inputs to begin with.
        words: libFuzzer's; a folder among them is a corpus to go on from, and grows. A million inputs unless they say
            otherwise.
        called: what inputs are, in the plural.
    """
    try:
        atheris = importlib.import_module("atheris")
    except ImportError as problem:
        sys.exit(f"atheris is not installed ({problem}); pip install 'cuefocus[fuzz]'")
    words = [*words, *([] if any(word.startswith(_RUNS) for word in words) else [f"{_RUNS}{_MOST_RUNS}"])]
    total = next(int(word.removeprefix(_RUNS)) for word in words if word.startswith(_RUNS))
    sums = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("q")  # inputs, at fault, with words, held early, held now
    began_s = time.perf_counter()

    def counted(data: bytes) -> None:
        faults, said = take(data)
        sums[0] += 1
        sums[1] += faults > 0
        sums[2] += said > 0
        if sums[0] == total // 10:
            sums[3], sums[4] = held()
        if not sums[0] % _LOOK or sums[0] == total:
            sums[5], sums[6] = held()

    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds):
            Path(folder, str(number)).write_bytes(seed)
        child = os.fork()
        if not child:
            _fuzz(atheris, [sys.argv[0], f"-artifact_prefix={folder}/", *words, folder], counted)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(f"{sums[0]} {called} by coverage, {time.perf_counter() - began_s:.0f} s")
    ended = "nothing raised" if not status else f"it ended with the input above, status {status}"
    _tell(called, {"guided": list(sums[:3])}, ended, told(sums[3:5], sums[5:7]))
    sys.exit(status)


def _fuzz(atheris: Any, argv: list[str], take: Callable[[bytes], None]) -> NoReturn:
    try:
        for read in gc.get_objects():
            if isinstance(read, FunctionType) and (read.__module__ or "").startswith(_READERS):
                atheris.instrument_func(read)
        atheris.Setup(argv, take)
        atheris.Fuzz()
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(os.EX_SOFTWARE)
