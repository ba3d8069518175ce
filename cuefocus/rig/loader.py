"""From rig and lens files to a `Rig` and its lenses, or every complaint at once."""

from dataclasses import dataclass, field
from pathlib import Path

from cuefocus.errors import RigFileError
from cuefocus.files.complaint import Complaint, FileRefused, in_file_order
from cuefocus.files.load import Loaded, load_model, read_bytes
from cuefocus.files.validate import did_you_mean
from cuefocus.rig.lens import LENS_SCHEMA_ID, Lens
from cuefocus.rig.models import RIG_SCHEMA_ID, Rig


class RigRefused(FileRefused, RigFileError):
    """A rig or lens file that cannot be used, with every complaint."""


@dataclass(frozen=True, slots=True)
class LoadedRig:
    """A rig with its lenses.

    Args:
        rig: the rig file.
        lenses: lens files by `name#serial`.
    """

    rig: Loaded[Rig]
    lenses: dict[str, Loaded[Lens]] = field(default_factory=dict)

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        """Warnings and notes of all files."""
        of_lenses = tuple(complaint for lens in self.lenses.values() for complaint in lens.complaints)
        return self.rig.complaints + of_lenses

    def lens_of(self, camera: str) -> Lens:
        """The lens the rig puts on a camera. Raises: KeyError."""
        return self.lenses[self.rig.value.cameras[camera].lens].value


def load_rig(path: Path) -> LoadedRig:
    """A rig file from disk with the lens files it names. Raises: RigRefused with the complaints of all of them."""
    rig = parse_rig(read_bytes(path, RigRefused), str(path))
    wrong: list[Complaint] = []
    lenses: dict[str, Loaded[Lens]] = {}
    for index, name in enumerate(rig.value.lenses):
        try:
            lens = load_lens(path.parent / name)
        except RigRefused as refused:
            if refused.complaints[0].line == 0:  # not the file's words are wrong but its name
                wrong.append(rig.located.complaint(("lenses", index), f"{name}: {refused.complaints[0].problem}"))
            else:
                wrong += refused.complaints
            continue
        if lens.value.key in lenses:
            problem = f"lens {lens.value.key} is in two files"
            wrong.append(rig.located.complaint(("lenses", index), problem, "keep one, or correct a serial number"))
        lenses[lens.value.key] = lens
    for camera_id, camera in rig.value.cameras.items():
        if camera.lens not in lenses and not wrong:
            known = ", ".join(lenses) or "none"
            hint = did_you_mean(camera.lens, lenses) or "add its file under lenses:"
            problem = f"no lens {camera.lens!r}; have {known}"
            wrong.append(rig.located.complaint(("cameras", camera_id, "lens"), problem, hint))
    if wrong:
        raise RigRefused(in_file_order(wrong))
    return LoadedRig(rig, lenses)


def parse_rig(data: bytes, file: str) -> Loaded[Rig]:
    """A rig file's bytes as a rig, without its lenses. Raises: RigRefused."""
    return load_model(
        data, file, model=Rig, schema_id=RIG_SCHEMA_ID, findings=lambda rig: rig.complaints(), refused=RigRefused
    )


def load_lens(path: Path) -> Loaded[Lens]:
    """A lens file from disk. Raises: RigRefused."""
    return parse_lens(read_bytes(path, RigRefused), str(path))


def parse_lens(data: bytes, file: str) -> Loaded[Lens]:
    """A lens file's bytes as a lens. Raises: RigRefused."""
    return load_model(
        data, file, model=Lens, schema_id=LENS_SCHEMA_ID, findings=lambda lens: lens.complaints(), refused=RigRefused
    )
