"""The time bytes need on a serial line, which ptys do not have: ten bit times a byte, one after another."""

from cuefocus.timebase.units import NS_PER_S

_BITS_PER_BYTE = 10  # 8N1


class LineTime:
    """One direction of a line.

    Args:
        baud: bits per second; 0 for a path without line time (a datagram).
    """

    def __init__(self, baud: int) -> None:
        self._baud = baud
        self._busy_until_ns = 0

    def send(self, now_ns: int, count_bytes: int) -> int:
        """Put bytes on the line at `now_ns`, behind what is still on it; the time at which the first of them starts."""
        start_ns = max(now_ns, self._busy_until_ns)
        self._busy_until_ns = start_ns + self.span_ns(count_bytes)
        return start_ns

    def span_ns(self, count_bytes: int) -> int:
        """Time that many bytes need, rounded up."""
        return -(-count_bytes * _BITS_PER_BYTE * NS_PER_S // self._baud) if self._baud else 0

    def pending_bytes(self, now_ns: int) -> int:
        """Bytes not yet out."""
        left_ns = self._busy_until_ns - now_ns - 1  # the end was rounded up
        return -(-left_ns * self._baud // (_BITS_PER_BYTE * NS_PER_S)) if left_ns > 0 else 0

    def clear(self, now_ns: int) -> None:
        """What is on the line is lost."""
        self._busy_until_ns = now_ns
