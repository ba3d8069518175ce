"""What of a front desk's guests outlives it: those that speak by UDP, where no connection ends with it, and more."""

from cuefocus.engine.peers import Guest
from cuefocus.timebase.values import value
from cuefocus.wire.said import Right


@value
class Way:
    """How a guest is told by UDP, for it may hear nobody else.

    Args:
        to: where it is told.
        by: the port of ours that it was heard at, as it is listened to.
        asked: what the kernel told of which address of ours it asked at; empty where the port has but one.
    """

    to: Guest
    by: tuple[str, int]
    asked: bytes = b""


@value
class Guests:
    """Who they are.

    Args:
        proven: who gave a passcode, and what it is good for; the oldest first.
        told: where who asked to be told is told, who asked, and in which dialect.
        tired: hosts that guessed at passcodes too often, and since when they are not believed (host ns).
        lines: hosts from which connections stood, each as often as it had any.
        replies: those that have asked for answers at another port of theirs, and that port.
        ways: how those that are told were told last, where they had spoken.
    """

    proven: tuple[tuple[Guest, Right], ...] = ()
    told: tuple[tuple[Guest, Guest, str], ...] = ()
    tired: tuple[tuple[str, int], ...] = ()
    lines: tuple[str, ...] = ()
    replies: tuple[tuple[Guest, int], ...] = ()
    ways: tuple[Way, ...] = ()
