"""A deck that sends timecode as messages, in a process of its own: `deck.py artnet ADDRESS` or `deck.py midi NAME`.

It says when it is there, and plays from 00:59:58:00 at 25 fps once for each line it reads, telling when it began. MIDI
goes out by a JACK port of its own, `deck:NAME`.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import PORT, ArtNetRun
from cuefocus.wire.mtc.encoder import MtcRun

RATE, START, SECONDS = RATES["25"], Timecode(0, 59, 58, 0), 10.0


def main() -> None:
    kind, name = sys.argv[1:]
    send = artnet(name) if kind == "artnet" else midi(name)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        origin_ns = now_ns() + 50 * NS_PER_MS
        sys.stdout.write(f"{origin_ns}\n")
        sys.stdout.flush()
        messages = datagrams(origin_ns) if kind == "artnet" else pieces(origin_ns)
        for due_ns, data in messages:
            if due_ns >= origin_ns + SECONDS * NS_PER_S:
                break
            HostClock().wait_until(due_ns)
            send(data)


def datagrams(origin_ns: int) -> Iterator[tuple[int, bytes]]:
    return ArtNetRun(RATE, START, origin_ns, Fraction(1)).packets()


def pieces(origin_ns: int) -> Iterator[tuple[int, bytes]]:
    return ((piece.due_ns, piece.message) for piece in MtcRun(RATE, START, origin_ns).pieces())


def artnet(address: str) -> Callable[[bytes], object]:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    return lambda data: made.sendto(data, (address, PORT))


def midi(name: str) -> Callable[[bytes], object]:
    import rtmidi

    out = rtmidi.MidiOut(rtmidi.API_UNIX_JACK, "deck")
    out.open_virtual_port(name)
    return lambda data: out.send_message(list(data))


if __name__ == "__main__":
    main()
