"""Whether keys are read: from the terminal in whose foreground we are, and from no other."""

import os

from cuefocus.app.keyboard import keys


def test_a_terminal_that_is_not_ours_has_no_keys() -> None:
    """As with `setsid`: it is a terminal, and controls nobody."""
    master, slave = os.openpty()
    try:
        with keys(slave) as fd:
            assert fd == -1
    finally:
        os.close(master)
        os.close(slave)
