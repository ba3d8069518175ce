"""How fast LTC is read, from files and live, beside libltc in the same run."""

import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ltc_peer import by_libltc, libltc

from cuefocus.app.ltc import decode_ltc, generate_ltc
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.encoder import LtcSound, ltc_samples
from cuefocus.wire.ltc.kernels import Kernels

_RATE = 48_000
_BLOCK_SAMPLES = 1 << 18
_LIVE_SAMPLES = 256
_LIVE_S = 120
_PEER_CHUNK = 1 << 16  # its fastest: the calls through ctypes weigh nothing
_SNRS_DB = (10, 5, 0)
_TRIES = 3

Samples = npt.NDArray[np.int16]


def print_speeds(kernels: Kernels, minutes: int) -> None:
    """The speed table and the live table.

    Args:
        kernels: what the decoder runs on.
        minutes: length of the clean sound; a sixth of it of each noisy one.
    """
    clean = _timecode(60 * minutes)
    noisy = {f"{snr} dB": _noisy(clean[: len(clean) // 6], snr) for snr in _SNRS_DB}
    gc.collect()
    gc.freeze()  # as the programs do once they are up
    library = libltc()
    print(f"{'48 kHz, 25 fps, int16 in memory':34s} {'frames':>7s} {'CueFocus':>10s} {'libltc':>10s}   x real time")
    for name, sound in {"clean": clean, **noisy}.items():
        ours = _best(lambda sound=sound: _by_us(sound, kernels))
        theirs = _best(lambda sound=sound: _by_peer(library, sound)) if library is not None else (0, float("nan"))
        seconds = len(sound) / _RATE
        label = f"{name}, {seconds / 60:.0f} min"
        print(f"{label:34s} {ours[0]:7d} {seconds / ours[1]:10.0f} {seconds / theirs[1]:10.0f}   ({theirs[0]} frames)")
    _print_whole_verb(minutes)
    print(f"{f'live, blocks of {_LIVE_SAMPLES}, ms':34s} {'p50':>7s} {'p99':>7s} {'p99.9':>7s} {'core %':>7s}")
    for name, sound in {"clean": clean, **noisy, "no timecode, noise": _noisy(0 * clean[: _LIVE_S * _RATE], 0)}.items():
        spent_s = _live(sound[: _LIVE_S * _RATE], kernels)
        p50, p99, p999 = (1e3 * float(each) for each in np.percentile(spent_s, [50, 99, 99.9]))
        core = 100.0 * float(spent_s.sum()) * _RATE / (len(spent_s) * _LIVE_SAMPLES)
        print(f"{name:34s} {p50:7.3f} {p99:7.3f} {p999:7.3f} {core:7.2f}")


def _print_whole_verb(minutes: int) -> None:
    """The same from a WAV file, with everything that `ltc decode` does save printing."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clean.wav"
        generate_ltc(path, rate="25", start="01:00:00:00", seconds=60.0 * minutes)
        frames, spent_s = _best(lambda: len(decode_ltc(path).frames))
    print(f"{'ltc decode, WAV file':34s} {frames:7d} {60 * minutes / spent_s:10.0f}")


def _best(run: Callable[[], int]) -> tuple[int, float]:
    """What a run gives, and the least CPU time of some tries, s."""
    tries = []
    count = 0
    for _ in range(_TRIES):
        began_s = time.process_time()
        count = run()
        tries.append(time.process_time() - began_s)
    return count, min(tries)


def _by_us(sound: Samples, kernels: Kernels) -> int:
    decoder = LtcDecoder(_RATE, keep_late=True, kernels=kernels)
    frames = []
    for at in range(0, len(sound), _BLOCK_SAMPLES):
        frames += decoder.feed(sound[at : at + _BLOCK_SAMPLES])
    return len(frames + decoder.flush())


def _by_peer(library: object, sound: Samples) -> int:
    found, _ = by_libltc(library, sound, _RATE, _PEER_CHUNK)  # type: ignore[arg-type]
    return len(found)


def _live(sound: Samples, kernels: Kernels) -> npt.NDArray[np.float64]:
    """CPU time of each block, s."""
    decoder = LtcDecoder(_RATE, kernels=kernels)
    spent_s = []
    blocks = (sound.astype(np.float32) / np.float32(32768)).reshape(-1, _LIVE_SAMPLES)
    for block in blocks:
        began_s = time.thread_time()
        decoder.feed(block)
        spent_s.append(time.thread_time() - began_s)
    return np.array(spent_s)


def _timecode(seconds: int) -> Samples:
    timecode = LtcSound(RATES["25"], Timecode(1, 0, 0, 0), _RATE)
    sound = np.empty(seconds * _RATE, dtype=np.int16)
    for at in range(0, seconds, 60):
        samples = min(60, seconds - at) * _RATE
        piece = ltc_samples(timecode, samples, offset_frames=at * 25.0)
        sound[at * _RATE : at * _RATE + samples] = np.round(piece * 32767)
    return sound


def _noisy(sound: Samples, snr_db: float) -> Samples:
    rng = np.random.default_rng(1)
    rms = float(np.sqrt(np.mean(sound[: 60 * _RATE].astype(np.float64) ** 2))) or 3000.0
    noise = rms * 10 ** (-snr_db / 20) * rng.standard_normal(len(sound), dtype=np.float32)
    return np.clip(np.round(0.5 * (sound + noise)), -32768, 32767).astype(np.int16)
