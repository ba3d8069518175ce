"""Compiled or not, the decoder reads the same: every kernel gives the same bits, and so do whole decoders."""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.random import default_rng

from cuefocus.timebase.frames import RATES, Timecode, timecode_at_frame
from cuefocus.wire.ltc import compiled, loop_cache, word
from cuefocus.wire.ltc.compiled import CompiledKernels, kernels_for, ready_kernels, ready_loops
from cuefocus.wire.ltc.continuity import adjoins
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.edge_reader import EdgeReader
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels, PlainKernels
from cuefocus.wire.ltc.loop_cache import can_compile, is_ready, user_cache
from cuefocus.wire.ltc.loops import MODULES
from cuefocus.wire.ltc.start_fit import fit_starts
from cuefocus.wire.ltc.start_loops import fit_start
from cuefocus.wire.ltc.word import label_counted_on, label_in_word, packed_label, unpacked
from tests.wire.ltc_fixtures import Samples, every_kernels

needs_numba = pytest.mark.skipif(not can_compile(), reason="numba is not installed")


def _packed(label: Timecode) -> int:
    return label.hours << 24 | label.minutes << 16 | label.seconds << 8 | label.frames


def _frames(sound: Samples, sample_rate: int, kernels: Kernels, block: int, *, keep_late: bool) -> list[LtcFrame]:
    decoder = LtcDecoder(sample_rate, keep_late=keep_late, kernels=kernels)
    frames = [frame for at in range(0, len(sound), block) for frame in decoder.feed(sound[at : at + block])]
    return frames + decoder.flush()


@needs_numba
@settings(max_examples=60, deadline=None)
@given(
    rate=st.sampled_from(["24", "25", "29.97df", "30"]),
    sample_rate=st.sampled_from([8_000, 22_050, 44_100, 48_000, 96_000, 192_000]),
    speed=st.sampled_from([-8.0, -1.0, -0.1, 0.05, 0.31, 0.9, 1.0, 1.0, 1.0, 1.2, 4.0]),
    noise=st.sampled_from([0.0, 0.003, 0.05, 0.15, 0.4, 0.8]),
    wow=st.sampled_from([0.0, 0.0, 0.03]),
    gaps=st.lists(st.tuples(st.floats(0, 2), st.floats(0, 0.2), st.sampled_from([0.0, -1.0, np.nan])), max_size=3),
    block=st.sampled_from([256, 1000, 4096, 1 << 17]),
    keep_late=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_compiled_and_plain_decoders_hand_over_the_same_frames(
    rate: str,
    sample_rate: int,
    speed: float,
    noise: float,
    wow: float,
    gaps: list[tuple[float, float, float]],
    block: int,
    keep_late: bool,
    seed: int,
) -> None:
    label = Timecode(9, 59, 59, 20)
    timecode = LtcSound(RATES[rate], label, sample_rate)
    sound = ltc_samples(timecode, 2 * sample_rate, speed=speed, offset_frames=60.3)
    if wow:
        at = np.arange(len(sound), dtype=np.float64)
        turned = at + wow * sample_rate / 38.0 * np.sin(38.0 * at / sample_rate)
        sound = np.interp(turned, at, sound).astype(np.float32)
    sound += (noise * default_rng(seed).standard_normal(len(sound))).astype(np.float32)
    for start, length, factor in gaps:
        sound[int(start * sample_rate) : int((start + length) * sample_rate)] *= np.float32(factor)
    results = [_frames(sound, sample_rate, kernels, block, keep_late=keep_late) for kernels in every_kernels()]
    assert all(result == results[0] for result in results)


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.4])
def test_much_sound_at_once_gives_the_frames_of_block_after_block(noise: float) -> None:
    """What is taken in one go, steady words or hops of the soft reader, is what comes one by one."""
    timecode = LtcSound(RATES["29.97df"], Timecode(0, 59, 50, 0), 48_000)
    sound = ltc_samples(timecode, 48_000 * 20)
    sound[300_000:310_000] = 0.0
    sound[500_000:501_000] *= -1.0
    sound += (noise * default_rng(1).standard_normal(len(sound))).astype(np.float32)
    for kernels in every_kernels():
        whole = _frames(sound, 48_000, kernels, len(sound), keep_late=False)
        assert whole == _frames(sound, 48_000, kernels, 777, keep_late=False)
        assert len(whole) > 570


