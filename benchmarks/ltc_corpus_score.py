"""Decode every case of a degraded-LTC corpus and score it against its exact truth.

    python benchmarks/ltc_corpus_score.py --tool ../shared/tools/ltc_corpus.py --corpus DIR [--only REGEX]

DIR was made by that tool; its scorer prints the table. This prints decoding speed beside it.
"""

import argparse
import json
import platform
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cuefocus.shells.sound_file import SoundFile
from cuefocus.wire.ltc.decoder import LtcDecoder

_BLOCK_SAMPLES = 1 << 17


def main() -> None:
    """Decode, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=Path, required=True)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    decoded: dict[str, list[list[float]]] = {}
    spent_s = sound_s = 0.0
    for path in sorted(arguments.corpus.glob("*.wav")):
        if not re.search(arguments.only, path.stem):
            continue
        sound = SoundFile.open(path)
        began_s = time.perf_counter()
        decoder = LtcDecoder(sound.sample_rate)
        frames = [frame for block in sound.blocks(0, _BLOCK_SAMPLES) for frame in decoder.feed(block)]
        frames += decoder.flush()
        spent_s += time.perf_counter() - began_s
        sound_s += sound.samples / sound.sample_rate
        decoded[path.stem] = [
            [f.label.hours, f.label.minutes, f.label.seconds, f.label.frames, f.start_sample, f.direction < 0]
            for f in frames
        ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as answers:
        json.dump(decoded, answers)
        answers.flush()
        subprocess.run([sys.executable, arguments.tool, "--out", arguments.corpus, "--score", answers.name], check=True)
    print(f"{sound_s:.0f} s of sound in {spent_s:.2f} s = {sound_s / spent_s:.0f} x real time on {platform.node()}")


if __name__ == "__main__":
    main()
