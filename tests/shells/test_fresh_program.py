"""A program that begins anew: its pipe to us goes on, what a library held open is closed."""

import socket
import subprocess
import sys

_PROGRAM = """
import os, sys
from cuefocus.shells.fresh_program import begin_anew
again, kept, library = (int(each) for each in sys.argv[1:])
os.write(kept, b"anew" if again else b"first")
if not again:
    begin_anew([*sys.orig_argv[1:3], "1", str(kept), str(library)], [kept])
sys.stdin.read()
"""


def test_what_begins_anew_keeps_what_it_is_told_to_and_has_left_its_servers() -> None:
    ours, kept = socket.socketpair()
    server, library = socket.socketpair()
    with ours, server:
        argv = [sys.executable, "-c", _PROGRAM, "0", str(kept.fileno()), str(library.fileno())]
        handed = (kept.fileno(), library.fileno())
        with subprocess.Popen(argv, stdin=subprocess.PIPE, pass_fds=handed) as process:
            kept.close()
            library.close()
            for each in (ours, server):
                each.settimeout(20.0)
            said = b""
            while len(said) < len(b"firstanew"):
                said += ours.recv(16)
            assert said == b"firstanew"
            assert server.recv(1) == b"", "its peer sees it gone, though the program still runs"
            assert process.poll() is None
            process.communicate(b"")
