"""The timecode that is followed, sent on as Art-Net: each frame at its moment, none while the clock stands. Pure."""

from typing import TYPE_CHECKING

from cuefocus.engine.sending import AHEAD_NS
from cuefocus.engine.sends import Relay, Send, Word
from cuefocus.timebase.frames import timecode_at_frame
from cuefocus.wire.artnet import timecode_packet

if TYPE_CHECKING:
    from cuefocus.engine.session import Session


class Relaying:
    """The frames that go out; armed or not, for timecode is no cue.

    Args:
        relays: who is sent them.
    """

    def __init__(self, relays: tuple[Relay, ...]) -> None:
        self._relays = relays
        self._next: dict[str, int] = {}
        self._run: tuple[str, int] | None = None

    def step(self, session: "Session") -> list[Send]:
        """Frames that begin before the step after the next; those missed meanwhile are left out, not made up for."""
        clock, rate = session.clock, session.act.chase.rate
        if not self._relays or not clock.running or clock.speed <= 0.0 or session.chasing.scrub.active:
            self._run = None
            return []
        run = session.act.name, clock.epoch
        if run != self._run:
            self._run, self._next = run, {}
        sends: list[Send] = []
        for relay in self._relays:
            heard_ns = session.now_ns + relay.latency_ns
            count = rate.frames_at(clock.show_at(heard_ns)) // rate.pair + 1
            count = max(count, self._next.get(relay.to, count))
            until_show_ns = clock.show_at(heard_ns + AHEAD_NS)
            while (show_ns := rate.show_ns(count * rate.pair)) <= until_show_ns:
                label = timecode_at_frame(count * rate.pair, rate)
                packet = timecode_packet(label, rate, stream=relay.stream)
                due_ns = clock.host_at(show_ns) - relay.latency_ns
                word = Word(relay.to, label.text(rate), ((0, packet),), relay.latency_ns)
                sends.append(Send(due_ns, word, frame=True))
                count += 1
            self._next[relay.to] = count
        return sends
