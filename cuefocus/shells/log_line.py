"""One line into a process' log. A log that takes nothing, on a full disk say, costs the line and nothing else.

Logs are read on terminals: what others said and would act there stands as `?`.
"""

import contextlib
import io
import os
import sys

from cuefocus.wire.plain import plain_lines


def log_line(text: str) -> None:
    """Write `text` and a newline to standard error, past its buffer: what it would keep fails again at the exit."""
    text = plain_lines(text)
    with contextlib.suppress(OSError, ValueError):
        try:
            fd = sys.stderr.fileno()
        except io.UnsupportedOperation:
            sys.stderr.write(f"{text}\n")
            return
        os.write(fd, f"{text}\n".encode(errors="backslashreplace"))
