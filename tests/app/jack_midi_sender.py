"""Sends MIDI timecode or clock at exact frames of a JACK server, in a process of its own: `jack_midi_sender.py KIND`.

KIND is `mtc` or `clock`. For each line `play` it reads, it plays 12 s from 00:59:58:00 at 25 fps, or a song at 150
beats a minute, and says at which host time, by the clock of the server, that began. To `xruns` it says how often the
server has lost its step, and with it that time. Only the words of timecode are made by us.
"""

import sys
import time
from collections.abc import Iterator
from itertools import islice

import jack

from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.mtc.encoder import MtcRun

RATE, SECONDS = 48_000, 12


def mtc() -> Iterator[tuple[int, bytes]]:
    for piece in islice(MtcRun(RATES["25"], Timecode(0, 59, 58, 0), 0).pieces(), 100 * SECONDS):
        yield round(piece.due_ns * RATE / 1e9), piece.message


def clock() -> Iterator[tuple[int, bytes]]:
    yield 0, b"\xfa"
    for number in range(12 * 60):
        yield 480 + number * RATE * 2 // (5 * 24), b"\xf8"
    yield 480 + SECONDS * RATE, b"\xfc"


def main() -> None:
    client = jack.Client("sender", no_start_server=True)
    port = client.midi_outports.register("out")
    messages: Iterator[tuple[int, bytes]] = iter(())
    upcoming: tuple[int, bytes] | None = None
    origin = xruns = 0

    def xrun(delayed_us: float) -> None:
        nonlocal xruns
        xruns += 1

    def process(frames: int) -> None:
        nonlocal upcoming
        port.clear_buffer()
        now = client.last_frame_time
        while upcoming is not None and origin + upcoming[0] < now + frames:
            port.write_midi_event(max(0, origin + upcoming[0] - now), upcoming[1])
            upcoming = next(messages, None)

    client.set_process_callback(process)
    client.set_xrun_callback(xrun)
    with client:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        for line in sys.stdin:
            if line.strip() == "xruns":
                sys.stdout.write(f"{xruns}\n")
                sys.stdout.flush()
                continue
            messages = {"mtc": mtc, "clock": clock}[sys.argv[1]]()
            frame, host_ns = client.frame_time, time.monotonic_ns()
            origin = frame + RATE // 4
            upcoming = next(messages, None)
            begun = origin + (480 if sys.argv[1] == "clock" else 0)
            sys.stdout.write(f"{host_ns + (begun - frame) * 10**9 // RATE}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
