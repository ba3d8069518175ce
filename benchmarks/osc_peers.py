"""Programs that hear OSC and answer, each by itself: `python benchmarks/osc_peers.py NAME PORT ANSWERS`.

Each sends every message `/bench ,i N` back to the port ANSWERS as soon as it is dispatched.
"""

import asyncio
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any

HOST = "127.0.0.1"
_ROOM = 4 << 20


def answer_to(port: int) -> Callable[[int], None]:
    """What answers: the message with its number, from a socket of its own."""
    out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def answer(number: int) -> None:
        out.sendto(b"/bench\0\0,i\0\0" + struct.pack(">i", number), (HOST, port))

    return answer


def echo(port: int, answers: int) -> None:
    """Nothing but the way there and back: the floor."""
    own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
    own.bind((HOST, port))
    to = (HOST, answers)
    ready()
    while True:
        own.sendto(own.recv(65_535), to)


def pythonosc_dispatcher(answers: int) -> Any:
    """python-osc's, for both of its servers."""
    from pythonosc.dispatcher import Dispatcher

    answer = answer_to(answers)
    dispatcher = Dispatcher()
    dispatcher.map("/bench", lambda _, number: answer(number))
    return dispatcher


def pythonosc_blocking(port: int, answers: int) -> None:
    """python-osc's blocking server."""
    from pythonosc.osc_server import BlockingOSCUDPServer

    server = BlockingOSCUDPServer((HOST, port), pythonosc_dispatcher(answers))
    ready()
    server.serve_forever()


def pythonosc_asyncio(port: int, answers: int) -> None:
    """python-osc's server for asyncio."""
    from pythonosc.osc_server import AsyncIOOSCUDPServer

    async def serve() -> None:
        server = AsyncIOOSCUDPServer((HOST, port), pythonosc_dispatcher(answers), asyncio.get_running_loop())
        await server.create_serve_endpoint()
        ready()
        await asyncio.Event().wait()

    asyncio.run(serve())


def pyliblo3(port: int, answers: int) -> None:
    """Liblo behind Python."""
    import pyliblo3 as liblo

    answer = answer_to(answers)
    server = liblo.Server(port, proto=liblo.UDP)
    server.add_method("/bench", "i", lambda _path, arguments: answer(arguments[0]))
    ready()
    while True:
        server.recv(1000)


PURE_DATA = """\
#N canvas 0 0 450 300 10;
#X obj 10 10 netreceive -u -b {port};
#X obj 10 40 oscparse;
#X obj 10 70 list trim;
#X obj 10 100 route bench;
#X obj 10 130 oscformat bench;
#X obj 10 160 list prepend send;
#X obj 10 190 list trim;
#X obj 10 220 netsend -u -b;
#X obj 200 10 loadbang;
#X msg 200 40 connect {host} {answers};
#X connect 0 0 1 0;
#X connect 1 0 2 0;
#X connect 2 0 3 0;
#X connect 3 0 4 0;
#X connect 4 0 5 0;
#X connect 5 0 6 0;
#X connect 6 0 7 0;
#X connect 8 0 9 0;
#X connect 9 0 7 0;
"""
"""A patch of Pure Data's own objects; a number goes back as a float."""

NODE_OSC = """
const osc = require('osc'), dgram = require('dgram');
const out = dgram.createSocket('udp4');
const port = new osc.UDPPort({{localAddress: '{host}', localPort: {port}, metadata: true}});
port.on('ready', () => console.log('ready'));
port.on('message', (message) => {{
  const answer = Buffer.from('2f62656e636800002c69000000000000', 'hex');
  answer.writeInt32BE(message.args[0].value, 12);
  out.send(answer, {answers}, '{host}');
}});
port.open();
"""
"""A script for node."""


def ready() -> None:
    """Say that it hears."""
    print("ready", flush=True)


SERVERS: Mapping[str, Callable[[int, int], None]] = {
    "echo": echo,
    "python-osc-blocking": pythonosc_blocking,
    "python-osc-asyncio": pythonosc_asyncio,
    "pyliblo3": pyliblo3,
}

if __name__ == "__main__":
    SERVERS[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3]))
