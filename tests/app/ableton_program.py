"""AbletonOSC as a listener sees it, in a process of its own: `ableton_program.py HOST PORT`.

python-osc does its talking. It answers questions at HOST:PORT to port 11001 of whoever asked last, and tells them of
changes. It says when it is there; for each line it reads it plays a song at 150 beats a minute from its beginning, and
tells when that began.
"""

import sys
import threading

from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_server import ThreadingOSCUDPServer

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.osc_programs import Live

SECONDS, QUARTERS_PER_S = 9.0, 2.5
ANSWERS = 11_001


class Program:
    """What it is, and who asked."""

    def __init__(self, host: str, port: int) -> None:
        self.live = Live(lambda at_s: QUARTERS_PER_S * min(max(at_s, 0.0), SECONDS), 150.0, asked_s=1e9)
        self.origin_ns: int | None = None
        self.asker = ""
        dispatcher = Dispatcher()
        dispatcher.map("/live/song/start_listen/*", self.asked, needs_reply_address=True)
        self.server = ThreadingOSCUDPServer((host, port), dispatcher)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def asked(self, client: tuple[str, int], address: str, *_: object) -> None:
        name, at_s = address.rpartition("/")[2], -1.0
        if self.origin_ns is not None:
            at_s = (now_ns() - self.origin_ns) / NS_PER_S
        self.asker = client[0]
        self.send(self.live.answer(name, self.live.said(at_s)[name]))

    def send(self, data: bytes) -> None:
        if self.asker:
            self.server.socket.sendto(data, (self.asker, ANSWERS))


def main() -> None:
    host, port = sys.argv[1:]
    program = Program(host, int(port))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for _ in sys.stdin:
        origin_ns = program.origin_ns = now_ns() + 50 * NS_PER_MS
        sys.stdout.write(f"{origin_ns}\n")
        sys.stdout.flush()
        for at_s, data in program.live.packets(SECONDS + 1.0):
            HostClock().wait_until(origin_ns + round(at_s * NS_PER_S))
            program.send(data)


if __name__ == "__main__":
    main()
