"""Plays a sound file into a JACK port, in a process of its own: `jack_player.py FILE`, once for each line it reads."""

import sys
from pathlib import Path

import jack
import numpy as np

from cuefocus.shells.sound_file import SoundFile


def main() -> None:
    sound = np.concatenate(list(SoundFile.open(Path(sys.argv[1])).blocks(0)))
    silence = np.zeros(1 << 14, dtype=np.float32)
    at = len(sound)
    client = jack.Client("player", no_start_server=True)
    port = client.outports.register("ltc")

    def process(frames: int) -> None:
        nonlocal at
        piece = sound[at : at + frames]
        at += len(piece)
        port.get_array()[:] = np.concatenate([piece, silence[: frames - len(piece)]])

    client.set_process_callback(process)
    with client:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for _ in sys.stdin:
            at = 0


if __name__ == "__main__":
    main()
