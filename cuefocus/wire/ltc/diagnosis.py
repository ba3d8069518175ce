"""What is wrong with a timecode signal, in plain words, from what its channels show.

The decoder reads through most of it; a person wants to know all the same, before the show, and what to turn.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.twin_rates import CRYSTAL
from cuefocus.wire.ltc.rate import InferredRate, infer_rate
from cuefocus.wire.ltc.symptoms import Symptoms

Severity = Literal["error", "warning", "note"]
Kind = Literal[
    "healthy", "silence", "not timecode", "damaged", "too low", "clipped", "hum", "wrong channel", "differentiated",
    "wrong rate", "speed", "noisy", "gaps", "band-limited",
]  # fmt: skip

_LOW_DBFS: Final = -40.0
"""Below it a converter of 16 bits, or a channel strip's noise, begins to matter; other readers lose it here."""
_CLIPPED: Final = 0.001
_HUM: Final = 0.1
_HEAVY_HUM: Final = 0.5
_SPIKY: Final = 0.6  # behind a low cut at 1 kHz 0.68 is left, at 2 kHz 0.47
_MOSTLY_MATCHED: Final = 0.5
_DULL: Final = 0.005  # 0.011 behind four poles at 3 kHz, 0.003 at 2 kHz, 0.0002 at 1 kHz
_MOSTLY_BITS: Final = 0.7
_WIDER: Final = "give it a wider path: no telephone line or speech codec, no worn or slow tape, no equaliser"
_WHOLE: Final = 0.9
_VARISPEED: Final = 0.002  # design §4: what speed 1 lets pass
_DAMAGED_SYNCS_PER_S: Final = 2.0  # random edges make a sixteenth of that


