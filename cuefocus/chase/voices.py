"""Of several that send the same kind of timecode to one port, one is followed, and the others are named.

Positions of two players mixed are nobody's: so the first that speaks is followed until it has been silent for a while.
"""

from typing import Final, NamedTuple

from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

# Silent for so long the one that is followed has gone: before a freewheel ends.
_GONE_NS: Final = 500 * NS_PER_MS
# Another that has said so much is no stray datagram.
_RIVAL_WORDS: Final = 5
_TOLD_AGAIN_NS: Final = 60 * NS_PER_S
# A host that sends from more ports than this takes a new one each time; likewise streams: then they tell nothing.
_MOST_ALIKE: Final = 4
_MOST_RIVALS: Final = 16


class Voice(NamedTuple):
    """Who says something: a host's address and port, and which of its streams of timecode it is."""

    host: str
    port: int = 0
    stream: int = 0


class OneVoice:
    """Chooses whom to follow. `hand_overs` counts how often another was taken after the first.

    Args:
        what: what they send, for the operator.
        host: follow this one alone, whoever else speaks; empty: whoever speaks first.
    """

    def __init__(self, what: str, *, host: str = "") -> None:
        self._what, self._host = what, host
        self._followed: Voice | None = None
        self.hand_overs = 0
        self._last_ns = 0
        self._rivals: dict[Voice, tuple[int, int]] = {}  # words, the last one's stamp
        self._ports: dict[str, set[int]] = {}
        self._streams: dict[str, set[int]] = {}
        self._rival: Voice | None = None
        self._told_ns: int | None = None

    @property
    def followed(self) -> Voice | None:
        """The one that is followed; None before anyone has spoken."""
        return self._followed

    def heeds(self, voice: Voice, stamp_ns: int) -> bool:
        """Whether a word is to be followed.

        Args:
            voice: who said it.
            stamp_ns: host time at which it came.
        """
        if self._host and voice.host != self._host:
            return False
        voice = self._known(voice)
        if self._followed is None or voice == self._followed:
            self._followed, self._last_ns = voice, stamp_ns
            self._look_round(stamp_ns)
            return True
        if stamp_ns - self._last_ns > _GONE_NS:
            self._followed, self._last_ns = voice, stamp_ns
            self.hand_overs += 1
            self._rivals.clear()
            return True
        words, _ = self._rivals.get(voice, (0, 0))
        if words or len(self._rivals) < _MOST_RIVALS:
            self._rivals[voice] = words + 1, stamp_ns
        return False

    def news(self, at_ns: int) -> str:
        """A sentence on who speaks beside the one that is followed, now and once a minute; empty for none.

        Args:
            at_ns: host time.
        """
        rival, self._rival = self._rival, None
        if rival is None or (self._told_ns is not None and at_ns - self._told_ns < _TOLD_AGAIN_NS):
            return ""
        self._told_ns = at_ns
        return self._sentence(rival)

    def _known(self, voice: Voice) -> Voice:
        """The voice without what changes from word to word."""
        host, port, stream = voice
        if _many(self._ports, host, port):
            port = 0
        if _many(self._streams, host, stream):
            stream = 0
        known, followed = Voice(host, port, stream), self._followed
        if followed is not None and followed.host == host and known != voice:
            self._followed = Voice(host, followed.port if port else 0, followed.stream if stream else 0)
        return known

    def _look_round(self, stamp_ns: int) -> None:
        """See who else has been speaking for a while, now that the one that is followed goes on."""
        for rival, (words, last_ns) in list(self._rivals.items()):
            if stamp_ns - last_ns > _GONE_NS:
                del self._rivals[rival]
            elif words >= _RIVAL_WORDS:
                self._rival = rival

    def _sentence(self, rival: Voice) -> str:
        mine = self._followed or rival
        if rival.host != mine.host:
            return f"two senders of {self._what}: {mine.host} and {rival.host}; {mine.host} is followed"
        where = f" from {mine.host}" if mine.host else ""
        if rival.stream != mine.stream:
            return f"two streams of {self._what}{where}: {mine.stream} and {rival.stream}; {mine.stream} is followed"
        ports = f"its ports {mine.port} and {rival.port}; {mine.port} is followed"
        return f"two senders of {self._what}{where}, by {ports}"


def _many(seen: dict[str, set[int]], host: str, number: int) -> bool:
    numbers = seen.setdefault(host, set()) if host in seen or len(seen) < _MOST_RIVALS else {number}
    if len(numbers) <= _MOST_ALIKE:
        numbers.add(number)
    return len(numbers) > _MOST_ALIKE
