"""Programs beside the daemon, in processes of their own: a deck that plays, another program that is asked."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.app.running import SHOW
from tests.app.test_songs import midi_file

HERE = Path(__file__).parent
BETWEEN_RACKS_S = 4.7
"""All is still in the musical show then, and the next rack leaves 2.5 s later: time for a successor to be there."""


@contextmanager
def program(name: str, *words: str) -> Iterator[tuple[Callable[[], str], Callable[[str], str]]]:
    """Another program: how to read a line of what it says, and how to tell it something and read its answer."""
    with subprocess.Popen(
        [sys.executable, str(HERE / f"{name}.py"), *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def heard() -> str:
            return stdout.readline().strip()

        def told(word: str) -> str:
            stdin.write(f"{word}\n")
            stdin.flush()
            return heard()

        try:
            yield heard, told
        finally:
            process.terminate()


@contextmanager
def deck(kind: str, place: str, name: str = "deck") -> Iterator[Callable[[], int]]:
    """Another program that sends timecode when it is told to, and says when it began."""
    with program(name, kind, place) as (heard, told):
        assert heard() == "ready"
        yield lambda: int(told("play"))


def own_address(network: int) -> str:
    """An address of this machine that no other test uses."""
    return f"127.{network}.{os.getpid() % 250}.{threading.get_native_id() % 250 + 1}"


def musical_show(folder: Path) -> str:
    """The small show with a song at 150 beats a minute, its last racks a second later (see `BETWEEN_RACKS_S`)."""
    (folder / "song.mid").write_bytes(midi_file(400_000))
    show = folder / "music.yaml"
    later = SHOW.replace("01:00:07:", "01:00:08:")
    show.write_text(later.replace("preroll: 1 s", "preroll: 1 s, media: {beats: song.mid}"))
    return str(show)
