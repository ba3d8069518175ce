"""The MIDI ears: `python -m cuefocus.shells.midi_ears_main --pipe N --port NAME`, started by `run` or `doctor`.

They own the MIDI port and do nothing but stamp and pass on. A library calls them on a thread of its own, which the
conductor shall not have, and may die with its server. When the port is gone they begin anew as a fresh program (same
process, same pipe), each second until it is back; until then they are an ordinary program, which holds up nobody.
"""

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from cuefocus.errors import CueFocusError, DeviceError, InputError
from cuefocus.shells.cue_filter import CueFilter
from cuefocus.shells.ears import PATIENT
from cuefocus.shells.fresh_program import begin_anew
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.jack_midi_port import JACK, JackMidiPort, find_jack_midi
from cuefocus.shells.log_line import log_line
from cuefocus.shells.message_ears import EARS_PRIORITY, EarsStopped, MessageEars
from cuefocus.shells.midi_port import MidiPort, find_midi, lasting_name
from cuefocus.shells.realtime import enter_realtime, quiet_garbage
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

Heard = Callable[[bytes, int], None]
_LOOK_NS: Final = 250 * NS_PER_MS
_AGAIN_NS: Final = NS_PER_S


def main(argv: Sequence[str]) -> int:
    """Listen until told to stop; the exit status."""
    parser = argparse.ArgumentParser(prog="midi-ears")
    parser.add_argument("--pipe", type=int, required=True)
    parser.add_argument("--port", required=True)
    parser.add_argument("--called", default="", help="how the operator wrote it, for complaints")
    parser.add_argument("--priority", type=int, default=EARS_PRIORITY)
    parser.add_argument("--cues", help="only what may be a cue is passed on: status bytes of channel messages, in hex")
    parser.add_argument(PATIENT, action="store_true", help="a port that cannot be opened is tried again")
    given = parser.parse_args(argv)
    ears = MessageEars(given.pipe)
    with contextlib.suppress(EarsStopped):
        heard = ears.writer.put if given.cues is None else CueFilter(ears.writer, bytes.fromhex(given.cues)).put
        return _listen(given.port, given.called, ears, heard, given.priority, patient=given.patient)
    return 0


def _listen(wanted: str, called: str, ears: MessageEars, heard: Heard, priority: int, *, patient: bool) -> int:
    opening = now_ns()
    try:
        _find(wanted)
        granted = enter_realtime(priority, children=True)  # now, for the library's thread inherits it
        port = _opened(wanted, heard)
    except CueFocusError as problem:
        problem.where = called or problem.where
        if patient:
            _begin_anew(ears, problem, opening)
        log_line(str(problem))
        return 1 if isinstance(problem, InputError) else 3
    log_line(f"midi ears: {port.name!r} open; {granted.line}")
    quiet_garbage()
    try:
        while True:
            port.look()
            ears.stands(_LOOK_NS, is_open=True, text=f"MIDI input {lasting_name(port.name)!r}", opening=opening)
    except DeviceError as problem:
        problem.where = called or problem.where
        log_line(f"midi ears: {problem}")
        _begin_anew(ears, problem, opening)
    except EarsStopped:
        port.close()
        raise


def _find(wanted: str) -> None:
    """Load the library and see whether the port is there. Raises as `_opened`."""
    if wanted.startswith(JACK):
        find_jack_midi(wanted.removeprefix(JACK))
    else:
        find_midi(wanted)


def _opened(wanted: str, heard: Heard) -> "MidiPort | JackMidiPort":
    if not wanted.startswith(JACK):
        return MidiPort(wanted, heard)
    return JackMidiPort(wanted.removeprefix(JACK), heard)


def _begin_anew(ears: MessageEars, problem: CueFocusError, opening: int) -> NoReturn:
    """The same program again, after a while."""
    ears.stands(_AGAIN_NS, is_open=False, text=str(problem), opening=opening)
    argv = [argument for argument in sys.orig_argv[1:] if argument != PATIENT]
    begin_anew([*argv, PATIENT], (ears.writer.fd,))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
