"""Every exception CueFocus raises on purpose.

What the wire says wrongly is never an exception: it is a `Glitch` value. These are for us and for the operator.
"""


class CueFocusError(Exception):
    """Root of all deliberate errors: a sentence with cause and cure, and fields a program can read.

    Args:
        sentence: what is wrong, for a person.
        where: the file, port or field it is about; empty when the sentence says it all.
        hint: what to do next.
    """

    def __init__(self, sentence: str, *, where: str = "", hint: str = "") -> None:
        self.sentence, self.where, self.hint = sentence, where, hint
        super().__init__(sentence)

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        cure = f"; {self.hint}" if self.hint else ""
        return f"{place}{self.sentence}{cure}"


class InputError(CueFocusError):
    """The input is at fault (exit status 1)."""


class ShowFileError(InputError):
    """A show file, words file or beat map cannot be used."""


class RigFileError(InputError):
    """A rig or lens file cannot be used."""


class SoundFileError(InputError):
    """A sound file cannot be read, or holds no timecode."""


class JournalError(InputError):
    """A journal is torn or was written by another version."""


class TimecodeError(InputError):
    """A timecode label does not exist in its rate."""


class PlanError(CueFocusError):
    """A motion cannot be planned as asked."""


class TravelError(CueFocusError):
    """A position lies past an end stop."""


class DeviceError(CueFocusError):
    """A device or the system is at fault (exit status 3)."""


class LinkError(DeviceError):
    """A port is not there, or went away."""


class MotorFault(DeviceError):
    """A motor does not answer or answers wrongly."""
