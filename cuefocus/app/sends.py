"""What a show tells others, on a rig: compiled to bytes and moments, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from cuefocus.anchors.act_anchors import NO_ANCHORS, ActAnchors
from cuefocus.engine.sends import CueWord, Relay, Sends, TimedWord
from cuefocus.engine.sends import Word as Sent
from cuefocus.errors import CueFocusError
from cuefocus.files.complaint import Complaint, Loc
from cuefocus.files.load import Loaded
from cuefocus.files.strict import Findings
from cuefocus.files.validate import did_you_mean
from cuefocus.motion.check import mark_rings, ms_text
from cuefocus.motion.compiled import CompiledShow
from cuefocus.motion.moments import ActTime
from cuefocus.motion.planner import longest_until_sharp_ns
from cuefocus.rig.models import Rig
from cuefocus.rig.receivers import Receiver
from cuefocus.show.models import Act, Cue, Show
from cuefocus.show.tells import RECEIVER_OF, Send, Tell, When, Word
from cuefocus.timebase.frames import FrameRate
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.http_call import Call, call_bytes
from cuefocus.wire.machine_control import transport_message
from cuefocus.wire.midi_show import FORMATS
from cuefocus.wire.midi_show_bytes import msc_message
from cuefocus.wire.midi_voice import MOST, ControlValue, NoteOn, ProgramCall, voice_message
from cuefocus.wire.osc import OscMessage, write_message

NOTE_NS: Final = 50 * NS_PER_MS
"""How long a note is held."""
_TOLD_FROM_NS: Final = NS_PER_MS // 2
"""What is less late than that is told as 0 ms late."""


def sends_of(show: Show, rig: Rig, anchors: Mapping[str, ActAnchors]) -> Sends:
    """All that can be sent. What names no receiver that could take it, or no moment, is left out: `check` says so."""
    receivers = {one.id: one for one in rig.network.receivers}
    cues: dict[str, tuple[CueWord, ...]] = {}
    for cue in show.cues:
        words = [
            CueWord(one.when, one.offset.ns(_rate(show, cue)) or 0, _compiled(one, receivers[one.to]))
            for one in cue.tell
            if not _mismatch(one, receivers)
        ]
        if words:
            cues[cue.cue] = tuple(words)
    timed: dict[str, list[TimedWord]] = {}
    for send in show.sends:
        act = show.act_by_id.get(send.act or "")
        if act is None or _mismatch(send, receivers):
            continue
        try:
            show_ns = _show_ns(show, act, anchors, send)
        except CueFocusError:
            continue
        timed.setdefault(act.act, []).append(TimedWord(show_ns, send.text, _compiled(send, receivers[send.to])))
    relays = tuple(
        Relay(one.id, _latency_ns(one), one.stream)
        for one in rig.network.receivers
        if one.kind == "artnet" and one.timecode
    )
    return Sends(
        cues, {act: tuple(sorted(words, key=lambda word: word.show_ns)) for act, words in timed.items()}, relays
    )


def send_complaints(
    show: Loaded[Show], rig: Rig, compiled: CompiledShow, anchors: Mapping[str, ActAnchors]
) -> Iterator[Complaint]:
    """What show and rig together say of them."""
    receivers = {one.id: one for one in rig.network.receivers}
    for loc, severity, problem, hint in _findings(show.value, receivers, compiled, anchors):
        yield show.located.complaint(loc, problem, hint, severity=severity)


def _findings(
    show: Show, receivers: Mapping[str, Receiver], compiled: CompiledShow, anchors: Mapping[str, ActAnchors]
) -> Findings:
    marks = {
        camera: tuple(mark_rings(show, camera, lens_map).values()) for camera, lens_map in compiled.lens_maps.items()
    }
    for index, cue in enumerate(show.cues):
        for number, tell in enumerate(cue.tell):
            here: Loc = ("cues", index, "tell", number)
            if (wrong := _mismatch(tell, receivers)) is not None:
                yield (*here, "to"), "error", *wrong
            elif cue.triggered and (why := _too_soon(show, cue, tell, receivers[tell.to], compiled, marks)):
                yield here, "warning", why, "land later (land_after), or tell it at another moment (offset)"
    for number, send in enumerate(show.sends):
        if (wrong := _mismatch(send, receivers)) is not None:
            yield ("sends", number, "to"), "error", *wrong
        act = show.act_by_id.get(send.act or "")
        if act is not None:
            try:
                _show_ns(show, act, anchors, send)
            except CueFocusError as error:
                yield ("sends", number), "error", error.sentence, error.hint


def _mismatch(word: Word, receivers: Mapping[str, Receiver]) -> tuple[str, str] | None:
    """Why a word cannot be told to whom it names, and the cure; None if it can."""
    receiver = receivers.get(word.to)
    if receiver is None:
        known = ", ".join(receivers) or "none"
        hint = did_you_mean(word.to, receivers) or "name it in the rig, under network: {receivers: [...]}"
        return f"no receiver {word.to!r} in the rig; have {known}", hint
    if receiver.kind == RECEIVER_OF[word.kind]:
        return None
    if receiver.kind == "artnet":
        return f"{word.to} is sent timecode by Art-Net, and no {word.kind}", "name a receiver by osc, midi or http"
    return (
        f"{word.to} is told by {receiver.kind}, and cannot be told {word.kind}",
        f"name one by {RECEIVER_OF[word.kind]}",
    )


def _too_soon(
    show: Show,
    cue: Cue,
    tell: Tell,
    receiver: Receiver,
    compiled: CompiledShow,
    marks: Mapping[str, Sequence[float]],
) -> str:
    """Why a triggered cue's word cannot take effect at its moment, or empty."""
    soonest_ns = _soonest_ns(cue, tell.when, compiled, marks.get(cue.camera, ()))
    if soonest_ns is None:
        return ""
    offset_ns = tell.offset.ns(_rate(show, cue)) or 0
    late_ns = _latency_ns(receiver) - soonest_ns - offset_ns
    if late_ns < _TOLD_FROM_NS:
        return ""
    moment = {"fire": "the trigger", "departure": "its departure", "landing": "its landing"}[tell.when]
    after = "its moment" if offset_ns else moment
    takes = "may take" if cue.land_on is not None and tell.when != "fire" else "takes"
    return f"{receiver.id} takes {ms_text(_latency_ns(receiver))}: this {takes} effect {ms_text(late_ns)} after {after}"


