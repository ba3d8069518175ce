"""One line into a process' log. A log that takes nothing, on a full disk say, costs the line and nothing else."""

import contextlib
import io
import os
import sys


def log_line(text: str) -> None:
    """Write `text` and a newline to standard error, past its buffer: what it would keep fails again at the exit."""
    with contextlib.suppress(OSError, ValueError):
        try:
            fd = sys.stderr.fileno()
        except io.UnsupportedOperation:
            sys.stderr.write(f"{text}\n")
            return
        os.write(fd, f"{text}\n".encode(errors="backslashreplace"))
