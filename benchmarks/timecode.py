"""LTC decoding beside libltc: the same files, the same run, one table a family; and how fast, with `--speed`.

    python benchmarks/timecode.py --tool ltc_corpus.py --corpus DIR [--only REGEX] [--misses] [--plain]
    python benchmarks/timecode.py --speed [--minutes 60] [--plain]
    python benchmarks/timecode.py --mixtures [--seeds 2] [--seconds 20] [--only NAME] [--plain]
    python benchmarks/timecode.py --single [--words 2000] [--plain]

DIR was made by that tool, which also scores both. libltc (Debian: libltc11) is called through ctypes; without it only
our own columns are filled. Speeds are of CPU time, one thread, sound in memory, in times real time. `--plain` decodes
without numba. `--mixtures` makes its sounds itself; its codecs are ffmpeg's. `--single` draws
every word's label by lot: what the soft reader's words are before any neighbour is asked.
"""

import argparse
import importlib.util
import json
import os
import platform
import re
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
from ltc_mixtures import print_mixtures
from ltc_peer import Found, by_libltc, libltc
from ltc_single import print_singles
from ltc_speed import print_speeds

from cuefocus.shells.sound_file import SoundFile
from cuefocus.wire.ltc.compiled import fastest_kernels
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.kernels import Kernels, PlainKernels

_BLOCK_SAMPLES = 1 << 17

Samples = npt.NDArray[np.float32]


@dataclass(slots=True)
class Sums:
    """What one decoder made of a family."""

    needed: int = 0
    right: int = 0
    false: int = 0
    passed: int = 0
    cases: int = 0
    spent_s: float = 0.0
    spreads: list[float] = field(default_factory=list)

    def add(self, score: dict[str, Any], spent_s: float) -> bool:
        """Count a case; True when at least 99 % were right and none false."""
        good = bool(score["right"] >= 0.99 * score["need"] and score["false"] == 0)
        self.needed += score["need"]
        self.right += score["right"]
        self.false += score["false"]
        self.passed += good
        self.cases += 1
        self.spent_s += spent_s
        if np.isfinite(score["pos_std"]):
            self.spreads.append(score["pos_std"])
        return good

    def __str__(self) -> str:
        share = 100.0 * self.right / self.needed if self.needed else float("nan")
        spread = float(np.median(self.spreads)) if self.spreads else float("nan")
        return f"{share:7.2f} {self.false:6d} {self.passed:4d}/{self.cases:<3d} {spread:7.3f}"


def by_us(samples: Samples, sample_rate: int, kernels: Kernels) -> tuple[Found, float]:
    """What our decoder reads, and the CPU time that took, s."""
    began_s = time.process_time()
    decoder = LtcDecoder(sample_rate, keep_late=True, kernels=kernels)
    frames = [
        frame
        for at in range(0, len(samples), _BLOCK_SAMPLES)
        for frame in decoder.feed(samples[at : at + _BLOCK_SAMPLES])
    ]
    frames += decoder.flush()
    spent_s = time.process_time() - began_s
    found: Found = [
        [f.label.hours, f.label.minutes, f.label.seconds, f.label.frames, f.start_sample, f.direction < 0]
        for f in frames
    ]
    return found, spent_s


def _scorer(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("ltc_corpus", path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Decode, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--only", default="")
    parser.add_argument("--misses", action="store_true", help="name the cases that are not 99 % right with none false")
    parser.add_argument("--plain", action="store_true", help="without numba, even where it is installed")
    parser.add_argument("--speed", action="store_true", help="how fast, and what live sound costs")
    parser.add_argument("--minutes", type=int, default=60, help="of clean sound for --speed; a sixth of noisy")
    parser.add_argument("--mixtures", action="store_true", help="timecode among other sound, coded, worn and torn")
    parser.add_argument("--single", action="store_true", help="words whose labels do not count on, in white noise")
    parser.add_argument("--words", type=int, default=2000, help="of each sound of --single")
    parser.add_argument("--seeds", type=int, default=2, help="for --mixtures")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each sound of --mixtures")
    arguments = parser.parse_args()
    kernels = PlainKernels() if arguments.plain else fastest_kernels()
    machine = f"{platform.node()}, {os.cpu_count()} CPUs, Python {platform.python_version()}, {type(kernels).__name__}"
    if arguments.speed:
        print_speeds(kernels, arguments.minutes)
        print(f"CPU time. {machine}; load average {os.getloadavg()[0]:.1f}")
        return
    if arguments.mixtures:
        print_mixtures(kernels, arguments.seeds, arguments.seconds, arguments.only)
        print(machine)
        return
    if arguments.single:
        print_singles(kernels, arguments.words)
        print(machine)
        return
    if arguments.tool is None or arguments.corpus is None:
        parser.error("name --tool and --corpus, or ask for --speed")
    score = _scorer(arguments.tool).score
    library = libltc()
    ours: dict[str, Sums] = defaultdict(Sums)
    theirs: dict[str, Sums] = defaultdict(Sums)
    missed: list[str] = []
    sound_s = 0.0
    for path in sorted(arguments.corpus.glob("*.wav")):
        if not re.search(arguments.only, path.stem):
            continue
        sound = SoundFile.open(path)
        samples = np.concatenate(list(sound.blocks(0, _BLOCK_SAMPLES)))
        truth = json.loads(path.with_suffix(".json").read_text())
        sound_s += len(samples) / sound.sample_rate
        found, spent_s = by_us(samples, sound.sample_rate, kernels)
        scored = score(truth, found)
        if not ours[truth["family"]].add(scored, spent_s):
            missed.append(f"  {path.stem}: {scored['right']} of {scored['need']} right, {scored['false']} false")
        if library is not None:
            whole = np.clip(np.round(samples * 32767.0), -32768, 32767).astype(np.int16)
            found, spent_s = by_libltc(library, whole, sound.sample_rate)
            theirs[truth["family"]].add(score(truth, found), spent_s)
    columns = f"{'right %':>7s} {'false':>6s} {'passed':>8s} {'std':>7s}"
    print(f"{'':14s} {'--- CueFocus ---':^31s}   {'--- libltc ---':^31s}")
    print(f"{'family':14s} {columns}   {columns}")
    for family in sorted(ours):
        print(f"{family:14s} {ours[family]}   {theirs[family] if library is not None else ''}")
    for name, families in (("CueFocus", ours), ("libltc", theirs)):
        if families:
            print(f"{name}: {_in_all(list(families.values()), sound_s)}")
    if arguments.misses:
        print("\n".join(missed))
    print(f"std: of the frame starts, samples, median of the cases. {machine}")


def _in_all(sums: list[Sums], sound_s: float) -> str:
    right, needed, false = sum(s.right for s in sums), sum(s.needed for s in sums), sum(s.false for s in sums)
    passed, cases, spent_s = sum(s.passed for s in sums), sum(s.cases for s in sums), sum(s.spent_s for s in sums)
    return (
        f"{right} of {needed} frames right, {false} false; {passed} of {cases} cases >= 99 % right and none false; "
        f"{sound_s / spent_s:.0f} x real time"
    )


if __name__ == "__main__":
    main()
