"""The clock that others get of one source: its line, plus a rest let out slowly, so that no correction is a step.

Where nothing runs it stands still at a place.
"""

from math import hypot

from cuefocus.chase.clock import Clock, ClockState
from cuefocus.chase.config import ChaseConfig
from cuefocus.chase.line import Line
from cuefocus.chase.slew import Slew
from cuefocus.chase.tracker import Tracker

_STILL = (ClockState.NO_SIGNAL, ClockState.HOLDING)


class Published:
    """What one source's clock shows.

    Args:
        config: the act.
        tracker: has the line.

    `still_ns` is the show time at which it stands while nothing runs.
    """

    def __init__(self, config: ChaseConfig, tracker: Tracker) -> None:
        self.still_ns = config.starts_show_ns
        self._config, self._tracker = config, tracker
        self._slew = Slew()

    @property
    def rest_ns(self) -> float:
        """How far it is ahead of the line, and is being led back; show ns."""
        return self._slew.rest_ns

    def show_at(self, host_ns: int) -> int:
        """Show time at a host time."""
        line = self._tracker.line
        return self.still_ns if line is None else line.show_at(host_ns) + round(self._slew.rest_ns)

    def run_at(self, host_ns: int, *, unbroken: bool) -> int:
        """Where a run that now ends stood: along its own line, even if a new one has been adopted already.

        Args:
            host_ns: host time.
            unbroken: none has been.
        """
        line = self._tracker.line if unbroken else self._tracker.old or self._tracker.line
        return self.still_ns if line is None else line.show_at(host_ns)

    def uncertainty_at(self, host_ns: int) -> int:
        """One standard deviation of the show time at `host_ns` if no reading came any more, ns."""
        line, common_ns = self._tracker.line, self._config.common_ns
        if line is None:
            return round(common_ns)
        return round(hypot(line.sigma_at(host_ns), self._slew.rest_ns, common_ns))

    def clock(self, now_ns: int, state: ClockState, good_until_ns: int, epoch: int) -> Clock:
        """The clock itself.

        Args:
            now_ns: host time.
            state: what the chase makes of the source; in no_signal and holding the clock stands still.
            good_until_ns: until when it may be believed.
            epoch: its number.
        """
        line = self._tracker.line
        show_ns, speed = self.still_ns, 0.0
        if line is not None and state not in _STILL:
            show_ns, speed = line.show_at(now_ns) + round(self._slew.rest_ns), line.speed
        return Clock(now_ns, show_ns, speed, state, self.uncertainty_at(now_ns), good_until_ns, epoch)

    # --- how the rest comes and goes ---

    def is_apart(self, published_ns: int, line: Line, now_ns: int) -> bool:
        """Whether what was published is too far from the line to be led there slowly: that would take seconds.

        At a speed that is not declared playback is about to stop, or to be refused: nothing is led anywhere.
        """
        speeds = self._config.speeds
        declared = speeds.excess(line.speed) * speeds.nearest(line.speed) <= 3.0 * line.speed_sigma
        return declared and abs(published_ns - line.show_at(now_ns)) > self._tracker.near_ns

    def lead_back(self, published_ns: int, line: Line, now_ns: int) -> None:
        """The line has been corrected, and what was published before goes on from where it was."""
        self._slew.take(published_ns - line.show_at(now_ns))

    def coast(self, now_ns: int) -> None:
        """Go on without readings, from where it is."""
        line = self._tracker.line
        if line is not None:
            published_ns = self.show_at(now_ns)
            line.coast()
            self.lead_back(published_ns, line, now_ns)

    def let_out(self, elapsed_ns: int) -> None:
        """Let `elapsed_ns` of host time wear the rest away."""
        line = self._tracker.line
        if self._slew.rest_ns and line is not None:
            self._slew.let_out(elapsed_ns, line.speed)

    def forget(self) -> None:
        """A new epoch owes nothing to the old one."""
        self._slew.forget()
