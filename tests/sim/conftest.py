"""Two ttys joined back to back, for tests in which a foreign program is the other end."""

import os
import select
import threading
import tty
from collections.abc import Iterator

import pytest

PATIENCE_S = 20.0


@pytest.fixture
def modem() -> Iterator[tuple[str, str]]:
    """The two ends' paths; a thread carries bytes until the test is over."""
    first, second = os.openpty(), os.openpty()
    for _, slave in (first, second):
        tty.setraw(slave)
    stop, stopped = os.pipe()

    def carry() -> None:
        while True:
            ready = select.select([first[0], second[0], stop], [], [])[0]
            if stop in ready:
                return
            for source, sink in ((first[0], second[0]), (second[0], first[0])):
                if source in ready:
                    os.write(sink, os.read(source, 4096))

    carrier = threading.Thread(target=carry)
    carrier.start()
    yield os.ttyname(first[1]), os.ttyname(second[1])
    os.close(stopped)
    carrier.join(PATIENCE_S)
    for descriptor in (*first, *second, stop):
        os.close(descriptor)
