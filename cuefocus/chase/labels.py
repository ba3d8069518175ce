"""What the labels themselves say about their rate, and which of them cannot be counted.

A label tells more than a place: the highest frame number and the drop-frame flag tell how its source counts. One bad
label is noise; two that bear each other out are another rate.
"""

from cuefocus.timebase.frames import FrameRate, Timecode
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.events import Reading

_KNOWN_COUNTS = (24, 25, 30)
# Drop flags in a row that must contradict the act before they are believed; and lone impossible labels.
_FLAGS_NEEDED = 3
_STRAYS_NEEDED = 2
_SKIPS_NEEDED = 2
# Strays further apart than this many readings have nothing to do with each other.
_STRAY_SPAN = 120


def word_rate(rate: FrameRate) -> FrameRate:
    """The rate at which LTC and MTC words count: half of it for frame pairs."""
    if rate.pair == 1:
        return rate
    return FrameRate(f"{rate.name}/{rate.pair}", rate.fps / rate.pair, rate.nominal // rate.pair, rate.drop, 1)


class LabelCheck:
    """Counts labels, and says when they contradict the act's rate.

    `refusal` is why the act's rate cannot be the source's, or empty.
    """

    def __init__(self, rate: FrameRate) -> None:
        self.rate = word_rate(rate)
        self._name = rate.name
        self._last: Timecode | None = None
        self._last_ns = 0
        self._flags = 0
        self._strays = 0
        self._skips = 0
        self._since_evidence = 0
        self._counted = 0
        self.refusal = ""

    def count(self, reading: Reading) -> int | None:
        """The word's number since 00:00:00:00, or None for a label that cannot be one of this rate's."""
        before, before_ns = self._last, self._last_ns
        label = reading.label
        self._last, self._last_ns = label, reading.stamp_ns
        self._since_evidence += 1
        if self._since_evidence > _STRAY_SPAN:
            self._strays = self._skips = 0
        self._check_flag(reading)
        if not label.exists_in(self.rate):
            self._impossible(reading, before)
            return None
        if before is not None and reading.frame_ns > 0.0:
            self._check_wrap(before, label, (reading.stamp_ns - before_ns) / reading.frame_ns)
        if self.refusal and self._since_evidence > 2 * self.rate.nominal + self.rate.nominal // 2:
            self._pardon()
        return label.frame_number(self.rate)

    def restart(self) -> None:
        """Begin anew: the source was away, or is another."""
        self._last = None
        self._flags = self._strays = self._skips = self._since_evidence = 0
        self._pardon()

    def _pardon(self) -> None:
        self.refusal, self._counted = "", 0

    def _refuse(self, reason: str) -> None:
        """Refuse for a reason; a frame count already seen explains everything else."""
        self._since_evidence = 0
        if not self._counted:
            self.refusal = reason

    def _refuse_count(self, counted: int) -> None:
        self._since_evidence = 0
        if counted > self._counted:
            self._counted = counted
            self.refusal = f"timecode counts to {counted - 1:02d} ({counted} fps), act says {self._name}"

    def _check_flag(self, reading: Reading) -> None:
        if reading.drop == self.rate.drop:
            self._flags = 0
            return
        self._flags += 1
        if self._flags >= _FLAGS_NEEDED:
            said = "drop-frame" if reading.drop else "non-drop"
            self._refuse(f"timecode is {said}, act says {self._name}")

    def _impossible(self, reading: Reading, before: Timecode | None) -> None:
        label = reading.label
        follows = before is not None and _follows(before, label, self.rate)
        self._strays = _STRAYS_NEEDED if follows else self._strays + 1
        if self._strays < _STRAYS_NEEDED:
            self._since_evidence = 0
            return
        if label.frames >= self.rate.nominal:
            possible = [known for known in _KNOWN_COUNTS if known > label.frames] or [label.frames + 1]
            passing = NS_PER_S / reading.frame_ns if reading.frame_ns > 0.0 else 0.0
            self._refuse_count(min(possible, key=lambda known: abs(known - passing)))
        elif not self.refusal:
            self._refuse(f"timecode has the label {label.text(self.rate)}, which does not exist at {self._name}")

    def _check_wrap(self, before: Timecode, label: Timecode, words: float) -> None:
        """See where the frame number goes back to 00: that is how many labels a second has."""
        seconds = _seconds(label) - _seconds(before)
        near = round(words)
        if seconds != 1 or not 1 <= near <= 3 or abs(words - near) > 0.35 or label.frames > near:
            return
        dropped = self.rate.drop and label.seconds == 0 and label.minutes % 10 != 0
        implied = before.frames + near - label.frames + (self.rate.dropped_per_minute if dropped else 0)
        if implied == self.rate.nominal:
            self._skips = 0
        elif implied in _KNOWN_COUNTS:
            self._skips += 1
            self._since_evidence = 0
            if self._skips >= _SKIPS_NEEDED:
                self._refuse_count(implied)


def _seconds(label: Timecode) -> int:
    return (label.hours * 60 + label.minutes) * 60 + label.seconds


def _follows(before: Timecode, label: Timecode, rate: FrameRate) -> bool:
    """Whether an impossible label comes right after a possible one, as another rate would count."""
    if _seconds(label) == _seconds(before):
        return label.frames == before.frames + 1
    return _seconds(label) == _seconds(before) + 1 and label.frames == 0 and before.frames == rate.nominal - 1
