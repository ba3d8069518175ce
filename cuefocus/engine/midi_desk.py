"""What comes in by a MIDI cue input, as the session takes it: triggers that the show waits for, and words of a desk.

What nobody waits for is neither passed on nor journalled: a keyboard may be played beside the show. Show control that
is meant for us and leads nowhere is remarked on, because somebody sent it for a reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Self

from cuefocus.engine.ports import Command, Trigger
from cuefocus.timebase.units import NS_PER_MS
from cuefocus.wire.events import Glitch
from cuefocus.wire.machine_control import transport_of
from cuefocus.wire.midi_bytes import MidiBytes
from cuefocus.wire.midi_show import Msc, MscAddress, MscCommand, keys_of, plain_number, words_of
from cuefocus.wire.midi_show_bytes import read_msc
from cuefocus.wire.midi_voice import ControlValue, NoteOn, ProgramCall, read_voice
from cuefocus.wire.said import Said

Heard = Trigger | Command | Glitch
_EXCLUSIVE: Final = 0xF0
_BY_AXIS: Final = frozenset({"hold", "resume"})
_MOST_REMARKS: Final = 16


@dataclass(frozen=True, slots=True)
class _Press:
    """When a controller fires: `exact`, at each message with its value; else when it comes to it from below."""

    key: str
    number: int
    channel: int | None
    value: int
    exact: bool

    @classmethod
    def of(cls, key: str) -> Self:
        """From its one spelling in a show, `64@1 >= 64`. (The show's own models are too slow to load here.)"""
        place, sign, value = key.split(" ")
        number, _, channel = place.partition("@")
        return cls(key, int(number), int(channel) if channel else None, int(value), sign == "=")


class MidiDesk:
    """Reads one input.

    Args:
        source: its name, for journal, answers and glitches.
        address: for whom show control must be to be for us.
        mmc_device: our machine control id; all-call is heard beside it.
        wanted: the show's triggers, (kind, key), and the cues each fires.
        axes: triggered cues, and the axis each is on.
    """

    def __init__(
        self,
        source: str,
        address: MscAddress,
        mmc_device: int,
        wanted: Mapping[tuple[str, str], tuple[str, ...]],
        axes: Mapping[str, str],
    ) -> None:
        self._source, self._address, self._mmc_device = source, address, mmc_device
        self._wanted, self._axes = wanted, axes
        self._presses = [_Press.of(key) for kind, key in wanted if kind == "cc"]
        self._watched = {press.number for press in self._presses}
        self._numbers = tuple(_cue_numbers(wanted))
        self._named = {number for number, _, _ in self._numbers}
        self._remarks: list[str] = []
        self.restart()

    def restart(self) -> None:
        """The port was away: what was under way is forgotten, and where its controllers stand."""
        self._bytes = MidiBytes()
        self._dropped = 0
        self._values: dict[tuple[int, int], int] = {}

    def feed(self, data: bytes, stamp_ns: int) -> list[Heard]:
        """Take bytes that arrived at `stamp_ns`, host ns: any part of the stream, or whole messages."""
        heard: list[Heard] = []
        for message in self._bytes.feed(data):
            heard += self._exclusive(message, stamp_ns) if message[0] == _EXCLUSIVE else self._voice(message, stamp_ns)
        if self._bytes.dropped > self._dropped:
            lost, self._dropped = self._bytes.dropped - self._dropped, self._bytes.dropped
            heard.append(Glitch(self._source, f"{lost} bytes of MIDI that are no message", stamp_ns))
        return heard

    def remarks(self) -> list[str]:
        """What was meant for us and led nowhere, since the last call."""
        remarks, self._remarks = self._remarks, []
        return remarks

    def _remark(self, text: str) -> None:
        if len(self._remarks) < _MOST_REMARKS:
            self._remarks.append(text)

    # --- notes, controllers, programs ---

    def _voice(self, message: bytes, stamp_ns: int) -> list[Heard]:
        voice = read_voice(message)
        if voice is None:
            return []
        if isinstance(voice, ControlValue):
            return self._fired("cc", self._reached(voice), stamp_ns)
        kind = "note" if isinstance(voice, NoteOn) else "program"
        return self._fired(kind, _keys(voice), stamp_ns)

    def _reached(self, voice: ControlValue) -> Iterator[str]:
        """Keys of the controllers that this value presses. A first value comes from below: a pedal starts so."""
        if voice.number not in self._watched:
            return
        place = (voice.number, voice.channel)
        before, self._values[place] = self._values.get(place, -1), voice.value
        for press in self._presses:
            if press.number != voice.number or press.channel not in (None, voice.channel):
                continue
            if voice.value == press.value if press.exact else before < press.value <= voice.value:
                yield press.key

    # --- show and machine control ---

    def _exclusive(self, message: bytes, stamp_ns: int) -> list[Heard]:
        msc = read_msc(message, self._address, source=self._source, stamp_ns=stamp_ns)
        if isinstance(msc, Msc):
            return self._show_control(msc, stamp_ns)
        if msc is not None:
            return [msc]
        return [
            found for name in transport_of(message, self._mmc_device) for found in self._fired("mmc", (name,), stamp_ns)
        ]

    def _show_control(self, msc: Msc, stamp_ns: int) -> list[Heard]:
        """What the show waits for counts first; then cues by their own numbers."""
        msc = self._as_written(msc)
        travel_ns = msc.time.length_ms * NS_PER_MS or None if msc.time is not None else None  # in no time: as written
        fired = self._fired("msc", keys_of(msc), stamp_ns, travel_ns)
        words = words_of(msc)
        if fired:
            return fired
        if not words:
            self._remark(f"MSC {msc.name}: ignored, {_useless(msc)}")
            return []
        if not msc.cue:
            return [self._command(word, word.target, stamp_ns) for word in words]
        cues = self._cues(msc)
        if not cues:
            why = "no cue of the show has that number or waits for it"
            if self._waiting(replace(msc, cue_list="")):
                why = "what waits for that number waits for it in a list that was not named"
            self._remark(f"MSC {msc.name}: ignored, {why}")
        return list(dict.fromkeys(self._command(word, cue, stamp_ns) for word in words for cue in cues))

    def _as_written(self, msc: Msc) -> Msc:
        """With its number as the show writes it, where the desk has put zeros behind it."""
        plain = plain_number(msc.cue)
        return replace(msc, cue=plain) if self._knows(plain) and not self._knows(msc.cue) else msc

    def _knows(self, number: str) -> bool:
        return number in self._named or number in self._axes

    def _cues(self, msc: Msc) -> tuple[str, ...]:
        """The cues that a number means: those which wait for its GO; where none waits for any, the cue called so."""
        if msc.cue in self._named:
            if msc.command in (MscCommand.STOP, MscCommand.RESUME):
                return self._waiting(msc)
            keys = keys_of(Msc(MscCommand.GO, msc.cue, msc.cue_list))
            return tuple(dict.fromkeys(cue for key in keys for cue in self._wanted.get(("msc", key), ())))
        return (msc.cue,) if msc.cue in self._axes else ()

    def _waiting(self, msc: Msc) -> tuple[str, ...]:
        """The cues that wait for a GO of that number; of any list where none is named."""
        found = dict[str, None]()
        for number, cue_list, cues in self._numbers:
            if number == msc.cue and (not msc.cue_list or cue_list in ("", msc.cue_list)):
                found.update(dict.fromkeys(cues))
        return tuple(found)

    def _command(self, said: Said, cue: str, stamp_ns: int) -> Command:
        target = self._axes[cue] if cue and said.verb in _BY_AXIS else cue
        value = "" if cue and said.verb == "go" and "=" not in said.value else said.value  # its list has done its part
        return Command(said.verb, stamp_ns, target=target, value=value, source=self._source)

    def _fired(self, kind: str, keys: Iterable[str], stamp_ns: int, travel_ns: int | None = None) -> list[Heard]:
        """Triggers of the show among these, each cue by one of them."""
        heard, cues = list[Heard](), set[str]()
        for key in keys:
            waiting = self._wanted.get((kind, key), ())
            if not cues.issuperset(waiting):
                cues.update(waiting)
                heard.append(Trigger(kind, key, stamp_ns, self._source, travel_ns=travel_ns))
        return heard


def _cue_numbers(wanted: Mapping[tuple[str, str], tuple[str, ...]]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Cue number, list and what waits for it, of each that show control may name; FIRE names a macro, and no cue."""
    for (kind, key), cues in wanted.items():
        word, _, place = key.partition(" ")
        if kind == "msc" and word != "fire":
            number, _, cue_list = place.partition("/")
            yield number, cue_list, cues


def _keys(voice: NoteOn | ProgramCall) -> tuple[str, str]:
    """As shows spell it: on its channel, and on any."""
    return f"{voice.number}@{voice.channel}", f"{voice.number}"


def _useless(msc: Msc) -> str:
    if msc.command is MscCommand.FIRE:
        return f"no cue of the show has msc: fire {msc.number}"
    return "a focus rack has no such thing"
