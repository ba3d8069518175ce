"""A deck in a process of its own: `deck.py artnet ADDRESS`, `deck.py midi NAME`, `deck.py clock NAME` or
`deck.py reaper ADDRESS:PORT`.

It says when it is there, and plays from 00:59:58:00 at 25 fps once for each line it reads, telling when it began. MIDI
goes out by a JACK port of its own, `deck:NAME`; clock plays a song at 150 beats a minute from its beginning. REAPER
says where it is when its screen is drawn.

It stands for another machine, so it asks for the real-time class, above the conductor's: else it would send late
whenever this one is busy, as it is while a killed conductor's successor starts.
"""

import socket
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import count

from pythonosc.osc_bundle import OscBundle
from pythonosc.udp_client import UDPClient

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.realtime import enter_realtime
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import PORT, ArtNetRun
from cuefocus.wire.mtc.encoder import MtcRun
from tests.osc_programs import Reaper

PRIORITY = 65
RATE, START, SECONDS = RATES["25"], Timecode(0, 59, 58, 0), 10.0


def main() -> None:
    kind, name = sys.argv[1:]
    send = {"artnet": artnet, "midi": midi, "clock": midi, "reaper": reaper}[kind](name)
    enter_realtime(PRIORITY, children=True)
    messages_from = {"artnet": datagrams, "midi": pieces, "clock": clocks, "reaper": feedback}[kind]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        origin_ns = now_ns() + 50 * NS_PER_MS
        sys.stdout.write(f"{origin_ns}\n")
        sys.stdout.flush()
        for due_ns, data in messages_from(origin_ns):
            if due_ns >= origin_ns + SECONDS * NS_PER_S:
                break
            HostClock().wait_until(due_ns)
            send(data)


def datagrams(origin_ns: int) -> Iterator[tuple[int, bytes]]:
    return ArtNetRun(RATE, START, origin_ns, Fraction(1)).packets()


def pieces(origin_ns: int) -> Iterator[tuple[int, bytes]]:
    return ((piece.due_ns, piece.message) for piece in MtcRun(RATE, START, origin_ns).pieces())


def clocks(origin_ns: int) -> Iterator[tuple[int, bytes]]:
    """Written out by hand: Start, then 24 clocks in 0.4 s."""
    yield origin_ns - 5 * NS_PER_MS, b"\xfa"
    for number in count():
        yield origin_ns + number * 400 * NS_PER_MS // 24, b"\xf8"


def feedback(origin_ns: int) -> Iterator[tuple[int, bytes]]:
    """REAPER, whose project begins at 00:59:00:00 and plays from its second 58 on."""
    program = Reaper(lambda at_s: 58.0 + min(at_s, SECONDS - 0.5), RATE, Timecode(0, 59, 0, 0).frame_number(RATE))
    return ((origin_ns + round(at_s * NS_PER_S), data) for at_s, data in program.packets(SECONDS))


def reaper(place: str) -> Callable[[bytes], object]:
    address, _, port = place.rpartition(":")
    client = UDPClient(address, int(port))
    return lambda data: client.send(OscBundle(data))


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
