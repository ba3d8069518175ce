"""What a matched filter needs of the sound: the running sum of it, freed of hum and drift.

The high-pass takes away what two moving means in a row leave: H(f) = 1 - sinc²(f L / fs). It is symmetrical, so no edge
moves; it takes all DC, 42 dB of 50 Hz and 23 dB of 150 Hz, and leaves the 1 and 2 kHz of timecode at play speed alone.
Where a transformer, a microphone input or a small coupling capacitor has differentiated the signal into spikes, the
sums over half bits catch them whole: no other front end is needed for that.

Every output depends on the sum of all samples before it, taken one after the other: so no cut of the input into
blocks leaves a trace.
"""

import numpy as np
import numpy.typing as npt

Sums = npt.NDArray[np.float64]

_MEAN_S = 0.001  # length of each moving mean: two bits at 25 fps
_SOUND = np.float32(1e6)  # beyond it, and not a number, is no sound but a broken float file


class FrontEnd:
    """Samples in, running sums out: entry n is the sum of all high-passed samples before sample n.

    Args:
        sample_rate: samples per second.
    """

    def __init__(self, sample_rate: int) -> None:
        self._half = max(1, round(sample_rate * _MEAN_S / 2))
        self._length = 2 * self._half + 1
        # What the filter would hold after endless silence: the samples and sums that later outputs look back at.
        self._samples = np.zeros(2 * self._half)
        self._first_sums = np.zeros(self._length)
        self._second_sums = np.zeros(self._length)
        self._sum = 0.0

    @property
    def delay_samples(self) -> int:
        """Samples that must have been fed beyond n before entry n is there."""
        return 2 * self._half

    def feed(self, block: npt.NDArray[np.float32]) -> Sums:
        """As many new running sums as there are samples in `block`; the first ever belongs to sample -`delay`."""
        if len(block) == 0:
            return np.zeros(0)
        sound = np.abs(block) < _SOUND
        samples = np.where(sound, block, np.float32(0.0)).astype(np.float64)
        once, self._first_sums = self._mean(samples, self._first_sums)
        twice, self._second_sums = self._mean(once, self._second_sums)
        late = np.concatenate([self._samples, samples])
        self._samples = late[len(samples) :]
        passed = late[: len(samples)] - twice
        sums = np.add.accumulate(np.concatenate([[self._sum], passed]))
        self._sum = float(sums[-1])
        return sums[:-1]

    def _mean(self, samples: Sums, before: Sums) -> tuple[Sums, Sums]:
        """Moving mean over the last `_length` samples, and the sums that the next call looks back at."""
        new = np.add.accumulate(np.concatenate([before[-1:], samples]))[1:]
        sums = np.concatenate([before, new])
        means = (sums[self._length :] - sums[: len(samples)]) / self._length
        return means, sums[-self._length :]
