"""A lighting desk on a JACK server, in a process of its own: `midi_desk_program.py LIBRARY NAME`.

LIBRARY is `rtmidi` (mido's messages through python-rtmidi) or `jack` (raw bytes by JACK-Client). It sends each line it
reads, a message in hex, and says when; `NxMESSAGES` sends messages, parted by commas, N times as fast as they go. None
of its bytes are made by us.
"""

import sys
import time
from collections import deque
from collections.abc import Callable


def by_rtmidi(name: str) -> Callable[[bytes], object]:
    import mido

    port = mido.Backend("mido.backends.rtmidi/UNIX_JACK", load=True).open_output(name, virtual=True, client_name="desk")
    return lambda data: port.send(mido.Message.from_bytes(data))


def by_jack(name: str) -> Callable[[bytes], object]:
    import jack

    client = jack.Client("desk", no_start_server=True)
    port = client.midi_outports.register(name)
    waiting: deque[bytes] = deque()

    def process(frames: int) -> None:
        port.clear_buffer()
        for at in range(min(len(waiting), frames)):
            port.write_midi_event(at, waiting.popleft())

    client.set_process_callback(process)
    client.activate()
    return waiting.append


def main() -> None:
    library, name = sys.argv[1:]
    send = {"rtmidi": by_rtmidi, "jack": by_jack}[library](name)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        times, _, messages = line.rpartition("x")
        for _ in range(int(times or 1)):
            for message in messages.split(","):
                send(bytes.fromhex(message))
        sys.stdout.write(f"{time.monotonic_ns()}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
