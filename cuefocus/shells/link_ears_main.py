"""The Link ears: `python -m cuefocus.shells.link_ears_main --pipe N`, started by `run` or `doctor`.

They take part in the network's Ableton Link session, look at it fifty times a second and pass on what they see with the
host time of each look. While nobody else is in the session there is nothing to follow: the source is lost.
"""

import argparse
import contextlib
import sys
from collections.abc import Sequence
from typing import Final

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.link_session import LinkSession
from cuefocus.shells.log_line import log_line
from cuefocus.shells.message_ears import EARS_PRIORITY, EarsStopped, MessageEars
from cuefocus.shells.realtime import enter_realtime, quiet_garbage
from cuefocus.timebase.units import NS_PER_MS

_LOOK_NS: Final = 20 * NS_PER_MS
_TELL_NS: Final = 250 * NS_PER_MS
_ALONE: Final = "no other program is in the Link session of this network"


def main(argv: Sequence[str]) -> int:
    """Listen until told to stop; the exit status."""
    parser = argparse.ArgumentParser(prog="link-ears")
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--quantum", type=float, default=4.0)
    parser.add_argument("--priority", type=int, default=EARS_PRIORITY)
    given = parser.parse_args(argv)
    ears = MessageEars(given.pipe)
    granted = enter_realtime(given.priority, children=True)
    try:
        session = LinkSession(given.quantum)
    except DeviceError as problem:
        log_line(str(problem))
        return 3
    log_line(f"link ears: bars of {given.quantum:g} quarters; {granted.line}")
    quiet_garbage()
    with contextlib.closing(session), contextlib.suppress(EarsStopped):
        _listen(session, ears)
    return 0


def _listen(session: LinkSession, ears: MessageEars) -> None:
    """Look at the session until it is over; raises EarsStopped then."""
    due_ns = tell_ns = opening = now_ns()
    there = False
    while True:
        heard = session.look()
        others = heard.moment.peers
        if (others > 0) is not there or heard.stamp_ns >= tell_ns:
            there, tell_ns = others > 0, heard.stamp_ns + _TELL_NS
            programs = "1 other program" if others == 1 else f"{others} other programs"
            ears.tell(is_open=there, text=f"Link, {programs}" if there else _ALONE, opening=opening)
        if there:
            ears.writer.put(heard.moment.packed(), heard.stamp_ns)
        due_ns = max(due_ns + _LOOK_NS, heard.stamp_ns)
        ears.sleep_until(due_ns)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
