"""The ears: `python -m cuefocus.shells.ears_main --fd N --bell N --device jack:PORT`, started by `run` or `doctor`.

They own the sound device and do nothing but copy, so nothing keeps them from it; and whatever a sound library does when
its server dies or a card is pulled out, it does it to them alone. When that has happened they begin anew as a fresh
program (same process, same ring): a library that has lost its server is not to be trusted, and PortAudio looks for
devices only once. Until the device is back they are an ordinary program, which holds up nobody.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

from cuefocus.errors import CueFocusError, InputError
from cuefocus.shells.ears import PATIENT, Ears, Gone
from cuefocus.shells.fresh_program import begin_anew
from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.shells.jack_ears import JackEars, find_server
from cuefocus.shells.log_line import log_line
from cuefocus.shells.parent import hear_parent, is_orphan
from cuefocus.shells.portaudio_ears import PortAudioEars, find_card
from cuefocus.shells.realtime import enter_realtime, quiet_garbage
from cuefocus.shells.sound_device import SoundDevice, parse_device
from cuefocus.shells.sound_ring import RingWriter, SoundRing, State
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

EARS_PRIORITY: Final = 65
"""Below a sound server's 70, above the conductor's 60. Threads of PortAudio inherit it."""
_LOOK_NS: Final = 100 * NS_PER_MS
_AGAIN_NS: Final = NS_PER_S
_NOBODY_NS: Final = 5 * NS_PER_S


class _Stop(Exception):
    """Told to end, or nobody is left to listen for."""


class _Watch:
    """Waits between looks, and notices when it is time to end.

    `kept` are the descriptors that ears which begin anew go on with.
    """

    def __init__(self, ring: SoundRing, parent: int, kept: tuple[int, ...]) -> None:
        self._ring, self._clock, self._parent = ring, HostClock(), parent
        self.stopped, self.kept = False, kept

    def stop(self, number: int, frame: object) -> None:
        """A signal asks for the end."""
        del number, frame
        self.stopped = True

    def wait(self, length_ns: int) -> None:
        """Wait so long. Raises _Stop when it is over."""
        until_ns = now_ns() + length_ns
        while (left_ns := until_ns - now_ns()) > 0 and not self._over():
            self._clock.sleep_until(now_ns() + min(left_ns, _LOOK_NS))
        if self._over():
            raise _Stop

    def _over(self) -> bool:
        """Told so; or `run` was killed, and the conductor has finished and gone too."""
        return self.stopped or (is_orphan(self._parent) and now_ns() - self._ring.reader_beat_ns > _NOBODY_NS)


def main(argv: Sequence[str]) -> int:
    """Listen until told to stop; the exit status."""
    parser = argparse.ArgumentParser(prog="ears")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--bell", type=int, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--priority", type=int, default=EARS_PRIORITY)
    parser.add_argument(PATIENT, action="store_true", help="a device that cannot be opened is tried again")
    hear_parent(parser)
    given = parser.parse_args(argv)
    try:
        ring = SoundRing.attach(given.fd, given.bell)
        device = parse_device(given.device)
    except CueFocusError as problem:
        log_line(f"ears: {problem}")
        return 3
    writer, watch = RingWriter(ring), _Watch(ring, given.parent, (given.fd, given.bell))
    signal.signal(signal.SIGTERM, watch.stop)
    signal.signal(signal.SIGINT, watch.stop)
    try:
        return _listen(device, writer, watch, given.priority, patient=given.patient)
    except _Stop:
        return 0


def _listen(device: SoundDevice, writer: RingWriter, watch: _Watch, priority: int, *, patient: bool) -> int:
    try:
        _find(device)
        granted = enter_realtime(priority, children=True)  # now, for the library's threads inherit it
        ears = _open(device, writer)
    except CueFocusError as problem:
        if not (patient or writer.ever_open):
            log_line(str(problem))
            return 1 if isinstance(problem, InputError) else 3
        writer.tell(State.LOST, str(problem))
        _begin_anew(watch)
    log_line(f"ears: {device} open; {granted.line}")
    quiet_garbage()
    try:
        while True:
            ears.tend()
            watch.wait(_LOOK_NS)
    except Gone as problem:
        log_line(f"ears: {problem}")
        writer.tell(State.LOST, str(problem))
        _begin_anew(watch)
    except CueFocusError as problem:
        writer.tell(State.LOST, str(problem))
        log_line(str(problem))
        ears.close()
        return 1 if isinstance(problem, InputError) else 3
    except _Stop:
        ears.close()
        raise


def _find(device: SoundDevice) -> None:
    """Load the library and see whether the device is there. Raises as `_open`."""
    if device.server == "jack":
        find_server()
    else:
        find_card(device)


def _open(device: SoundDevice, writer: RingWriter) -> Ears:
    if device.server == "jack":
        return JackEars(device, writer)
    return PortAudioEars(device, writer)


def _begin_anew(watch: _Watch) -> NoReturn:
    """The same program again, after a while."""
    watch.wait(_AGAIN_NS)
    begin_anew(sys.orig_argv[1:], watch.kept)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