@pytest.mark.parametrize("noise", [0.0, 0.4])
def test_sixteen_bit_samples_are_read_as_they_are(noise: float) -> None:
    sound = ltc_samples(LtcSound(RATES["25"], Timecode(1, 0, 0, 0)), 48_000 * 2)
    whole = np.round((sound + noise * default_rng(1).standard_normal(len(sound))) * 8192).astype(np.int16)
    for kernels in every_kernels():
        frames = _frames((whole / 8192).astype(np.float32), 48_000, kernels, 5000, keep_late=True)
        decoder = LtcDecoder(48_000, keep_late=True, kernels=kernels)
        stored = [frame for at in range(0, len(whole), 5000) for frame in decoder.feed(whole[at : at + 5000])]
        assert stored + decoder.flush() == frames
        assert len(frames) >= 48


def test_a_block_may_be_reused_once_it_was_fed() -> None:
    sound = ltc_samples(LtcSound(RATES["25"], Timecode(1, 0, 0, 0)), 48_000 * 2)
    sound += (0.4 * default_rng(2).standard_normal(len(sound))).astype(np.float32)
    block, decoder, frames = np.zeros(480, dtype=np.float32), LtcDecoder(48_000), list[LtcFrame]()
    for at in range(0, len(sound), 480):
        block[:] = sound[at : at + 480]
        frames += decoder.feed(block)
        block[:] = np.nan
    assert frames + decoder.flush() == _frames(sound, 48_000, PlainKernels(), 480, keep_late=False)


@settings(max_examples=200, deadline=None)
@given(
    name=st.sampled_from(["24", "25", "30", "29.97df"]),
    count=st.integers(0, 3_000_000),
    steps=st.integers(-50_000, 50_000),
)
def test_packed_labels_count_as_the_timebase_does(name: str, count: int, steps: int) -> None:
    rate = RATES[name]
    label = timecode_at_frame(count, rate)
    there = label_counted_on(_packed(label), steps, rate.nominal, int(rate.drop))
    assert Timecode(*unpacked(there)) == timecode_at_frame(count + steps, rate)
    low, high = label_in_word(_packed(label), int(rate.drop))
    assert packed_label(low, high) == _packed(label)


def test_labels_a_rate_lacks_are_counted_nowhere() -> None:
    assert label_counted_on(_packed(Timecode(1, 1, 0, 0)), 1, 30, 1) == -1
    assert label_counted_on(_packed(Timecode(1, 1, 1, 27)), 1, 25, 0) == -1


@settings(max_examples=200, deadline=None)
@given(
    first=st.integers(-160, 0),
    last=st.integers(0, 160),
    noise=st.sampled_from([0.0, 0.01, 0.3, 3.0]),
    bend=st.sampled_from([0.0, 1.0, 30.0]),
    seed=st.integers(0, 2**32 - 1),
)
def test_the_loop_fits_as_the_arrays_do(first: int, last: int, noise: float, bend: float, seed: int) -> None:
    half_bits = np.arange(-160, 161, dtype=np.float64)
    places = bend * np.sin(half_bits / 50.0) + noise * default_rng(seed).standard_normal(len(half_bits))
    usable = (half_bits >= first) & (half_bits <= last)
    fit = fit_starts(half_bits[None], places[None], usable[None])
    alone = fit_start(half_bits[usable] / 160, places[usable], int(np.count_nonzero(usable)))
    assert alone == (fit.shift[0], fit.noise[0])


