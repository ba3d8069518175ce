"""What an operator is told of a way in, as events: that it came or went, and what is wrong with it."""

Fields = dict[str, object]


def came_or_went(source: str, at_ns: int, *, is_open: bool, text: str) -> Fields:
    """It was opened, or lost.

    Args:
        source: its id in the rig.
        at_ns: host time.
        is_open: which of the two.
        text: what it is, or why it is lost.
    """
    kind = "opened" if is_open else "lost"
    return {"event": "source", "host_ns": at_ns, "source": source, "kind": kind, "text": text}


def alarm(at_ns: int, text: str) -> Fields:
    """Something is wrong with one.

    Args:
        at_ns: host time.
        text: which, and what.
    """
    return {"event": "alarm", "host_ns": at_ns, "text": text, "source": "conductor"}
