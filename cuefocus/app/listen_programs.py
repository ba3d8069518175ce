"""`doctor --listen reaper:PORT`, `ableton:HOST`, `link:`: what a playback program says, and what is wrong with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from cuefocus.app.doctor import Finding
from cuefocus.app.listen_lateness import lateness_ms
from cuefocus.app.stated_doubt import CURE, doubt
from cuefocus.shells.ableton_inlet import AbletonInlet
from cuefocus.shells.message_tap import catch_datagrams, catch_link
from cuefocus.shells.message_turns import Message
from cuefocus.shells.program_device import (
    ABLETON,
    ABLETON_ANSWERS,
    LINK,
    PROGRAMS,
    ableton_program,
    link_act,
    own_ipv4_towards,
    reaper_port,
)
from cuefocus.shells.udp_inlet import UdpInlet
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.ableton import AbletonDecoder, SongPlays, SongTempo
from cuefocus.wire.events import Glitch
from cuefocus.wire.link import LinkMoment, link_moment
from cuefocus.wire.osc import read_packet
from cuefocus.wire.reaper import ReaperDecoder, ReaperPosition, ReaperTransport, tells_of_playback

_RARE_S: Final = 0.15
_FEW: Final = 5
Places = list[tuple[float, int]]


@dataclass(slots=True)
class Said:
    """What a program said in a while.

    Args:
        places: seconds of the project, or quarters of the song, and the stamps of their messages.
        labels: of those that came with them.
        words: what was said of the transport.
        torn: what could not be read.
        others: addresses that say nothing of time.
        senders: who spoke.
        ports: of the first of them, where it spoke by several: so many programs did.
    """

    places: Places = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    others: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()


def is_program(text: str) -> bool:
    """Whether `text` names a program that is listened to."""
    return text.startswith(PROGRAMS)


def listen_to_program(source: str, seconds: float) -> list[Finding]:
    """What a program says; its position first.

    Raises: InputError for a source that cannot be meant, DeviceError for one that cannot be opened.
    """
    if source.startswith(ABLETON):
        return _listen_to_live(source, seconds)
    if source.startswith(LINK):
        link_act(source, where="--listen")
        return [*link_findings([link_moment(one.data) for one in catch_link(seconds).messages])]
    heard = reaper_port(source, where="--listen")
    caught = catch_datagrams(UdpInlet(heard), seconds)
    silent = (
        f"in REAPER: Preferences, Control/OSC/web, Add, OSC; device IP this machine's, device port {heard.port}; "
        f"let it play; only {heard.address} is listened to"
    )
    found = program_findings("REAPER", understood_reaper(caught.messages), silent, "s")
    return [*found, _doubted("reaper"), Finding("note", "source", f"{caught.text}, {seconds:.1f} s heard")]


def _listen_to_live(source: str, seconds: float) -> list[Finding]:
    asked = ableton_program(source, where="--listen")
    caught = catch_datagrams(AbletonInlet(asked, own_ipv4_towards(asked.host)), seconds)
    silent = (
        f"is Live running at {asked.host}, with AbletonOSC among its control surfaces (Preferences, Link Tempo MIDI)? "
        f"does a firewall hold back UDP ports {asked.port} and {ABLETON_ANSWERS}?"
    )
    found = program_findings("Live", understood_live(caught.messages), silent, "quarters")
    return [*found, _doubted("ableton"), Finding("note", "source", f"{caught.text}, {seconds:.1f} s heard")]


def understood_live(messages: Sequence[Message]) -> Said:
    """AbletonOSC's answers in datagrams."""
    said, decoder = Said(), AbletonDecoder("doctor")
    for message in messages:
        for found in decoder.feed(message.data, message.stamp_ns):
            if isinstance(found, Glitch):
                said.torn.append(found.reason)
            elif isinstance(found, SongPlays):
                said.words.append("Live plays" if found.playing else "Live does not play")
            elif isinstance(found, SongTempo):
                said.words.append(f"its tempo is {found.bpm:.1f} beats a minute")
            elif not found.whole:
                said.places.append((float(found.quarters), found.stamp_ns))
    said.others = tuple(decoder.addresses)
    said.senders = _senders(messages)
    return said


def link_findings(moments: Sequence[LinkMoment | None]) -> list[Finding]:
    """What a Link session says, in words."""
    known = [moment for moment in moments if moment is not None]
    if not known:
        problem, hint = "no other program is in the Link session of this network", "turn Link on in the program"
        return [Finding("error", "signal", problem, f"{hint}; multicast must reach this machine (UDP port 20808)")]
    last = known[-1]
    others = "1 other program" if last.peers == 1 else f"{last.peers} other programs"
    found = [Finding("note", "signal", f"a Link session with {others}, at {last.bpm:.1f} beats a minute")]
    sync = "turn on start and stop sync in each program; then stop and start"
    if last.quarters is not None:
        found.append(Finding("note", "signal", f"it plays, at quarter {last.quarters:.2f} of the song"))
    elif last.playing:
        problem = "it plays, but where the song is is not known: its start was not heard"
        found.append(Finding("warning", "signal", problem, sync))
    else:
        problem = "it does not play, or its programs do not share start and stop: then Link tells a tempo, no position"
        found.append(Finding("warning", "signal", problem, sync))
    return found


