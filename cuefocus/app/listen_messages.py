"""`doctor --listen midi:PORT`, `clock:PORT` and `artnet:ADDRESS`: what arrives, and what is wrong with it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cuefocus.app.doctor import Finding
from cuefocus.app.listen_clock import clock_findings
from cuefocus.app.listen_lateness import LATE_MS, lateness_ms
from cuefocus.chase.voices import OneVoice, Voice
from cuefocus.shells.message_device import ARTNET, CLOCK, MIDI, THIS_MACHINE, art_net_address, clock_port, midi_port
from cuefocus.shells.message_tap import catch_art_net, catch_midi
from cuefocus.shells.message_turns import Message
from cuefocus.timebase.frames import FrameRate, Timecode
from cuefocus.wire.artnet import ArtNetDecoder, ArtTimeCode
from cuefocus.wire.events import Glitch
from cuefocus.wire.mtc.decoder import MtcDecoder
from cuefocus.wire.mtc.word import PIECES_PER_FRAME, MtcLocate, MtcWord

_TORN_SHARE: Final = 0.05
Words = list[tuple[Timecode, FrameRate]]


@dataclass(slots=True)
class Told:
    """What was understood of a stretch of messages.

    Args:
        words: labels and their rates, in order.
        stamps_ns: of the messages that carried them, by number of their step.
        torn: what was no timecode or not whole.
        others: messages that are something else.
        rivals: who else sends, in a sentence; empty for nobody.
        locates: places told without motion.
    """

    words: Words = field(default_factory=list)
    stamps_ns: list[tuple[float, int]] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    others: int = 0
    rivals: str = ""
    locates: int = 0


def is_messages(text: str) -> bool:
    """Whether `text` names timecode that comes as messages."""
    return text.startswith((MIDI, CLOCK, ARTNET))


def listen_to_messages(source: str, seconds: float) -> list[Finding]:
    """What is found on a MIDI port or on Art-Net's; the timecode first.

    Raises: InputError for a source that cannot be meant, DeviceError for one that cannot be opened.
    """
    if source.startswith(CLOCK):
        caught = catch_midi(clock_port(source, where="--listen")[0], seconds, called=source)
        return [*clock_findings(caught.messages), Finding("note", "source", f"{caught.text}, {seconds:.1f} s heard")]
    if source.startswith(MIDI):
        caught = catch_midi(midi_port(source, where="--listen"), seconds)
        name, told = "MIDI timecode", understood_midi(caught.messages)
        silent = "check the cable, and that MTC output is on in the player"
    else:
        address, sender = art_net_address(source, where="--listen")
        caught = catch_art_net(address, seconds)
        name, told = "Art-Net timecode", understood_art_net(caught.messages, sender)
        silent = "check the sender's address and this machine's firewall (UDP port 6454)"
        if address == THIS_MACHINE:
            silent = "only this machine is listened to: write artnet: and your address on the lighting network"
    found = findings(name, told, len([one for one in caught.messages if one.data]), silent)
    return [*found, Finding("note", "source", f"{caught.text}, {seconds:.1f} s heard")]


def understood_midi(messages: Iterable[Message]) -> Told:
    """MIDI timecode in a port's messages."""
    told, decoder, frames = Told(), MtcDecoder("doctor"), 0
    for message in messages:
        quarter = message.data[:1] == b"\xf1"
        told.others += not quarter and message.data[:2] != b"\xf0\x7f"
        for found in decoder.feed(message.data, message.stamp_ns):
            if isinstance(found, MtcWord):
                first = told.words[0][0].frame_number(found.rate) if told.words else found.frame
                frames = (found.frame - first) * found.direction
                parts = enumerate(found.stamps_ns)
                told.stamps_ns += [(frames + part / PIECES_PER_FRAME, stamp_ns) for part, stamp_ns in parts]
                told.words.append((found.label, found.rate))
            elif isinstance(found, MtcLocate):
                told.locates += 1
                told.words.append((found.label, found.rate))
            elif isinstance(found, Glitch):
                told.torn.append(found.reason)
    return told


def understood_art_net(messages: Iterable[Message], sender: str = "") -> Told:
    """Art-Net timecode in datagrams, of one sender: that one, or the first that is heard."""
    told, decoder, voices = Told(), ArtNetDecoder("doctor"), OneVoice("Art-Net timecode", host=sender)
    for message in messages:
        found = decoder.feed(message.data, message.stamp_ns) if message.data else None
        if isinstance(found, ArtTimeCode):
            if not voices.heeds(Voice(message.sender, message.port, found.stream), message.stamp_ns):
                continue
            told.rivals = told.rivals or voices.news(message.stamp_ns)
            number = found.label.frame_number(found.rate)
            first = told.words[0][0].frame_number(found.rate) if told.words else number
            told.stamps_ns.append((float(number - first), message.stamp_ns))
            told.words.append((found.label, found.rate))
        elif isinstance(found, Glitch):
            told.torn.append(found.reason)
    told.others = decoder.others
    return told


def findings(name: str, told: Told, arrived: int, silent: str) -> list[Finding]:
    """What was understood, in words.

    Args:
        name: what was listened for.
        told: what was understood.
        arrived: how many messages came.
        silent: what to do where nothing comes.
    """
    if not arrived:
        return [Finding("error", "signal", "nothing arrives", silent)]
    if not told.words:
        torn = f", and {len(told.torn)} that could not be read ({told.torn[-1]})" if told.torn else ""
        problem = f"{arrived} messages, but no {name}{torn}"
        return [Finding("error", "signal", problem, "turn timecode output on in the player")]
    found: list[Finding] = []
    if told.rivals:
        found.append(Finding("warning", "signal", told.rivals, "write artnet:ADDRESS#SENDER to follow another"))
    (first, rate), (last, _) = told.words[0], told.words[-1]
    if len({each.name for _, each in told.words}) > 1:
        found.append(Finding("warning", "signal", "its rate changes", "is there more than one sender?"))
    if told.locates == len(told.words) and first != last:
        problem = f"{name} comes as full frames alone, {first.text(rate)} to {last.text(rate)}: places, but no motion"
        hint = "let the sender send quarter frames, and full frames only where it locates"
        return [*found, Finding("error", "signal", problem, hint)]
    if first == last:
        problem = f"{name} stands still at {first.text(rate)}"
        return [*found, Finding("warning", "signal", problem, "let the player run")]
    late_ms, worst_ms = lateness_ms(told.stamps_ns)
    counted = f"{name} counted at {rate.name} frames a second, {first.text(rate)} to {last.text(rate)}"
    found.append(
        Finding(
            "note", "signal", f"{counted}; half of it comes up to {late_ms:.2f} ms late, at worst {worst_ms:.2f} ms"
        )
    )
    if worst_ms > LATE_MS:
        hint = "a cable instead of a network or Wi-Fi; fewer programs on the sender"
        found.append(Finding("warning", "signal", f"messages are held up by up to {worst_ms:.0f} ms", hint))
    if len(told.torn) > _TORN_SHARE * len(told.words):
        problem = f"{len(told.torn)} words were torn ({told.torn[-1]})"
        found.append(Finding("warning", "signal", problem, "one sender at a time on this port; check the cable"))
    return found
