"""Frame rates, timecode labels and the drop-frame arithmetic between them.

A label is a name for a frame, not a time: it becomes show time only through its rate's exact fraction.
Source: SMPTE ST 12-1 (time and control code), ST 12-3 (rates above 30 as frame pairs).
"""

import re
from dataclasses import dataclass
from fractions import Fraction

from cuefocus.errors import TimecodeError
from cuefocus.timebase.units import NS_PER_S

_LABEL = re.compile(r"(\d{2}):(\d{2}):(\d{2})([:;.,])(\d{2})")
_MINUTES_PER_DAY = 24 * 60
_DROPPED_MINUTES_PER_DAY = _MINUTES_PER_DAY - _MINUTES_PER_DAY // 10


@dataclass(frozen=True, slots=True)
class FrameRate:
    """How labels count.

    Args:
        name: as written in files, e.g. "29.97df".
        fps: true frames per second, exact.
        nominal: labels per second (highest frame number + 1).
        drop: two (four at 59.94) frame numbers dropped each minute but the tenth.
        pair: frames per LTC or MTC word: 2 above 30 fps, else 1.
    """

    name: str
    fps: Fraction
    nominal: int
    drop: bool
    pair: int

    @property
    def dropped_per_minute(self) -> int:
        """Frame numbers that do not exist at the start of most minutes."""
        return self.nominal // 15 if self.drop else 0

    @property
    def frames_per_day(self) -> int:
        """Labels between midnights."""
        return _MINUTES_PER_DAY * 60 * self.nominal - self.dropped_per_minute * _DROPPED_MINUTES_PER_DAY

    @property
    def day_ns(self) -> int:
        """Show time between midnights, ns (a drop-frame day is 86.4 ms short of a day)."""
        return self.show_ns(self.frames_per_day)

    @property
    def frame_ns(self) -> float:
        """Length of one frame, ns."""
        return float(NS_PER_S / self.fps)

    @property
    def word_nominal(self) -> int:
        """Labels per second on the LTC or MTC wire (half of `nominal` for frame pairs)."""
        return self.nominal // self.pair

    def show_ns(self, frames: int) -> int:
        """Show time of the start of frame `frames`, ns from 00:00:00:00; rounded half to even."""
        return round(frames * NS_PER_S / self.fps)

    def frames_at(self, show_ns: int) -> int:
        """The frame on air at `show_ns` (a boundary that rounding moved by < 1 ns belongs to the later frame)."""
        frames = (show_ns * self.fps.numerator) // (NS_PER_S * self.fps.denominator)
        return frames + 1 if self.show_ns(frames + 1) <= show_ns else frames

    def __str__(self) -> str:
        return self.name


def _rate(name: str, fps: Fraction, nominal: int, *, drop: bool = False) -> FrameRate:
    return FrameRate(name, fps, nominal, drop, 2 if nominal > 30 else 1)


RATES: dict[str, FrameRate] = {
    rate.name: rate
    for rate in (
        _rate("23.976", Fraction(24000, 1001), 24),
        _rate("24", Fraction(24), 24),
        _rate("25", Fraction(25), 25),
        _rate("29.97df", Fraction(30000, 1001), 30, drop=True),
        _rate("29.97ndf", Fraction(30000, 1001), 30),
        _rate("30", Fraction(30), 30),
        _rate("47.952", Fraction(48000, 1001), 48),
        _rate("48", Fraction(48), 48),
        _rate("50", Fraction(50), 50),
        _rate("59.94", Fraction(60000, 1001), 60),
        _rate("59.94df", Fraction(60000, 1001), 60, drop=True),
        _rate("60", Fraction(60), 60),
    )
}


def rate_named(name: str) -> FrameRate:
    """The rate written as `name` in files.

    Raises: TimecodeError naming the known rates.
    """
    if name in RATES:
        return RATES[name]
    hint = "write 29.97df or 29.97ndf" if name == "29.97" else f"known rates are {', '.join(RATES)}"
    raise TimecodeError(f"no frame rate {name!r}", hint=hint)


