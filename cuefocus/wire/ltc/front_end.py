"""What a matched filter needs of the sound: the running sum of it, freed of hum and drift.

The high-pass takes away what two moving means in a row leave: H(f) = 1 - sinc²(f L / fs). It is symmetrical, so no edge
moves; it takes all DC, 42 dB of 50 Hz and 23 dB of 150 Hz, and leaves the 1 and 2 kHz of timecode at play speed alone.
Where a transformer, a microphone input or a small coupling capacitor has differentiated the signal into spikes, the
sums over half bits catch them whole: integrating is what they do already, so there is no integrated front end beside
this one, as there would have to be for a reader of edges.

Every output depends on the sum of all samples before it, taken one after the other: so no cut of the input into
blocks leaves a trace.
"""

import numpy as np
import numpy.typing as npt

from cuefocus.wire.ltc.kernels import Kernels

Sums = npt.NDArray[np.float64]

_MEAN_S = 0.001  # length of each moving mean: two bits at 25 fps


class FrontEnd:
    """Samples in, running sums out: entry n is the sum of all high-passed samples before sample n.

    Args:
        sample_rate: samples per second.
        kernels: inner loops.
    """

    def __init__(self, sample_rate: int, kernels: Kernels) -> None:
        self._kernels = kernels
        half = max(1, round(sample_rate * _MEAN_S / 2))
        self.delay_samples = 2 * half
        """Samples that must have been fed beyond n before entry n is there."""
        # What the filter would hold after endless silence: the samples and the sums of each mean that it looks back at.
        self._samples = np.zeros(2 * half, dtype=np.float32)
        self._first_sums, self._second_sums = np.zeros((2, 2 * half + 1))
        self._sum = 0.0

    def feed(self, block: npt.NDArray[np.float32], before: Sums) -> Sums:
        """The sums `before`, and as many new ones as there are samples in `block`.

        The first ever belongs to sample -`delay`.
        """
        if len(block) == 0:
            return before
        late = np.concatenate([self._samples, block])
        sums, first_sums, second_sums = self._kernels.high_passed_sums(
            late, self._first_sums, self._second_sums, self._sum, len(before)
        )
        sums[: len(before)] = before
        self._samples = late[len(block) :].copy()
        self._first_sums, self._second_sums = first_sums, second_sums
        self._sum = float(sums[-1])
        return sums[:-1]
