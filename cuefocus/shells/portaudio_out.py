"""Sound out to a sound card by PortAudio: one channel of it, and a callback that only copies."""

from typing import Any, Final

from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import now_ns
from cuefocus.shells.library_noise import libraries_unheard
from cuefocus.shells.play_ring import PlayRing
from cuefocus.shells.portaudio_list import audio_module, leave_jack_alone, sound_outputs
from cuefocus.shells.sound_device import SoundDevice, the_one
from cuefocus.shells.sound_out import Heard
from cuefocus.timebase.units import NS_PER_S

_BLOCK_SAMPLES: Final = 512
_SILENT_NS: Final = NS_PER_S
_LATEST_S: Final = 2.0


class PortAudioOut:
    """Plays until it is closed.

    Args:
        device: `audio:NAME#CHANNEL`, a part of a name that fits one output alone; nothing: the system's own choice.
            Without a channel it is the first; the others are silent.
        ring: what is played.

    Raises: DeviceError when library or device is missing or refuses, InputError when the name fits none or several.
    """

    def __init__(self, device: SoundDevice, ring: PlayRing) -> None:
        self._ring = ring
        leave_jack_alone()
        with libraries_unheard():
            library = audio_module()
            outputs = sound_outputs(library)
        if not outputs:
            raise DeviceError("there is no sound output", where=str(device), hint="plug one in")
        if device.name:
            try:
                name = the_one(device.name, [each.name for each in outputs], what="sound output")
            except InputError as problem:
                raise InputError(problem.sentence, where=str(device), hint=problem.hint) from None
            chosen = next(each for each in outputs if each.name == name)
        else:
            own = library.default.device[1]
            chosen = next((each for each in outputs if each.index == own), outputs[0])
        self._channel = device.channel or 0
        if self._channel >= chosen.channels:
            sentence = f"has no channel {self._channel + 1}; it has {chosen.channels}"
            raise InputError(sentence, where=chosen.name, hint="channels count from 1")
        self.name = f"{chosen.name}, channel {self._channel + 1}"
        self.losses = 0
        self._channels = self._channel + 1
        self._silence = memoryview(bytes(1 << 20))
        self._sample = 0
        self._begin: int | None = None
        self._newest: Heard | None = None
        self._called_ns = now_ns()
        try:
            self._stream = library.RawOutputStream(
                device=chosen.index,
                channels=self._channels,
                samplerate=chosen.sample_rate,
                blocksize=_BLOCK_SAMPLES,
                dtype="float32",
                callback=self._called,
            )
            self.sample_rate = round(float(self._stream.samplerate))
            self._stream.start()
        except library.PortAudioError as problem:
            reason = str(problem.args[0]) if problem.args else "no reason given"
            hint = "is another program using it? Does it have this sample rate?"
            raise DeviceError(f"cannot be opened: {reason}", where=chosen.name, hint=hint) from None

    def heard(self) -> Heard | None:
        """The newest moment that is known; None before the device has called."""
        return self._newest

    def begin(self, sample: int) -> None:
        """Play place 0 of the ring as the device's `sample`."""
        self._begin = sample

    def look(self) -> None:
        """Raises DeviceError when the device is gone."""
        if not self._stream.active or now_ns() - self._called_ns > _SILENT_NS:
            raise DeviceError("takes no more sound: is it unplugged?", where=self.name, hint="plug it in again")

    def close(self) -> None:
        """Let go of the device, when it has played what it has."""
        self._stream.stop(ignore_errors=True)
        self._stream.close(ignore_errors=True)

    def _called(self, data: Any, frames: int, times: Any, status: Any) -> None:
        """In PortAudio's thread."""
        at_ns = now_ns()
        self._called_ns = at_ns
        ahead_s = times.outputBufferDacTime - times.currentTime
        if not 0.0 <= ahead_s < _LATEST_S:
            ahead_s = 0.0  # an interface that keeps no times
        view = memoryview(data).cast("B")
        view[:] = self._silence[: len(view)]
        begin = self._begin
        place = self._sample - begin if begin is not None else -frames
        if status.output_underflow and place > 0:  # while it starts, everybody has some
            self.losses += 1
        self._ring.take(place, view.cast("f")[self._channel :: self._channels])
        self._newest = Heard(self._sample, at_ns + round(ahead_s * NS_PER_S))
        self._sample += frames
