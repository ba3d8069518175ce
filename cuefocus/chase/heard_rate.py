"""Which rate a source is heard to run at, beside what its labels count to: 23.976 told from 24, and 29.97 from 30.

The labels of the twins are alike; they pass 1,000 ppm apart, and crystals keep 100 ppm. So a measured speed settles it,
unless playback may run at any speed: then the declared rate is the operator's word, and only the speed is told.
"""

from dataclasses import dataclass

from cuefocus.chase.labels import word_rate
from cuefocus.chase.speeds import Speeds
from cuefocus.timebase.frames import RATES, FrameRate
from cuefocus.timebase.twin_rates import CRYSTAL, TWINS

#: One standard deviation of the speed from which on it says which of the twins it is.
_SURE_PPM = 100.0


@dataclass(frozen=True, slots=True)
class HeardRate:
    """A source's rate as it is heard.

    Args:
        fps: words a second at play speed, measured.
        rate: the rate this is, as words carry it; None while it cannot be told, or where the operator's word stands.
        ppm: how much faster than that rate (than the declared one where `rate` is None) it runs.
        sigma_ppm: one standard deviation of `ppm`, also where stamps wander.
    """

    fps: float
    rate: str | None
    ppm: float
    sigma_ppm: float


def heard_rate(
    speed: float, sigma: float, declared: FrameRate, speeds: Speeds, *, stated_sigma: float | None = None
) -> HeardRate:
    """What a measured speed says of the rate.

    Args:
        speed: of the labels against their declared rate; > 0.
        sigma: one standard deviation of it: a rate is named once it is small.
        declared: the act's rate.
        speeds: those the act may be played at; a range makes its rate the operator's word.
        stated_sigma: one standard deviation as it is told, where stamps may wander; None: `sigma`.
    """
    words = word_rate(declared)
    nominal_speed = speeds.nearest(speed) if speeds.exact else 1.0
    relative = speed / nominal_speed
    sigma_ppm = sigma / nominal_speed * 1e6
    stated_ppm = sigma_ppm if stated_sigma is None else stated_sigma / nominal_speed * 1e6
    fps = float(words.fps) * relative
    if speeds.exact and sigma_ppm < _SURE_PPM:
        for rate in _candidates(words):
            ppm = (fps / float(rate.fps) - 1.0) * 1e6
            if abs(ppm) <= CRYSTAL * 1e6:
                return HeardRate(fps, rate.name, ppm, stated_ppm)
    return HeardRate(fps, None, (relative - 1.0) * 1e6, stated_ppm)


def _candidates(words: FrameRate) -> list[FrameRate]:
    """Rates whose words are numbered alike; drop-frame tells itself."""
    if words.drop:
        return [RATES["29.97df"]]
    return list(TWINS[words.nominal])
