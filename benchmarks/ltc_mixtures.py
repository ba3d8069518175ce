"""Timecode among other sound, coded, worn and torn: what is read, beside libltc, and whether anything is read wrong."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from ltc_peer import by_libltc, libltc

from cuefocus.sim import worn_sound as worn
from cuefocus.sim.worn_sound import PlayedTimecode, Score, Sound, Touched, score, timecode
from cuefocus.timebase.frames import Timecode
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.kernels import Kernels

_FORMS = ((48_000, "25"), (48_000, "29.97df"), (44_100, "24"))
_BLOCK_SAMPLES = 1 << 17
_CODECS = {
    "mp3 128k": ("mp3", "libmp3lame", "128k"),
    "mp3 64k": ("mp3", "libmp3lame", "64k"),
    "mp3 32k": ("mp3", "libmp3lame", "32k"),
    "vorbis 64k": ("ogg", "libvorbis", "64k"),
    "opus 64k": ("ogg", "libopus", "64k"),
    "opus 24k": ("ogg", "libopus", "24k"),
    "opus 12k": ("ogg", "libopus", "12k"),
    "aac 96k": ("adts", "aac", "96k"),
    "aac 48k": ("adts", "aac", "48k"),
}

Worn = tuple[Sound, Touched]
Wear = Callable[[PlayedTimecode, np.random.Generator], Worn]


@dataclass(frozen=True, slots=True)
class Mixture:
    """One kind of wear."""

    name: str
    wear: Wear


def print_mixtures(kernels: Kernels, seeds: int, seconds: float, only: str) -> None:
    """A line a mixture: frames read and false ones, of all forms and seeds, ours and libltc's."""
    library = libltc()
    print(f"{'mixture':30s} {'needed':>7s} {'right %':>8s} {'false':>6s}   {'libltc %':>8s} {'false':>6s}")
    total, peer_total = Score(), Score()
    for mixture in mixtures():
        if only not in mixture.name:
            continue
        ours, theirs = Score(), Score()
        for truth, sound, touched, delay in _sounds(mixture, seeds, seconds):
            samples = sound.astype(np.float32)
            _add(
                ours,
                score(_by_us(samples, truth.sample_rate, kernels), truth, len(sound), touched, delay_samples=delay),
            )
            if library is not None:
                stored = np.clip(np.round(samples * 16384.0), -32768, 32767).astype(np.int16)
                found, _ = by_libltc(library, stored, truth.sample_rate)
                frames = [
                    LtcFrame(Timecode(*map(int, each[:4])), 0, each[4], each[4], -1 if each[5] else 1, 0.0)
                    for each in found
                ]
                _add(theirs, score(frames, truth, len(sound), touched, delay_samples=delay))
        if not ours.needed:
            continue
        _add(total, ours)
        _add(peer_total, theirs)
        print(f"{mixture.name:30s} {_line(ours)}   {_line(theirs)[8:] if theirs.needed else ''}")
        for wrong in ours.wrong[:5]:
            print(f"    false: {wrong}")
    print(f"{'all':30s} {_line(total)}   {_line(peer_total)[8:] if peer_total.needed else ''}")


