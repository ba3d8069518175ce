"""Stops by MIDI show control that wait in a pipe from the MIDI ears, for somebody who must not take them from it.

Whoever conducts next hears them too. Only what stops everything is found: which axis a cue is on the conductor knows.
"""

import os
from collections.abc import Iterator

from cuefocus.engine.midi_desk import MidiDesk
from cuefocus.engine.ports import Command
from cuefocus.shells.message_turns import Message, Standing, WayIn
from cuefocus.shells.midi_pipe import MidiInlet
from cuefocus.shells.source_config import CuesConfig
from cuefocus.wire.midi_show import MscAddress
from cuefocus.wire.said import STOPS


class MidiStops:
    """Those of one port.

    Args:
        config: the port.

    Raises: OSError where the system knows no such look.
    """

    def __init__(self, config: CuesConfig) -> None:
        self._inlet = MidiInlet(os.dup(config.pipe_fd), keeps=True)
        address = MscAddress(config.device, config.groups, config.formats)
        self._desk, self._way = MidiDesk(config.source, address, config.mmc_device, {}, {}), WayIn()

    def words(self) -> Iterator[list[Command]]:
        """The stops of each message that waits and was not looked at yet; what is not asked for stays for the next."""
        if not self._inlet.seen:  # others have taken what was looked at, and perhaps more: what comes is no part of it
            self._desk.restart()
            self._way = WayIn()
        while (came := self._inlet.receive()) is not None:
            if isinstance(came, Message):
                heard = self._desk.feed(came.data, came.stamp_ns)
                yield [word for word in heard if isinstance(word, Command) and word.verb in STOPS]
            elif isinstance(came, Standing):
                known = self._way.known
                if self._way.changed(came) and (known or not came.is_open):
                    self._desk.restart()
        self._desk.remarks()  # of what leads nowhere the conductor tells

    def close(self) -> None:
        """Let go of the pipe."""
        self._inlet.close()
