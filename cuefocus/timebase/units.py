"""Units: nanosecond constants and the one rounding rule for them."""

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
NS_PER_US = 1_000


def s_from_ns(duration_ns: int) -> float:
    """Seconds as a float; for curves and reports, never for the clock."""
    return duration_ns / NS_PER_S


def ms_from_ns(duration_ns: int | float) -> float:
    """Milliseconds with three decimals, as reports print them."""
    return round(duration_ns / NS_PER_MS, 3)
