"""Samples without a header are sound once somebody says what they are."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from cuefocus.errors import InputError, SoundFileError
from cuefocus.shells.raw_sound import CODINGS, RawForm
from cuefocus.shells.sound_file import SoundFile

SOUND = np.array([[0.5, -0.25], [-0.5, 0.125], [0.75, 0.0]])


def as_stored(coding: str) -> bytes:
    order = ">" if coding.endswith("be") else "<"
    if coding == "u8":
        return np.round(SOUND * 128 + 128).astype("u1").tobytes()
    if coding == "s8":
        return np.round(SOUND * 128).astype("i1").tobytes()
    if coding.startswith("s24"):
        wide: npt.NDArray[np.int32] = np.round(SOUND * (1 << 23)).astype(f"{order}i4")
        kept = slice(1, 4) if order == ">" else slice(0, 3)
        return wide.reshape(-1, 1).view(np.uint8)[:, kept].tobytes()
    if coding.startswith("f"):
        return SOUND.astype(f"{order}f{int(coding[1:3]) // 8}").tobytes()
    bits = int(coding[1:3])
    return np.round(SOUND * float(1 << (bits - 1))).astype(f"{order}i{bits // 8}").tobytes()


def test_both_byte_orders_and_both_kinds_of_8_bits_are_offered() -> None:
    both = {f"{kind}{order}" for kind in ("s16", "s24", "s32", "f32", "f64") for order in ("le", "be")}
    assert set(CODINGS) == {"u8", "s8", *both}


@pytest.mark.parametrize("coding", CODINGS)
def test_every_coding_is_read_a_channel_at_a_time(tmp_path: Path, coding: str) -> None:
    path = tmp_path / "x.raw"
    path.write_bytes(as_stored(coding))
    sound = SoundFile.open(path, RawForm(coding, 48_000, 2))
    assert (sound.samples, sound.channels, sound.sample_rate, sound.warning) == (3, 2, 48_000, "")
    for channel in (0, 1):
        (block,) = sound.blocks(channel)
        assert block == pytest.approx(SOUND[:, channel])


def test_a_file_that_does_not_end_with_a_sample_is_read_and_told_of(tmp_path: Path) -> None:
    path = tmp_path / "x.raw"
    path.write_bytes(as_stored("s16le")[:-1])
    sound = SoundFile.open(path, RawForm("s16le", 48_000, 2))
    assert sound.samples == 2
    assert "3 of 4 bytes" in sound.warning


def test_a_file_without_one_sample_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.raw"
    path.write_bytes(b"\0")
    with pytest.raises(SoundFileError, match="no sound in it"):
        SoundFile.open(path, RawForm("s16le", 48_000))
    with pytest.raises(SoundFileError, match="no such file"):
        SoundFile.open(tmp_path / "y.raw", RawForm("s16le", 48_000))


@pytest.mark.parametrize(
    ("form", "where"),
    [(("s12le", 48_000, 1), "--raw"), (("s16le", 0, 1), "--sample-rate"), (("s16le", 48_000, 0), "--channels")],
)
def test_what_no_sound_is_is_refused_with_its_option(form: tuple[str, int, int], where: str) -> None:
    with pytest.raises(InputError) as refused:
        RawForm(*form)
    assert refused.value.where == where
    assert refused.value.hint
