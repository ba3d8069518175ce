"""Counting bytes that are no frame, so that any split of the noise gives the same complaints."""

from cuefocus.motor.codec import MotorComplaint

COMPLAIN_EVERY_BYTES = 256
NO_ADDRESS = -1


class NoiseMeter:
    """Gathers skipped bytes; complains once a frame follows, or every 256 bytes of endless noise."""

    def __init__(self) -> None:
        self._skipped_bytes = 0

    def skip(self, count_bytes: int) -> list[MotorComplaint]:
        """Note bytes that belong to no frame."""
        if not count_bytes:
            return []
        self._skipped_bytes += count_bytes
        full, self._skipped_bytes = divmod(self._skipped_bytes, COMPLAIN_EVERY_BYTES)
        return [_complaint(COMPLAIN_EVERY_BYTES)] * full

    def settle(self) -> list[MotorComplaint]:
        """A frame was found: complain of what lay before it, if anything did."""
        skipped_bytes, self._skipped_bytes = self._skipped_bytes, 0
        return [_complaint(skipped_bytes)] if skipped_bytes else []


def _complaint(count_bytes: int) -> MotorComplaint:
    return MotorComplaint(NO_ADDRESS, f"{count_bytes} bytes that are no frame")