def mixtures() -> Iterator[Mixture]:
    """All of them."""
    for name in _CODECS:
        yield Mixture(name, lambda truth, _, name=name: (_coded(truth.sound, truth.sample_rate, name), []))
    yield Mixture("mu-law", lambda truth, _: (worn.mu_law(truth.sound), []))
    yield Mixture("mu-law, -40 dB", lambda truth, _: (worn.mu_law(0.01 * truth.sound), []))
    for level_db in (-20.0, -12.0, -6.0, -3.0):
        yield Mixture(f"other LTC {level_db:.0f} dB", lambda truth, _, at=level_db: (_beside_ltc(truth, at, "25"), []))
    yield Mixture("other LTC -12 dB, 30 fps", lambda truth, _: (_beside_ltc(truth, -12.0, "30"), []))
    yield Mixture(
        "other LTC -6 dB, noise 10 dB",
        lambda t, chance: (worn.with_noise(_beside_ltc(t, -6.0, "25"), 10.0, chance), []),
    )
    for name, other in (("music", worn.music), ("speech", worn.speech)):
        for level_db in (-10.0, -5.0, 0.0, 5.0):

            def beside(
                truth: PlayedTimecode,
                chance: np.random.Generator,
                at: float = level_db,
                make: Callable[..., Sound] = other,
            ) -> Worn:
                return worn.with_beside(truth.sound, make(len(truth.sound), truth.sample_rate, chance), at), []

            yield Mixture(f"{name} {level_db:+.0f} dB", beside)
    yield Mixture("clipped, hum 0 dB, noise 12 dB", _spoilt)
    yield Mixture(
        "clipped 20 dB, hum -6, noise 6",
        lambda t, chance: (
            worn.clipped(worn.with_noise(worn.with_hum(t.sound, t.sample_rate, -6.0), 6.0, chance), 20.0),
            [],
        ),
    )
    yield Mixture(
        "hum 12 dB, clipped together",
        lambda t, _: (worn.clipped(worn.with_hum(t.sound, t.sample_rate, 12.0), 9.0), []),
    )
    yield Mixture("DC steps", lambda t, chance: worn.with_steps(t.sound, t.sample_rate, chance))
    yield Mixture(
        "DC steps, noise 10 dB",
        lambda t, chance: worn.with_steps(worn.with_noise(t.sound, 10.0, chance), t.sample_rate, chance),
    )
    for per_s in (2.0, 6.0):
        yield Mixture(
            f"dropouts {per_s:.0f}/s",
            lambda t, chance, per_s=per_s: worn.with_dropouts(t.sound, t.sample_rate, chance, per_s=per_s),
        )
        yield Mixture(
            f"dropouts {per_s:.0f}/s, noise 20 dB",
            lambda t, chance, per_s=per_s: _noisy(
                worn.with_dropouts(t.sound, t.sample_rate, chance, per_s=per_s), 20.0, chance
            ),
        )
        yield Mixture(
            f"dropouts {per_s:.0f}/s, noise 8 dB",
            lambda t, chance, per_s=per_s: _noisy(
                worn.with_dropouts(t.sound, t.sample_rate, chance, per_s=per_s), 8.0, chance
            ),
        )
    yield Mixture(
        "dropouts 2/s, noise 2 dB",
        lambda t, chance: _noisy(worn.with_dropouts(t.sound, t.sample_rate, chance), 2.0, chance),
    )
    yield Mixture(
        "dips of 20 dB, noise 20 dB",
        lambda t, chance: _noisy(worn.with_dropouts(t.sound, t.sample_rate, chance, gain=0.1), 20.0, chance),
    )
    for hertz in (3000.0, 2000.0, 1500.0, 1000.0):
        yield Mixture(
            f"azimuth {hertz:.0f} Hz",
            lambda t, chance, hertz=hertz: (
                worn.with_noise(worn.low_passed(t.sound, t.sample_rate, hertz), 20.0, chance),
                [],
            ),
        )
    yield Mixture(
        "converted 44.1k, 48k, 22.05k",
        lambda t, _: (worn.resampled(worn.resampled(t.sound, t.sample_rate, 44_100), t.sample_rate, 22_050), []),
    )
    yield Mixture("converted 16k", lambda t, _: (worn.resampled(t.sound, t.sample_rate, 16_000), []))
    yield Mixture("converted 11.025k", lambda t, _: (worn.resampled(t.sound, t.sample_rate, 11_025), []))
    for depth, hertz in ((6.0, 4.0), (12.0, 10.0), (12.0, 50.0)):
        yield Mixture(
            f"flutter {depth:.0f} dB, {hertz:.0f} Hz",
            lambda t, chance, depth=depth, hertz=hertz: (
                worn.with_noise(worn.fluttering(t.sound, t.sample_rate, depth, hertz), 20.0, chance),
                [],
            ),
        )
    for delay_s, level_db in ((0.02, -6.0), (0.02, -2.0), (0.003, -6.0)):
        yield Mixture(
            f"echo {1e3 * delay_s:.0f} ms, {level_db:.0f} dB",
            lambda t, _, late=delay_s, at=level_db: (worn.echoing(t.sound, t.sample_rate, late, at), []),
        )
    for level_db in (-10.0, -6.0, 0.0):
        yield Mixture(
            f"room 0.4 s, {level_db:.0f} dB",
            lambda t, chance, at=level_db: (worn.in_a_room(t.sound, t.sample_rate, 0.4, at, chance), []),
        )
    yield Mixture("polarity flips", lambda t, chance: worn.with_flips(t.sound, t.sample_rate, chance))
    yield Mixture(
        "polarity flips, noise 6 dB",
        lambda t, chance: _noisy(worn.with_flips(t.sound, t.sample_rate, chance), 6.0, chance),
    )
    yield Mixture("music 0 dB, dropouts, lp 4 kHz", _everything)


