"""What is sent to a grandMA3. It reads plain messages only, never bundles, and tells upper from lower case.

What it sends to us is written there, e.g. `SendOSC 1 "/cuefocus/cue/12/fire,i,1"`, and heard as our own words.
Source: MA Lighting, grandMA3 user manual, OSC.
"""

from cuefocus.wire.osc import OscMessage


def command(line: str, *, prefix: str = "") -> OscMessage:
    """A line for its command line, e.g. `Go+ Sequence 5`.

    Args:
        line: as it would be typed.
        prefix: as set in its OSC configuration, without slashes; empty if none is.
    """
    return OscMessage(f"{_root(prefix)}/cmd", (line,))


def key(page: int, number: int, *, pressed: bool, prefix: str = "") -> OscMessage:
    """An executor's key, pressed or let go: a press wants its release."""
    return OscMessage(f"{_root(prefix)}/Page{page}/Key{number}", (int(pressed),))


def fader(page: int, number: int, percent: int, *, prefix: str = "") -> OscMessage:
    """An executor's fader, 0 to 100 %."""
    return OscMessage(f"{_root(prefix)}/Page{page}/Fader{number}", (min(max(percent, 0), 100),))


def _root(prefix: str) -> str:
    return f"/{prefix}" if prefix else ""