def understood_reaper(messages: Sequence[Message]) -> Said:
    """REAPER's feedback in datagrams; of several senders, the first one's."""
    said, decoder = Said(), ReaperDecoder("doctor")
    told = [tells_of_playback(read_packet(message.data)) for message in messages]
    voices = [(message.sender, message.port) for message, tells in zip(messages, told, strict=True) if tells]
    ports = {port for sender, port in voices if sender == voices[0][0]}
    said.ports = tuple(sorted(ports)) if 1 < len(ports) <= _FEW else ()
    for message, tells in zip(messages, told, strict=True):
        other_port = said.ports and message.port != voices[0][1]
        if tells and (message.sender != voices[0][0] or other_port):
            continue
        for found in decoder.feed(message.data, message.stamp_ns):
            if isinstance(found, Glitch):
                said.torn.append(found.reason)
            elif isinstance(found, ReaperTransport):
                said.words.append(found.word)
            elif isinstance(found, ReaperPosition):
                said.labels += [str(found.label)] if found.label is not None else []
                if found.project_ns is not None:
                    said.places.append((found.project_ns / NS_PER_S, found.stamp_ns))
    said.others = tuple(decoder.addresses)
    said.senders = _senders(messages)
    return said


def program_findings(name: str, said: Said, silent: str, unit: str) -> list[Finding]:
    """What was understood, in words.

    Args:
        name: the program.
        said: what it said.
        silent: what to do where nothing comes.
        unit: of its places.
    """
    if not said.senders:
        return [Finding("error", "signal", "nothing arrives", silent)]
    found: list[Finding] = []
    if len(said.senders) > 1:
        problem = f"{len(said.senders)} machines send to this port: {', '.join(said.senders)}"
        found.append(Finding("warning", "signal", problem, "one program at a time, each on a port of its own"))
    if said.ports:
        problem = (
            f"{len(said.ports)} programs at {said.senders[0]} send to this port, by {', '.join(map(str, said.ports))}"
        )
        found.append(Finding("warning", "signal", problem, "one program at a time, each on a port of its own"))
    if said.torn:
        problem = f"{len(said.torn)} messages could not be read ({said.torn[-1]})"
        found.append(Finding("warning", "signal", problem, "is it OSC, and nobody else sends to this port?"))
    places = _moving(said.places)
    if not said.places:
        heard = f", but addresses such as {', '.join(said.others[:_FEW])}" if said.others else ""
        alone = " It sends labels, which are not exact enough alone." if said.labels else ""
        problem = f"{name} at {said.senders[0]} says nothing of its position{heard}.{alone}"
        found.append(Finding("error", "signal", problem, "let it play; let its pattern file send TIME and FRAMES"))
    elif len(places) < _FEW:
        problem = f"{name} at {said.senders[0]} stands at {said.places[-1][0]:.3f} {unit}"
        found.append(Finding("warning", "signal", problem, "let it play"))
    else:
        found.append(_playing(name, said, places, unit))
        if not said.labels and unit == "s":
            problem = "it sends no timecode: second 0 is taken for the source's `starts`, else for 00:00:00:00"
            found.append(Finding("note", "signal", problem, "let its pattern file send FRAMES"))
        apart_s = (places[-1][1] - places[0][1]) / NS_PER_S / (len(places) - 1)
        if apart_s > _RARE_S:
            problem = f"a position comes only every {1000 * apart_s:.0f} ms"
            found.append(Finding("warning", "signal", problem, "let the program draw its screen; close heavy windows"))
    return found + [Finding("note", "signal", word, "") for word in dict.fromkeys(said.words)]


def _playing(name: str, said: Said, places: Places, unit: str) -> Finding:
    late_ms, worst_ms = lateness_ms(places)
    between = f"{places[0][0]:.3f} to {places[-1][0]:.3f} {unit}"
    counted = f", timecode {said.labels[0]} to {said.labels[-1]}" if said.labels else ""
    late = f"half of it comes up to {late_ms:.1f} ms late, at worst {worst_ms:.1f} ms"
    return Finding("note", "signal", f"{name} at {said.senders[0]} plays, {between}{counted}; {late}")


def _moving(places: Places) -> Places:
    """The longest stretch without a step back or a second look at the same place."""
    best: Places = []
    run: Places = []
    for place in places:
        if run and place[0] < run[-1][0]:
            run = []
        if not run or place[0] > run[-1][0]:
            run.append(place)
        best = run if len(run) > len(best) else best
    return best


def _senders(messages: Sequence[Message]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(message.sender for message in messages if message.data))


def _doubted(kind: str) -> Finding:
    return Finding("note", "source", doubt(kind), CURE)