@dataclass(frozen=True, slots=True)
class Ailment:
    """One thing found.

    Args:
        severity: an `error` is not followed, a `warning` may fail in the show, a `note` is for the record.
        problem: what is heard. hint: what to do; empty where nothing is to be done.
    """

    severity: Severity
    kind: Kind
    problem: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the rig and the show say.

    Args:
        channel: counted from 0; None: any.
        rates: of the show's acts; empty: not known.
    """

    channel: int | None = None
    rates: tuple[FrameRate, ...] = ()


def diagnose(
    channels: Sequence[Symptoms], seconds: float, sample_rate: int, expected: Expected | None = None
) -> list[Ailment]:
    """All that is found, in the order in which a person would look.

    Args:
        channels: one or more.
        seconds: of sound they were taken from.
        sample_rate: samples per second.
        expected: what the rig and the show say; None: nothing.
    """
    expected = expected or Expected()
    best = max(range(len(channels)), key=lambda index: (round(channels[index].quality, 2), channels[index].level_dbfs))
    if not channels[best].frames:
        heard = expected.channel if expected.channel is not None and expected.channel < len(channels) else None
        return [_no_timecode(channels, heard, seconds)]
    found: list[Ailment] = []
    wanted = expected.channel
    if wanted is not None and wanted != best and (wanted >= len(channels) or not channels[wanted].frames):
        there = "nothing but silence" if wanted >= len(channels) else _sound_of(channels[wanted])
        found.append(
            Ailment(
                "error",
                "wrong channel",
                f"LTC is on channel {best + 1}, {wanted + 1} is configured, where there is {there}",
                f"write channel: {best + 1}, or leave it out",
            )
        )
    elif wanted is not None:
        best = wanted
    channel = channels[best]
    found += _signal(channel, seconds, sample_rate)
    found += _rates(channel, sample_rate, expected.rates)
    if not any(ailment.severity != "note" for ailment in found):
        found.insert(0, _healthy(channel, best, sample_rate, single=len(channels) == 1))
    return found


def _signal(channel: Symptoms, seconds: float, sample_rate: int) -> Iterator[Ailment]:
    if channel.level_dbfs < _LOW_DBFS:
        problem = f"too low: {channel.level_dbfs:.0f} dBFS"
        yield Ailment("warning", "too low", problem, "turn it up to about −12 dBFS at the player or the input")
    if channel.clipped > _CLIPPED:
        problem = f"clipped: {100 * channel.clipped:.1f} % of the samples stand at full scale"
        yield Ailment("warning", "clipped", problem, "turn it down by 6 dB or more at the player or the input")
    if channel.hum > _HUM:
        severity: Severity = "warning" if channel.hum > _HEAVY_HUM else "note"
        problem = f"hum: {100 * channel.hum:.0f} % of the power is {channel.hum_hz:.0f} Hz and its harmonics"
        yield Ailment(severity, "hum", problem, "balanced cable, an isolating transformer, one earth for both ends")
    if channel.treble < _DULL:
        yield Ailment("warning", "band-limited", "band-limited: the high end of the timecode is missing", _WIDER)
    elif channel.fullness < _SPIKY:
        problem = "differentiated: little but the edges is left of the square wave"
        yield Ailment(
            "note", "differentiated", problem, "a line input instead of a microphone's; no phantom power, no low cut"
        )
    elif channel.matched_share > _MOSTLY_MATCHED and channel.hum <= _HUM:
        problem = f"noisy: {100 * channel.matched_share:.0f} % of the frames are read by matched filters alone"
        yield Ailment("warning", "noisy", problem, "more level at the player, a shorter or better cable, no compressor")
    covered = sum(frame.samples_per_frame for frame in channel.frames) / (seconds * sample_rate)
    if covered < _WHOLE:
        problem = f"timecode for {100 * covered:.0f} % of the {seconds:.0f} s only"
        yield Ailment("note", "gaps", problem, "did playback stop? Otherwise look for a loose contact")


def _rates(channel: Symptoms, sample_rate: int, rates: Sequence[FrameRate]) -> Iterator[Ailment]:
    heard = infer_rate(channel.frames, sample_rate)
    if rates and not any(_counts_alike(heard.rate, rate) for rate in rates):
        said = " or ".join(dict.fromkeys(rate.name for rate in rates))
        problem = f"wrong rate: labels say {heard.rate.name}, the show says {said}"
        yield Ailment("error", "wrong rate", problem, f"set the player to {said}, or write rate: {heard.rate.name!r}")
        return
    if rates and heard.certain:
        fits = [rate for rate in rates if _counts_alike(heard.rate, rate)]
        if all(abs(_speed_at(heard, rate) - 1.0) > CRYSTAL for rate in fits) and abs(heard.speed - 1.0) < CRYSTAL:
            problem = f"wrong rate: it runs at {heard.rate.name} frames a second, the show says {fits[0].name}"
            hint = f"set the player to {fits[0].name}, or write rate: {heard.rate.name!r}"
            yield Ailment("warning", "wrong rate", problem, hint)
            return
    backwards = sum(frame.direction < 0 for frame in channel.frames) * 2 > len(channel.frames)
    if backwards:
        yield Ailment("warning", "speed", "it plays backwards", "play it forwards")
    elif abs(heard.speed - 1.0) > _VARISPEED:
        problem = f"it plays at {heard.speed:.3f} times its speed"
        yield Ailment("warning", "speed", problem, "set the player to normal speed, or write the act's `speed`")


def _counts_alike(heard: FrameRate, said: FrameRate) -> bool:
    """Labels alone tell no more than how many there are in a second, and whether some are dropped."""
    return heard.word_nominal == said.word_nominal and heard.drop == said.drop


def _speed_at(heard: InferredRate, rate: FrameRate) -> float:
    return heard.speed * float(heard.rate.fps / heard.rate.pair / (rate.fps / rate.pair))


def _no_timecode(channels: Sequence[Symptoms], wanted: int | None, seconds: float) -> Ailment:
    """Nothing was read: say what is there instead, on the configured channel or the loudest."""
    index = wanted if wanted is not None else max(range(len(channels)), key=lambda each: channels[each].level_dbfs)
    channel = channels[index]
    where = f" on channel {index + 1}" if len(channels) > 1 and wanted is not None else ""
    if channel.treble < _DULL and channel.bits_share > _MOSTLY_BITS and channel.character == "something steady":
        problem = (
            f"if this is timecode{where}, its high end is missing: too much is lost to tell one digit from another"
        )
        return Ailment("error", "band-limited", problem, _WIDER)
    most_syncs = max(each.syncs for each in channels)
    if all(each.character == "silence" for each in channels) or (wanted is not None and channel.character == "silence"):
        hint = "does the player play? Is it the right cable, input and channel, and is nothing muted?"
        return Ailment("error", "silence", f"silence{where}", hint)
    if most_syncs > _DAMAGED_SYNCS_PER_S * seconds:
        hint = (
            "take another cable or copy; turn off compressors, noise reduction, equalisers and sample-rate conversion"
        )
        return Ailment("error", "damaged", "something like timecode is there, too damaged to believe", hint)
    hint = "is this the timecode track? `cuefocus ports` lists the other inputs"
    return Ailment("error", "not timecode", f"no timecode{where}: it sounds like {_sound_of(channel)}", hint)


def _sound_of(channel: Symptoms) -> str:
    loud = f" at {channel.level_dbfs:.0f} dBFS"
    if channel.character == "silence":
        return "silence"
    if channel.hum > _HEAVY_HUM:
        return f"{channel.hum_hz:.0f} Hz hum{loud}"
    return f"a {channel.character}{loud}" if channel.character == "tone" else f"{channel.character}{loud}"


def _healthy(channel: Symptoms, index: int, sample_rate: int, *, single: bool) -> Ailment:
    heard = infer_rate(channel.frames, sample_rate)
    last = channel.frames[-1].label.text(heard.rate if heard.rate.pair == 1 else None)
    where = "" if single else f" on channel {index + 1}"
    return Ailment(
        "note",
        "healthy",
        f"LTC{where} at {heard.rate.name} frames a second, {channel.level_dbfs:.0f} dBFS, lock quality"
        f" {channel.quality:.2f}, read by {channel.frames[-1].front_end}; last {last}",
    )
