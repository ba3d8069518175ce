"""`--source`, or the rig's own: a sound file that plays, or live sound that is listened to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cuefocus.app.sound_choice import SoundChoice, choose_sound
from cuefocus.rig.models import Rig, Source
from cuefocus.shells.sound_device import SoundDevice, is_live, parse_device


@dataclass(frozen=True, slots=True)
class LiveChoice:
    """What is listened to.

    Args:
        source: id of the source it stands for; its `latency_ms` is taken off by the chase.
    """

    source: str
    device: SoundDevice


def choose_source(
    given: str, rig: Rig, rig_path: Path, *, warn: Callable[[str], object] = lambda _: None
) -> SoundChoice | LiveChoice:
    """What `--source` names, or the rig's first source by priority that can be heard today.

    Args:
        given: `file:X.wav`, `jack:PORT`, `audio:DEVICE#3`; empty for the rig's own.
        rig: its first source by priority is what `--source` stands for.
        rig_path: files in the rig are named from its folder.
        warn: told, in a sentence, if a file is not whole.

    Raises: InputError when there is nothing to follow, SoundFileError when a file cannot be, or holds no timecode.
    """
    ordered = sorted(rig.sources, key=lambda source: source.priority)
    if is_live(given):
        return LiveChoice(ordered[0].id if ordered else "timecode", parse_device(given))
    if not given:
        own = next((source for source in ordered if source.device and source.kind in ("ltc", "file")), None)
        if own is not None and own.kind == "ltc" and own.id == ordered[0].id:
            return LiveChoice(own.id, device_of(own, str(rig_path)))
    return choose_sound(given, rig, rig_path, warn=warn)


def device_of(source: Source, where: str) -> SoundDevice:
    """The device of an `ltc` source in a rig. A name without `jack:` is a sound card's.

    A channel written beside it counts; one that nobody wrote leaves the choice to lock quality.

    Raises: InputError when it names none.
    """
    text = source.device or ""
    device = parse_device(text if is_live(text) else f"audio:{text}", where=f"{where}: sources.{source.id}.device")
    if device.server == "audio" and device.channel is None and "channel" in source.model_fields_set:
        return SoundDevice(device.server, device.name, source.channel - 1)
    return device
