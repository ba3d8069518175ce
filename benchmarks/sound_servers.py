"""Sound servers without a sound card, each of its own: jackd on its dummy driver, PipeWire with a null sink."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PIPEWIRE_JACK = "/usr/lib/*/pipewire-0.3/jack"
Environ = dict[str, str]


@contextlib.contextmanager
def jackd(folder: Path, period: int) -> Iterator[Environ]:
    """The server jackd on its dummy driver, in the real-time class, under a name of its own."""
    name = f"cuefocus-{os.getpid()}"
    environ = {**os.environ, "JACK_DEFAULT_SERVER": name, "JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
    command = ["jackd", "-n", name, "-R", "-P70", "-d", "dummy", "-r", "48000", "-p", str(period)]
    with (folder / "server.log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, env=environ, start_new_session=True)
        try:
            yield answering(environ)
        finally:
            server.terminate()
            server.wait(10)


@contextlib.contextmanager
def pipewire(folder: Path, period: int) -> Iterator[Environ]:
    """PipeWire, a session manager and a null sink, on a message bus of their own."""
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    environ = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(runtime),
        "PIPEWIRE_RUNTIME_DIR": str(runtime),
        "PIPEWIRE_LATENCY": f"{period}/48000",
        "LD_LIBRARY_PATH": pipewire_jack(),
    }
    sink = (
        "{ factory.name=support.null-audio-sink node.name=rig media.class=Audio/Duplex object.linger=true"
        f" audio.position=[FL FR] node.force-quantum={period} node.always-process=true priority.driver=3000 }}"
    )
    script = (
        "pipewire & server=$!; wireplumber & manager=$!; sleep 2;"
        ' pw-cli create-node adapter "$0"; echo up; read line; kill $manager $server'
    )
    with (folder / "server.log").open("ab") as log:
        server = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", script, sink],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            env=environ,
            start_new_session=True,
        )
        try:
            yield answering(environ)
        finally:
            if server.stdin is not None:
                server.stdin.write(b"\n")
                server.stdin.close()
            server.wait(10)


def answering(environ: Environ) -> Environ:
    """The same, once the server answers a client."""
    probe = (
        "import jack; client = jack.Client('probe', no_start_server=True); assert client.get_ports(); client.close()"
    )
    until_ns = time.monotonic_ns() + 10_000_000_000
    while subprocess.run([sys.executable, "-c", probe], env=environ, capture_output=True, check=False).returncode:
        if time.monotonic_ns() > until_ns:
            raise SystemExit("the sound server did not start: see server.log (--keep)")
    return environ


def pipewire_jack() -> str:
    """The folder of PipeWire's own libjack; empty when it is not here."""
    return next((str(path) for path in sorted(Path("/").glob(PIPEWIRE_JACK.lstrip("/")))), "")