def _soonest_ns(cue: Cue, when: When, compiled: CompiledShow, marks: Sequence[float]) -> int | None:
    """How long after its trigger a cue's moment comes at the soonest, ns; None where only its firing tells.

    It leaves as late as its pull allows, and no sooner than the motor can: how late, the mark it comes from decides.
    """
    if when == "fire":
        return 0
    request, spec = compiled.requests.get(cue.cue), compiled.specs.get(cue.axis_name)
    if request is None or spec is None:
        return None
    lands_ns, pull_ns = request.land_after_ns, request.pull_ns
    if lands_ns is None and pull_ns is not None and cue.land_after is None:
        lands_ns = pull_ns + spec.lead_ns
    if lands_ns is None or when == "landing":
        return lands_ns
    if pull_ns is None:
        return None
    return max(spec.dead_ns, lands_ns - longest_until_sharp_ns(request, pull_ns, marks))


def _rate(show: Show, cue: Cue) -> FrameRate:
    """How frames of a cue's offsets count."""
    act = show.act_by_id.get(cue.act or "")
    return show.rate_of(act) if act is not None else show.rate


def _latency_ns(receiver: Receiver) -> int:
    return round(receiver.latency_ms * NS_PER_MS)


def _show_ns(show: Show, act: Act, anchors: Mapping[str, ActAnchors], send: Send) -> int:
    """When a word is to take effect, the act's offset in it. Raises: CueFocusError saying what is not there."""
    rate = show.rate_of(act)
    time = ActTime(show, act, anchors.get(act.act, NO_ANCHORS), rate, show.start_show_ns(act))
    return time.show_ns(send) + (act.offset.ns(rate) or 0)


def _compiled(word: Word, receiver: Receiver) -> Sent:
    return Sent(word.to, word.what, _parts(word, receiver), _latency_ns(receiver))


def _parts(word: Word, receiver: Receiver) -> tuple[tuple[int, bytes], ...]:
    """The bytes, each with ns after the word's moment."""
    if word.osc is not None:
        return ((0, write_message(OscMessage(word.osc.text, tuple(one.value for one in word.args)))),)
    if word.http is not None and receiver.http is not None:
        return ((0, call_bytes(Call(word.http.method, receiver.http.text + word.http.path, word.body))),)
    if word.msc is not None:
        command_format = FORMATS[receiver.msc_format]
        return ((0, msc_message(word.msc.command, device=receiver.msc_device, command_format=command_format)),)
    if word.mmc is not None:
        return ((0, transport_message(word.mmc.text, device=receiver.mmc_device)),)
    if word.note is not None:
        number, channel = word.note.number, word.note.channel or 1
        pressed, released = NoteOn(number, channel, MOST), NoteOn(number, channel, 0)
        return (0, voice_message(pressed)), (NOTE_NS, voice_message(released))
    if word.cc is not None:
        return ((0, voice_message(ControlValue(word.cc.number, word.cc.channel, word.cc.value))),)
    if word.program is not None:
        return ((0, voice_message(ProgramCall(word.program.number, word.program.channel or 1))),)
    return ()
