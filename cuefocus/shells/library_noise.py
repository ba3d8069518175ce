"""Keeps to itself what sound and MIDI libraries print on standard error while they look for devices."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def libraries_unheard() -> Iterator[None]:
    """For as long as nobody else has anything to say: standard error goes nowhere within the block."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
