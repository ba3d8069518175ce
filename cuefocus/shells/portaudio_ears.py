"""Live sound from a sound card by PortAudio: the device by a name that lasts, and a callback that does but copy.

Stamps: PortAudio says how old the block's first sample is at the moment of the call. That moment is read from the host
clock at once, so it is late only, and what PortAudio's own clock counts from does not matter.
"""

from typing import Any, Final

from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.ears import Gone
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.portaudio_list import SoundCard, audio_module, leave_jack_alone, sound_inputs
from cuefocus.shells.sound_device import MOST_CHANNELS, SoundDevice, the_one
from cuefocus.shells.sound_ring import RingWriter, State
from cuefocus.timebase.units import NS_PER_S

_BLOCK_SAMPLES: Final = 256
_SILENT_NS: Final = NS_PER_S
"""A card that has been open and says nothing for so long was unplugged, whatever its driver says."""
_WILD: Final = 2.0
"""More than so many times its sample rate comes from no clock (ALSA's null plugin)."""
_OLDEST_S: Final = 2.0


def find_card(device: SoundDevice) -> SoundCard:
    """The one input that is meant, as `PortAudioEars` would open it; nothing is opened. Raises: as that."""
    leave_jack_alone()
    card = _chosen(audio_module(), device)
    if device.channel is not None and device.channel >= card.channels:
        problem = f"has no channel {device.channel + 1}; it has {card.channels}"
        raise InputError(problem, where=card.name, hint="channels count from 1")
    return card


class PortAudioEars:
    """Listens until the device is gone.

    Args:
        device: `audio:NAME`, a part of a name that fits one input alone; nothing: the system's own choice.
        writer: where the blocks go.

    Raises: DeviceError when library or device is missing or refuses, InputError when the name fits several.
    """

    def __init__(self, device: SoundDevice, writer: RingWriter) -> None:
        self._writer = writer
        self._input = find_card(device)
        library = audio_module()
        self._channels = min(self._input.channels, MOST_CHANNELS)
        self._sample = 0
        self._rate = self._input.sample_rate
        self._latency_ns = 0
        self._seen, self._seen_ns = -1, now_ns()
        try:
            self._stream = library.RawInputStream(
                device=self._input.index,
                channels=self._channels,
                samplerate=self._rate,
                blocksize=_BLOCK_SAMPLES,
                dtype="float32",
                latency="low",
                callback=self._called,
            )
            self._rate = round(float(self._stream.samplerate))
            writer.describe(sample_rate=self._rate, channels=self._channels)
            writer.lose(counted=False)
            self._stream.start()
        except library.PortAudioError as problem:
            reason = str(problem.args[0]) if problem.args else "no reason given"
            hint = "is another program using it? Does it have this sample rate?"
            raise DeviceError(f"cannot be opened: {reason}", where=self._input.name, hint=hint) from None

    def tend(self) -> None:
        """Say how it is. Raises Gone when nothing comes any more."""
        at_ns = now_ns()
        if self._sample != self._seen:
            new, since_ns = self._sample - max(self._seen, 0), at_ns - self._seen_ns
            if new > _WILD * self._rate * (since_ns + _SILENT_NS) / NS_PER_S:
                problem = "hands over sound faster than it can be heard: it is no sound card"
                raise DeviceError(problem, where=self._input.name, hint="name another; `cuefocus ports` lists them")
            self._seen, self._seen_ns = self._sample, at_ns
        if not self._stream.active or at_ns - self._seen_ns > _SILENT_NS:
            raise Gone(f"{self._input.name} says nothing any more: is it unplugged?")
        if self._sample:
            self._writer.note(latency_ns=self._latency_ns, clock_offset_ns=0)
            wide = "1 channel" if self._channels == 1 else f"{self._channels} channels"
            self._writer.tell(State.OPEN, f"{self._input.name}, {wide}, {self._rate} Hz")

    def close(self) -> None:
        """Let go of the device."""
        self._stream.abort(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _called(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """In PortAudio's thread."""
        at_ns = now_ns()
        age_s = times.currentTime - times.inputBufferAdcTime
        if not (times.inputBufferAdcTime > 0.0 and 0.0 <= age_s < _OLDEST_S):
            age_s = frames / self._rate  # an interface that keeps no times: it was all there just now
        self._latency_ns = round(age_s * NS_PER_S)
        if status.input_overflow:
            self._writer.lose(counted=self._sample > self._rate)  # while it starts, everybody overflows
        view = memoryview(data).cast("B").cast("f")
        self._writer.put_interleaved(view, self._channels, self._sample, at_ns - self._latency_ns)
        self._sample += frames


def _chosen(library: Any, device: SoundDevice) -> SoundCard:
    inputs = sound_inputs(library)
    if not inputs:
        raise DeviceError("there is no sound input", where=str(device), hint="plug one in; `cuefocus ports` lists them")
    if not device.name:
        own = library.default.device[0]
        return next((each for each in inputs if each.index == own), inputs[0])
    try:
        name = the_one(device.name, [each.name for each in inputs], what="sound input")
    except InputError as problem:
        raise InputError(problem.sentence, where=str(device), hint=problem.hint) from None
    return next(each for each in inputs if each.name == name)