def _spoilt(truth: PlayedTimecode, chance: np.random.Generator) -> Worn:
    noisy = worn.with_noise(truth.sound, 12.0, chance)
    return worn.clipped(worn.with_hum(noisy, truth.sample_rate, 0.0), 10.0), []


def _everything(truth: PlayedTimecode, chance: np.random.Generator) -> Worn:
    torn, touched = worn.with_dropouts(truth.sound, truth.sample_rate, chance)
    mixed = worn.with_beside(torn, worn.music(len(torn), truth.sample_rate, chance), 0.0)
    return worn.low_passed(mixed, truth.sample_rate, 4000.0), touched


def _noisy(sound: Worn, snr_db: float, chance: np.random.Generator) -> Worn:
    return worn.with_noise(sound[0], snr_db, chance), sound[1]


def _beside_ltc(truth: PlayedTimecode, level_db: float, rate: str) -> Sound:
    seconds = len(truth.sound) / truth.sample_rate + 1.0
    other = timecode(seconds, sample_rate=truth.sample_rate, rate=rate, first=Timecode(4, 5, 6, 7)).sound
    late = round(0.0137 * truth.sample_rate)
    return worn.with_beside(truth.sound, other[late : late + len(truth.sound)], level_db)


def _sounds(mixture: Mixture, seeds: int, seconds: float) -> Iterator[tuple[PlayedTimecode, Sound, Touched, float]]:
    for seed in range(seeds):
        for number, (sample_rate, rate) in enumerate(_FORMS):
            chance = np.random.default_rng([seed, number])
            first = Timecode(int(chance.integers(0, 23)), int(chance.integers(0, 60)), int(chance.integers(2, 60)), 0)
            truth = timecode(seconds, sample_rate=sample_rate, rate=rate, first=first)
            sound, touched = mixture.wear(truth, chance)
            if len(sound):
                delay = _delay(sound, truth.sound) if mixture.name in _CODECS else 0.0
                touched = [*touched, (len(sound) - 1, len(sound))]
                yield truth, sound, touched, delay


def _coded(sound: Sound, sample_rate: int, name: str) -> Sound:
    """Through an encoder of ffmpeg's and back; nothing where it is missing."""
    program, (form, encoder, bits) = shutil.which("ffmpeg"), _CODECS[name]
    if program is None:
        return np.zeros(0)
    raw = ("-f", "f32le", "-ar", str(sample_rate), "-ac", "1")
    into = [program, "-v", "error", *raw, "-i", "-", "-c:a", encoder, "-b:a", bits, "-f", form, "-"]
    coded = subprocess.run(into, input=sound.astype("<f4").tobytes(), capture_output=True, check=False).stdout
    back = [program, "-v", "error", "-f", {"adts": "aac"}.get(form, form), "-i", "-", *raw, "-"]
    decoded = subprocess.run(back, input=coded, capture_output=True, check=False).stdout
    return np.frombuffer(decoded, dtype="<f4").astype(np.float64)


def _delay(late: Sound, sound: Sound) -> float:
    """How much later the one is, samples."""
    count = min(len(late), len(sound), 1 << 18)
    size = 2 * count
    spectrum = np.fft.rfft(late[:count], size) * np.conj(np.fft.rfft(sound[:count], size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return float(peak - size if peak > count else peak)


def _by_us(sound: "np.typing.NDArray[np.float32]", sample_rate: int, kernels: Kernels) -> list[LtcFrame]:
    decoder, frames = LtcDecoder(sample_rate, keep_late=True, kernels=kernels), list[LtcFrame]()
    for at in range(0, len(sound), _BLOCK_SAMPLES):
        frames += decoder.feed(sound[at : at + _BLOCK_SAMPLES])
    return frames + decoder.flush()


def _add(total: Score, more: Score) -> None:
    total.needed, total.right, total.false = (
        total.needed + more.needed, total.right + more.right, total.false + more.false
    )  # fmt: skip
    total.wrong += more.wrong


def _line(result: Score) -> str:
    return f"{result.needed:7d} {100.0 * result.right / max(1, result.needed):8.2f} {result.false:6d}"
