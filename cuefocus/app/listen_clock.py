"""`doctor --listen clock:PORT`: whether clocks come, at which tempo, and whether they say where the song is."""

from collections.abc import Iterable
from typing import Final

from cuefocus.app.doctor import Finding
from cuefocus.app.listen_lateness import LATE_MS, lateness_ms
from cuefocus.shells.message_turns import Message
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Glitch
from cuefocus.wire.midi_clock import CLOCKS_PER_QUARTER, ClockLocate, ClockTick, MidiClockDecoder

_START_IT: Final = "start it, or stop, locate and continue: it must send Song Position Pointers"


def clock_findings(messages: Iterable[Message]) -> list[Finding]:
    """What MIDI clock there is in a port's messages."""
    decoder = MidiClockDecoder("doctor")
    arrived, stamps_ns, first, last = 0, list[int](), "", ""
    torn: list[str] = []
    for message in messages:
        arrived += bool(message.data)
        for found in decoder.feed(message.data, message.stamp_ns):
            if isinstance(found, ClockTick):
                stamps_ns.append(found.stamp_ns)
                if found.clocks is not None:
                    last = _quarters(found.clocks)
                    first = first or last
            elif isinstance(found, ClockLocate):
                last = _quarters(found.clocks)
            elif isinstance(found, Glitch):
                torn.append(found.reason)
    if not arrived:
        return [Finding("error", "signal", "nothing arrives", "check the cable, and that clock output is on")]
    if len(stamps_ns) < 2:
        problem = f"{arrived} messages, but no MIDI clock"
        return [Finding("error", "signal", problem, "turn MIDI clock output on in the sequencer")]
    span_ns = stamps_ns[-1] - stamps_ns[0]
    tempo = 60 * NS_PER_S * (len(stamps_ns) - 1) / (CLOCKS_PER_QUARTER * max(span_ns, 1))
    late_ms, worst_ms = lateness_ms([(float(number), stamp_ns) for number, stamp_ns in enumerate(stamps_ns)])
    jitter = f"half of it comes up to {late_ms:.2f} ms late, at worst {worst_ms:.2f} ms"
    findings = [Finding("note", "signal", f"MIDI clock at {tempo:.1f} beats a minute on average; {jitter}")]
    if first:
        findings.append(Finding("note", "signal", f"it plays, from quarter {first} to {last} of the song"))
    elif decoder.clocks is not None:
        findings.append(Finding("note", "signal", f"it stands, at quarter {last or _quarters(decoder.clocks)}"))
    else:
        findings.append(Finding("warning", "signal", "nobody says where in the song it is", _START_IT))
    findings += [Finding("warning", "signal", reason, "check the cable") for reason in dict.fromkeys(torn)]
    if worst_ms > LATE_MS:
        hint = "if the tempo is even: a cable instead of a network or Wi-Fi"
        findings.append(Finding("warning", "signal", f"clocks are up to {worst_ms:.0f} ms off an even tempo", hint))
    return findings


def _quarters(clocks: int) -> str:
    return f"{clocks / CLOCKS_PER_QUARTER:g}"
