"""The pictures of docs/ltc-decoder.md: an eye diagram, and both decoders against noise.

    python tools/make_ltc_pictures.py --tool ltc_corpus.py --corpus DIR

DIR was made by that tool. Without it only the eye diagram is drawn. libltc (Debian: libltc11) is called through ctypes,
as benchmarks/timecode.py does.
"""

import argparse
import importlib.util
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import numpy as np
import numpy.typing as npt

from cuefocus.shells.sound_file import SoundFile
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
_SAMPLE_RATE, _BIT = 48_000, 24  # samples a bit at 25 fps
_TRACES = 50
_SNR_DB = 3.0
_INK, _SOFT, _LINE, _OURS, _THEIRS = "#1c1d21", "#6b6e76", "#d9dade", "#0b6bcb", "#c0392b"
_NOISE = re.compile(r"noise_[\d.]+(?:df)?_(?P<sample_rate>\d+)_(?P<snr>-?\d+)dB")

Samples = npt.NDArray[np.float64]
Point = tuple[float, float]


# --- drawing ---


@dataclass
class Panel:
    """A plot with axes in a picture; `x` and `y` are ranges in its own units.

    Args:
        left, top, width, height: in the picture.
        title: above it.
    """

    left: float
    top: float
    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    title: str
    parts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.parts.append(_text(self.left, self.top - 10, self.title, weight=600))
        box = f'x="{self.left}" y="{self.top}" width="{self.width}" height="{self.height}"'
        self.parts.append(f'<rect {box} fill="none" stroke="{_LINE}"/>')

    def at(self, x: float, y: float) -> Point:
        """Where a point lies in the picture."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (min(max(y, self.y[0]), self.y[1]) - self.y[0]) / (self.y[1] - self.y[0])
        return self.left + across * self.width, self.top + (1 - up) * self.height

    def line(self, points: Sequence[Point], colour: str, *, width: float = 1.6, opacity: float = 1.0) -> None:
        """A line through points, in steps of a tenth of the picture's unit to stay small."""
        placed = [tuple(round(10 * value) for value in self.at(*point)) for point in points]
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(placed)]
        path = f"M{placed[0][0]} {placed[0][1]}l" + " ".join(f"{across} {down}" for across, down in steps)
        look = f'stroke="{colour}" stroke-width="{10 * width:g}" stroke-opacity="{opacity:g}"'
        self.parts.append(f'<path transform="scale(.1)" d="{path}" fill="none" stroke-linejoin="round" {look}/>')

    def dots(self, points: Sequence[Point], colour: str) -> None:
        """A dot at each point."""
        for x, y in points:
            across, down = self.at(x, y)
            self.parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="2.6" fill="{colour}"/>')

    def ticks(self, x: Sequence[tuple[float, str]], y: Sequence[tuple[float, str]], x_title: str) -> None:
        """Marks and their words along both axes."""
        for value, word in x:
            across, _ = self.at(value, self.y[0])
            self.parts.append(_text(across, self.top + self.height + 16, word, anchor="middle", colour=_SOFT))
        for value, word in y:
            _, down = self.at(self.x[0], value)
            self.parts.append(f'<path d="M{self.left} {down:.1f}h{self.width}" stroke="{_LINE}" stroke-width="0.6"/>')
            self.parts.append(_text(self.left - 6, down + 4, word, anchor="end", colour=_SOFT))
        below = self.top + self.height + 34
        self.parts.append(_text(self.left + self.width / 2, below, x_title, anchor="middle", colour=_SOFT))


def _text(x: float, y: float, words: str, *, anchor: str = "start", colour: str = _INK, weight: int = 400) -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-weight="{weight}"'
    return f"<text {place}>{words}</text>"


def _picture(name: str, width: int, height: int, about: str, parts: Sequence[str]) -> None:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12"><title>{about}</title>'
        f'<rect width="{width}" height="{height}" fill="#fff"/>'
    )
    path = PICTURES / name
    path.write_text(head + "\n".join(parts) + "</svg>\n", encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size} bytes")


# --- the eye ---


def eye_diagram() -> None:
    """Two bits at a time, over each other: as recorded, and as sums over half a bit."""
    sound = ltc_samples(LtcSound(RATES["25"], Timecode(1, 23, 45, 6), _SAMPLE_RATE), 5 * _SAMPLE_RATE)
    clean: Samples = sound.astype(np.float64) / float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))
    noise = np.random.default_rng(11).standard_normal(len(clean)) * 10 ** (-_SNR_DB / 20)
    noisy = clean + noise
    half = _BIT // 2
    summed = np.convolve(noisy, np.full(half, 1.0 / half), mode="full")[: len(noisy)]
    parts: list[str] = []
    for column, (title, trace, delay) in enumerate(
        (
            (f"as it comes in: {_SNR_DB:.0f} dB signal to noise", noisy, 0),
            ("as the decoder sees it: summed over half a bit", summed, half),
        )
    ):
        panel = Panel(30.0 + 390 * column, 40.0, 360.0, 220.0, (0.0, 2.0), (-3.2, 3.2), title)
        panel.ticks([(0, "0"), (0.5, "½"), (1, "1"), (1.5, "1½"), (2, "2")], [], "bits")
        for number in range(_TRACES):
            first = 200 * _BIT + 7 * number * _BIT + delay
            places = np.arange(2 * _BIT + 1)
            values = trace[first + places]
            points = [(place / _BIT, float(value)) for place, value in zip(places, values, strict=True)]
            panel.line(points, _OURS, width=0.7, opacity=0.35)
        parts += panel.parts
    about = "Eye diagram of noisy timecode, before and after summing over half a bit"
    _picture("ltc-eye.svg", 800, 310, about, parts)


