"""The MIDI mouth: `python -m cuefocus.shells.midi_mouth_main --pipe N --to ADDRESS`, started by `run`.

It owns one MIDI output and sends each message at its moment. A library may block or die with its server, which the
conductor shall not. When the port is gone it begins anew as a fresh program, each second until it is back.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from cuefocus.errors import CueFocusError, InputError, LinkError
from cuefocus.shells.ears import PATIENT
from cuefocus.shells.fresh_program import begin_anew
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.log_line import log_line
from cuefocus.shells.message_ears import EarsStopped, MessageEars
from cuefocus.shells.message_turns import Message, Standing
from cuefocus.shells.midi_mouth import Outbox
from cuefocus.shells.midi_out import MidiOut, open_midi_out
from cuefocus.shells.midi_pipe import MidiInlet
from cuefocus.shells.realtime import enter_realtime, quiet_garbage
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

PRIORITY: Final = 55
"""Below the conductor's 60: what goes out must not hold up what comes in."""
_LOOK_NS: Final = NS_PER_S
_SAY_NS: Final = 250 * NS_PER_MS
_AGAIN_NS: Final = NS_PER_S


def main(argv: Sequence[str]) -> int:
    """Send until told to stop; the exit status."""
    parser = argparse.ArgumentParser(prog="midi-mouth")
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--to", required=True, help="as of `mtc generate`: midi:NAME, jack:NAME, raw:PATH")
    parser.add_argument("--priority", type=int, default=PRIORITY)
    parser.add_argument(PATIENT, action="store_true", help="a port that cannot be opened is tried again")
    given = parser.parse_args(argv)
    teller = MessageEars(given.pipe)
    opening = now_ns()
    try:
        port = open_midi_out(given.to)
        granted = enter_realtime(given.priority, children=True)  # not before: who only looks for a port holds up nobody
    except CueFocusError as problem:
        if given.patient:
            with contextlib.suppress(EarsStopped):
                _begin_anew(teller, problem, opening)
            return 0
        log_line(str(problem))
        return 1 if isinstance(problem, InputError) else 3
    log_line(f"midi mouth: {given.to} open; {granted.line}")
    quiet_garbage()
    outbox = Outbox()
    with contextlib.suppress(EarsStopped):
        try:
            _Mouth(teller, port, outbox, given.to, opening).speak()
        except LinkError as problem:
            log_line(f"midi mouth: {problem}")
            teller.writer.dropped = outbox.give_up() + port.dropped
            _begin_anew(teller, problem, opening)
    port.close()
    return 0


class _Mouth:
    def __init__(self, teller: MessageEars, port: MidiOut, outbox: Outbox, called: str, opening: int) -> None:
        self._teller, self._port, self._called, self._opening = teller, port, called, opening
        self._inlet, self._outbox = MidiInlet(os.dup(teller.writer.fd)), outbox
        self._wait = DescriptorWait()
        self._wait.watch(self._inlet.fileno())

    def speak(self) -> None:
        """Raises LinkError when the port is gone, EarsStopped when it is over."""
        say_ns = look_ns = now_ns()
        while True:
            at_ns = now_ns()
            if at_ns >= look_ns:
                self._port.look()
                look_ns = at_ns + _LOOK_NS
            if at_ns >= say_ns:
                self._teller.writer.dropped = self._outbox.lost + self._port.dropped
                self._teller.tell(is_open=True, text=f"MIDI output {self._called}", opening=self._opening)
                say_ns = at_ns + _SAY_NS
            due_ns = self._outbox.next_due_ns
            self._wait.wait_until(min(say_ns, look_ns, due_ns if due_ns is not None else say_ns))
            self._gather()
            while (data := self._outbox.take(now_ns())) is not None:
                self._port.write(data)

    def _gather(self) -> None:
        while (came := self._inlet.receive()) is not None:
            if isinstance(came, Message):
                self._outbox.put(came.data, came.stamp_ns)
            elif isinstance(came, Standing):
                raise EarsStopped  # nobody is left to speak for


def _begin_anew(teller: MessageEars, problem: CueFocusError, opening: int) -> NoReturn:
    """The same program again, after a while."""
    teller.stands(_AGAIN_NS, is_open=False, text=str(problem), opening=opening)
    argv = [argument for argument in sys.orig_argv[1:] if argument != PATIENT]
    begin_anew([*argv, PATIENT], (teller.writer.fd,))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