@settings(max_examples=50, deadline=None)
@given(
    speed=st.sampled_from([-1.0, 0.3, 1.0, 1.0, 3.0]),
    start=st.sampled_from([Timecode(0, 0, 58, 10), Timecode(0, 9, 59, 20), Timecode(23, 59, 59, 10)]),
    rate=st.sampled_from(["24", "25", "29.97df", "29.97ndf"]),
    splice=st.integers(20_000, 60_000),
    noise=st.sampled_from([0.0, 0.02]),
)
def test_words_said_to_follow_on_do_adjoin(speed: float, start: Timecode, rate: str, splice: int, noise: float) -> None:
    sound = ltc_samples(LtcSound(RATES[rate], start), 120_000, speed=speed, offset_frames=30.0 if speed < 0 else 0.0)
    sound = np.delete(sound, slice(splice, splice + 3_001))
    sound += (noise * default_rng(3).standard_normal(len(sound))).astype(np.float32)
    words = EdgeReader(48_000, PlainKernels()).feed(sound)
    frames, follow = words.frames(), words.follow_on(0.05)
    for earlier, later, follows in zip(frames, frames[1:], follow[1:].tolist(), strict=False):
        assert adjoins(earlier, later) or not follows
    if speed == 1.0 and noise == 0.0:
        assert np.count_nonzero(follow) > 0.8 * len(frames)


@needs_numba
def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kernels = CompiledKernels(tmp_path / "file" / "cache")
    sound = ltc_samples(LtcSound(RATES["25"], Timecode(1, 0, 0, 0)), 10_000)
    assert _frames(sound, 48_000, kernels, 512, keep_late=False) == _frames(
        sound, 48_000, PlainKernels(), 512, keep_late=False
    )


def test_compiled_code_is_kept_for_its_sources_where_users_keep_such_things(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    here = user_cache()
    assert here == Path("/somewhere/cuefocus") / f"loops-{loop_cache.sources_digest()}"
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert user_cache() == Path.home() / ".cache" / "cuefocus" / here.name


def test_short_recordings_wait_for_no_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert isinstance(kernels_for(59.0), PlainKernels)
    assert not list(tmp_path.iterdir())


def test_numba_is_not_loaded_before_it_is_asked_for() -> None:
    code = "import sys, cuefocus.wire.ltc.compiled, cuefocus.app.ltc; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], env={**os.environ}, check=False).returncode == 0


def test_without_numba_the_plain_kernels_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "can_compile", lambda: False)
    assert isinstance(compiled.fastest_kernels(), PlainKernels)


@needs_numba
def test_what_was_compiled_is_ready_for_the_processor_the_numba_and_the_sources_it_was_compiled_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    every_kernels()
    assert is_ready(user_cache())
    assert ready_loops() == str(user_cache())
    other = tmp_path / "cpuinfo"
    other.write_text("model name : another\nflags : fpu\n")
    with monkeypatch.context() as changed:
        changed.setattr(loop_cache, "_PROCESSOR", other)
        assert ready_loops() == ""
    with monkeypatch.context() as changed:
        changed.setattr("importlib.metadata.version", lambda name: f"another {name}")
        assert ready_loops() == ""
    here, touched = user_cache(), Path(str(word.__file__)).stat().st_mtime_ns
    with monkeypatch.context() as changed:
        changed.setattr(loop_cache, "_stamp", lambda source: f"{source} {touched + 1}")
        assert not is_ready(here)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert ready_loops() == ""


def test_a_line_that_changes_in_whatever_loops_are_compiled_from_has_them_compiled_anew() -> None:
    known = {module.__name__ for module in MODULES}
    read = {
        node.module
        for module in MODULES
        for node in ast.walk(ast.parse(inspect.getsource(module)))
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module.startswith("cuefocus.wire.")
    }
    assert read <= known


@needs_numba
def test_every_loop_is_compiled_from_a_module_whose_changes_are_seen() -> None:
    known = {module.__name__ for module in MODULES}
    used = {loop.py_func.__module__ for loop in vars(CompiledKernels()).values() if hasattr(loop, "py_func")}
    assert used
    assert used <= known


@needs_numba
def test_a_folder_with_all_loops_gives_compiled_kernels_and_none_the_plain_ones() -> None:
    every_kernels()
    assert ready_kernels(ready_loops()).name == "compiled"
    assert ready_kernels("").name == "plain"