# --- both decoders against noise ---


@dataclass
class Heard:
    """What a decoder made of all sounds with the same noise."""

    needed: int = 0
    right: int = 0
    false: int = 0
    spreads_us: list[float] = field(default_factory=list)

    @property
    def share(self) -> float:
        """Of the frames, those read right, %."""
        return 100.0 * self.right / self.needed


def against_noise(corpus: Path, tool: Path) -> None:
    """Frames right, frames false and the spread of frame starts over signal to noise."""
    benchmark, scorer = _module(ROOT / "benchmarks" / "timecode.py"), _module(tool)
    library = benchmark.libltc()
    if library is None:
        sys.exit("libltc is not here; apt-get install libltc11")
    ours: dict[int, Heard] = defaultdict(Heard)
    theirs: dict[int, Heard] = defaultdict(Heard)
    for path in sorted(corpus.glob("noise_*.wav")):
        match = _NOISE.fullmatch(path.stem)
        if match is None:
            continue
        sound = SoundFile.open(path)
        samples = np.concatenate(list(sound.blocks(0)))
        truth = json.loads(path.with_suffix(".json").read_text())
        whole = np.clip(np.round(samples * 32767.0), -32768, 32767).astype(np.int16)
        for heard, (found, _) in (
            (ours, benchmark.by_us(samples, sound.sample_rate)),
            (theirs, benchmark.by_libltc(library, whole, sound.sample_rate)),
        ):
            _add(heard[int(match["snr"])], scorer.score(truth, found), 1e6 / sound.sample_rate)
    for snr in sorted(ours):
        print(f"{snr:4d} dB  {_row(ours[snr])}   {_row(theirs[snr])}")
    _draw_against_noise(ours, theirs)


def _add(heard: Heard, score: dict[str, float], us_per_sample: float) -> None:
    heard.needed += int(score["need"])
    heard.right += int(score["right"])
    heard.false += int(score["false"])
    if math.isfinite(score["pos_std"]) and score["pos_std"] > 0:
        heard.spreads_us.append(score["pos_std"] * us_per_sample)


def _row(heard: Heard) -> str:
    spread = float(np.median(heard.spreads_us)) if heard.spreads_us else float("nan")
    return f"{heard.share:6.2f} % {heard.false:5d} false {spread:9.3f} µs"


def _draw_against_noise(ours: dict[int, Heard], theirs: dict[int, Heard]) -> None:
    most = max(max(heard.false for heard in theirs.values()), 100)
    plots: tuple[tuple[str, tuple[float, float], list[tuple[float, str]], Callable[[Heard], float | None]], ...] = (
        ("frames read right, %", (0, 100), [(n, str(n)) for n in range(0, 101, 25)], lambda h: h.share),
        ("frames read wrong", (0, most), [(n, str(n)) for n in range(0, most + 1, 200)], lambda h: float(h.false)),
        (
            "spread of frame starts, µs",
            (-2, 4),
            [(n, f"{10.0**n:g}") for n in range(-2, 5)],
            lambda h: math.log10(float(np.median(h.spreads_us))) if h.spreads_us and h.share > 5 else None,
        ),
    )
    parts: list[str] = []
    shown = [snr for snr in sorted(ours) if snr <= 25]
    for column, (title, span, marks, value) in enumerate(plots):
        panel = Panel(50.0 + 280 * column, 40.0, 220.0, 220.0, (min(shown), max(shown)), span, title)
        panel.ticks([(n, str(n)) for n in range(0, 26, 5)], marks, "signal to noise, dB")
        for heard, colour in ((theirs, _THEIRS), (ours, _OURS)):
            points = [(float(snr), found) for snr in shown if (found := value(heard[snr])) is not None]
            panel.line(points, colour)
            panel.dots(points, colour)
        parts += panel.parts
    for place, colour, word in ((50.0, _OURS, "CueFocus"), (130.0, _THEIRS, "libltc")):
        parts.append(f'<circle cx="{place}" cy="312" r="4" fill="{colour}"/>')
        parts.append(_text(place + 9, 316, word))
    about = "CueFocus and libltc against white noise: frames right, frames wrong, spread of frame starts"
    _picture("ltc-against-noise.svg", 850, 325, about, parts)


def _module(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    sys.dont_write_bytecode = True
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", type=Path, help="ltc_corpus.py, which scores")
    parser.add_argument("--corpus", type=Path, help="what it made")
    arguments = parser.parse_args()
    eye_diagram()
    if arguments.corpus is not None and arguments.tool is not None:
        against_noise(arguments.corpus, arguments.tool)


if __name__ == "__main__":
    main()