@dataclass(frozen=True, slots=True, order=True)
class Timecode:
    """One label, without a rate; `frame_number` turns it into a count."""

    hours: int
    minutes: int
    seconds: int
    frames: int

    def exists_in(self, rate: FrameRate) -> bool:
        """Whether the label is counted at `rate` (drop-frame gaps and ranges)."""
        in_range = self.hours < 24 and self.minutes < 60 and self.seconds < 60 and self.frames < rate.nominal
        in_range = in_range and min(self.hours, self.minutes, self.seconds, self.frames) >= 0
        dropped = self.seconds == 0 and self.minutes % 10 != 0 and self.frames < rate.dropped_per_minute
        return in_range and not dropped

    def frame_number(self, rate: FrameRate) -> int:
        """Frames since 00:00:00:00 at `rate`, drop-frame exact.

        Raises: TimecodeError for a label that does not exist at `rate`.
        """
        if not self.exists_in(rate):
            dropped = rate.drop and self.frames < rate.dropped_per_minute and self.minutes < 60
            cure = f"drop-frame skips ;00 to ;{rate.dropped_per_minute - 1:02d} here" if dropped else ""
            cure = cure or self._first_out_of_range(rate)
            raise TimecodeError(f"{self.text(rate)} does not exist at {rate.name} fps", hint=cure)
        total_minutes = self.hours * 60 + self.minutes
        counted = (total_minutes * 60 + self.seconds) * rate.nominal + self.frames
        return counted - rate.dropped_per_minute * (total_minutes - total_minutes // 10)

    def _first_out_of_range(self, rate: FrameRate) -> str:
        fields = (("hours", self.hours, 23), ("minutes", self.minutes, 59), ("seconds", self.seconds, 59))
        wrong = (f"{name} run from 00 to {most}" for name, value, most in fields if not 0 <= value <= most)
        return next(wrong, f"frames run from 00 to {rate.nominal - 1}")

    def show_ns(self, rate: FrameRate) -> int:
        """Show time of the start of this frame, ns from 00:00:00:00."""
        return rate.show_ns(self.frame_number(rate))

    def text(self, rate: FrameRate | None = None) -> str:
        """`HH:MM:SS:FF`; `;` before the frames in drop-frame."""
        mark = ";" if rate is not None and rate.drop else ":"
        return f"{self.hours:02d}:{self.minutes:02d}:{self.seconds:02d}{mark}{self.frames:02d}"

    def __str__(self) -> str:
        return self.text()


def timecode_at_frame(frame_number: int, rate: FrameRate) -> Timecode:
    """The label of a frame count; wraps at midnight in both directions."""
    counted = frame_number % rate.frames_per_day
    if rate.drop:
        gap = rate.dropped_per_minute
        per_minute = rate.nominal * 60 - gap
        per_ten = per_minute * 10 + gap
        tens, rest = divmod(counted, per_ten)
        counted += 9 * gap * tens + (gap * ((rest - gap) // per_minute) if rest >= gap else 0)
    seconds, frames = divmod(counted, rate.nominal)
    return Timecode(seconds // 3600, seconds // 60 % 60, seconds % 60, frames)


def timecode_at(show_ns: int, rate: FrameRate) -> Timecode:
    """The label on air at `show_ns`."""
    return timecode_at_frame(rate.frames_at(show_ns), rate)


def parse_timecode(text: str, rate: FrameRate) -> Timecode:
    """Read `HH:MM:SS:FF` (`;` or `.` before the frames allowed) and check that it exists at `rate`.

    Raises: TimecodeError saying what is wrong with the label.
    """
    match = _LABEL.fullmatch(text.strip())
    if match is None:
        raise TimecodeError(f"{text!r} is not a timecode", hint='write "HH:MM:SS:FF", e.g. "01:00:34:12"')
    hours, minutes, seconds, mark, frames = match.groups()
    if mark == ";" and not rate.drop:
        raise TimecodeError(
            f"{text!r} is a drop-frame label, but the rate is {rate.name}", hint="write ':' or change the rate"
        )
    label = Timecode(int(hours), int(minutes), int(seconds), int(frames))
    label.frame_number(rate)
    return label


def unwrap_near(show_ns: int, centre_show_ns: int, rate: FrameRate) -> int:
    """`show_ns` moved by whole days so that it lies within half a day of `centre_show_ns`."""
    day_ns = rate.day_ns
    return show_ns + day_ns * round((centre_show_ns - show_ns) / day_ns)
