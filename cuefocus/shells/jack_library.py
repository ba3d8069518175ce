"""JACK as far as JACK-Client does not wrap it: the server's clock, a cycle's own times, a port's latency, all ports.

jackd2 counts microseconds of CLOCK_MONOTONIC_RAW, PipeWire's JACK those of CLOCK_MONOTONIC; others may do otherwise. So
nothing is assumed: both clocks are read in one breath, again in each cycle.
"""

import ctypes
import importlib
from dataclasses import dataclass
from time import monotonic_ns
from typing import Any, Final

from cuefocus.errors import DeviceError

SWITCH_S: Final = 0.0001
"""How long our other threads may keep the interpreter from the process callback."""
_CAPTURE: Final = 0  # enum JackLatencyCallbackMode, jack/types.h
_PLAYBACK: Final = 1
_HALF_TICK_NS: Final = 500  # the server's clock is cut to whole µs
_BREATH_NS: Final = 50_000
"""Two readings of our clock further apart than this were interrupted: what was read between says little."""

_WHERE: Final = "jack"
_NO_LIBRARY: Final = (
    "pip install 'cuefocus[jack]', and the system's libjack (Debian: libjack-jackd2-0 or pipewire-jack)"
)
_NO_SERVER: Final = "start it (jackd -R -d alsa …), or run CueFocus by pw-jack where PipeWire is the sound server"


class _LatencyRange(ctypes.Structure):
    _fields_ = (("least", ctypes.c_uint32), ("most", ctypes.c_uint32))


@dataclass(frozen=True, slots=True)
class JackPort:
    """A port of another program or of a sound card.

    Args:
        physical: it belongs to a sound card.
    """

    name: str
    physical: bool

    @property
    def client(self) -> str:
        """Who it belongs to."""
        return self.name.partition(":")[0]


def jack_module() -> Any:
    """JACK-Client. Raises DeviceError with the cure when it or libjack is missing."""
    try:
        library = importlib.import_module("jack")
    except ImportError:
        raise DeviceError("the library JACK-Client is not installed", where=_WHERE, hint=_NO_LIBRARY) from None
    except OSError as problem:  # libjack itself
        raise DeviceError(f"libjack is not installed ({problem})", where=_WHERE, hint=_NO_LIBRARY) from None
    library.set_error_function(_quiet)
    library.set_info_function(_quiet)
    return library


def open_client(library: Any, name: str) -> Any:
    """A client of the running server. Raises DeviceError when there is none; never starts one."""
    try:
        return library.Client(name, no_start_server=True)
    except library.JackOpenError:
        raise DeviceError("no JACK server answers", where=_WHERE, hint=_NO_SERVER) from None
    except library.JackError as problem:
        raise DeviceError(f"JACK refused: {_first_line(problem)}", where=_WHERE, hint=_NO_SERVER) from None


def sound_outputs(client: Any) -> list[JackPort]:
    """Every port that sound comes out of, in the server's order."""
    return _listed(client.get_ports(is_audio=True, is_output=True))


def midi_outputs(client: Any) -> list[JackPort]:
    """Every port that MIDI comes out of, in the server's order."""
    return _listed(client.get_ports(is_midi=True, is_output=True))


def sound_inputs(client: Any) -> list[JackPort]:
    """Every port that sound goes into, in the server's order."""
    return _listed(client.get_ports(is_audio=True, is_input=True))


def _listed(ports: Any) -> list[JackPort]:
    return [JackPort(str(port.name), bool(port.is_physical)) for port in ports]


class CycleTimes:
    """When the cycle that is under way began, by the host clock. For the process callback only.

    Attributes:
        offset_ns: host clock less the server's clock, as last read; 0 before.
        worst_breath_ns: the longest that reading both has taken, of those that were believed.
    """

    def __init__(self, client: Any) -> None:
        native = ctypes.CDLL("libjack.so.0")
        self._frame, self._began, self._next, self._period = (
            ctypes.c_uint32(),
            ctypes.c_uint64(),
            ctypes.c_uint64(),
            ctypes.c_float(),
        )
        self._get_time = native.jack_get_time
        self._get_time.restype = ctypes.c_uint64
        self._get_times = native.jack_get_cycle_times
        found = (self._frame, self._began, self._next, self._period)
        self._call = (ctypes.c_void_p(_address(client)), *(ctypes.byref(each) for each in found))
        self.offset_ns = 0
        self.worst_breath_ns = 0

    def read(self) -> tuple[int | None, int | None, int]:
        """First frame of the cycle (counts to 2³²), host time it began by the server's word, host time now.

        The first two are None where the server keeps no times.
        """
        before_ns = monotonic_ns()
        server_ns = self._get_time() * 1000 + _HALF_TICK_NS
        after_ns = monotonic_ns()
        breath_ns = after_ns - before_ns
        if breath_ns <= _BREATH_NS or not self.offset_ns:
            self.offset_ns = (before_ns + after_ns) // 2 - server_ns
            self.worst_breath_ns = max(self.worst_breath_ns, breath_ns)
        if self._get_times(*self._call):
            return None, None, before_ns
        return self._frame.value, self._began.value * 1000 + self.offset_ns, before_ns


class PortLatency:
    """How old a sample is when it comes out of an input port of ours, or how long one of an output takes.

    Args:
        playback: ask for the latter.
    """

    def __init__(self, *, playback: bool = False) -> None:
        self._mode = _PLAYBACK if playback else _CAPTURE
        self._get_range = ctypes.CDLL("libjack.so.0").jack_port_get_latency_range
        self._range = _LatencyRange()

    def frames(self, port: Any) -> int:
        """Its latency, samples; the longest way where several meet."""
        self._get_range(ctypes.c_void_p(_address(port)), self._mode, ctypes.byref(self._range))
        return int(self._range.most)


def _address(wrapped: Any) -> int:
    """JACK-Client wraps neither the server's clock nor latencies, so its own pointer must be used."""
    library = importlib.import_module("jack")
    return int(library._ffi.cast("uintptr_t", wrapped._ptr))  # noqa: SLF001 - see above


def _quiet(message: str) -> None:
    del message


def _first_line(problem: Exception) -> str:
    return str(problem).strip().splitlines()[0] if str(problem).strip() else type(problem).__name__
