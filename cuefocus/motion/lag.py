"""Set-points x + τ·ẋ of a motor with lag τ, judged by the path x they make it take. Plain Python: motion loads it."""

from math import exp


def behind_lag(old: tuple[float, float], accel: float, span_s: float, lag_s: float) -> float:
    """Acceleration of the path behind the lag, `span_s` after the last; the input runs straight in between.

    Args:
        old: the last one, and that of the set-points it came from.
        accel: of the set-points now.
        span_s: time since the last.
        lag_s: first-order time constant of the motor; 0 for none.
    """
    if lag_s <= 0.0:
        return accel
    filtered, before = old
    ratio = span_s / lag_s
    decay = exp(-ratio)
    mean = (1.0 - decay) / ratio
    return filtered * decay + before * (mean - decay) + accel * (1.0 - mean)


def lag_swing(first_ns: int, second_ns: int, third_ns: int, fourth_ns: int, lag_s: float) -> float:
    """Greatest third difference of set-points x + τ·ẋ at four moments, per greatest jerk of the path x.

    A third divided difference is the mean of the third derivative, x‴ + τ·x⁗, under the quadratic B-spline of the four
    moments. Integrated by parts, the second term is at most τ·jerk times what that spline rises and falls: twice its
    peak.

    Source: de Boor, A Practical Guide to Splines, 1978, ch. X: the Peano kernel of divided differences.
    """
    left, right, middle = third_ns - first_ns, fourth_ns - second_ns, third_ns - second_ns
    share = right / (left + right)
    area = 1.0 - middle * ((1.0 - share) ** 2 / left + share * share / right)
    return 1.0 + 2.0 * lag_s * 3e9 / (fourth_ns - first_ns) * area
