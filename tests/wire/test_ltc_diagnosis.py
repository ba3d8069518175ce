"""What is wrong with a signal is said in plain words, and a good one is called good."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.diagnosis import Ailment, Expected, diagnose
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc
from cuefocus.wire.ltc.symptoms import symptoms_of

SAMPLE_RATE = 48_000
SECONDS = 4.0
LENGTH = round(SECONDS * SAMPLE_RATE)
Sound = npt.NDArray[np.float32]


def ltc(rate: str = "25", *, level: float = 0.25, speed: float = 1.0) -> Sound:
    frame_rate = RATES[rate]
    position = np.arange(LENGTH) * (float(frame_rate.fps) / SAMPLE_RATE) * speed
    return render_ltc(LtcSound(frame_rate, Timecode(1, 0, 0, 0), SAMPLE_RATE, level=level), position)


def noise(level: float, seed: int = 1) -> Sound:
    sound: Sound = (level * np.random.default_rng(seed).standard_normal(LENGTH)).astype(np.float32)
    return sound


def sine(frequency_hz: float, level: float) -> Sound:
    sound: Sound = (level * np.sin(2 * np.pi * frequency_hz / SAMPLE_RATE * np.arange(LENGTH))).astype(np.float32)
    return sound


def talk() -> Sound:
    """Bursts of a buzz with gaps between, as syllables are."""
    syllables = np.repeat(np.random.default_rng(2).uniform(0.0, 1.0, 32) ** 2, LENGTH // 32)
    buzz = np.sign(np.sin(2 * np.pi * 140 / SAMPLE_RATE * np.arange(len(syllables))))
    sound: Sound = (0.2 * syllables * buzz * (1 + noise(0.3)[: len(syllables)])).astype(np.float32)
    return sound


def found(channels: Sequence[Sound], expected: Expected | None = None) -> list[Ailment]:
    return diagnose([symptoms_of(sound, SAMPLE_RATE) for sound in channels], SECONDS, SAMPLE_RATE, expected)


def kinds(channels: Sequence[Sound], expected: Expected | None = None) -> set[str]:
    return {ailment.kind for ailment in found(channels, expected)}


@pytest.mark.parametrize("rate", ["23.976", "24", "25", "29.97df", "29.97ndf", "30"])
def test_a_good_signal_is_called_good_and_nothing_else(rate: str) -> None:
    ailments = found([ltc(rate)], Expected(channel=0, rates=(RATES[rate],)))
    assert [ailment.kind for ailment in ailments] == ["healthy"]
    assert rate in ailments[0].problem


@pytest.mark.parametrize(
    ("sound", "kind", "severity", "says"),
    [
        (ltc(level=0.004), "too low", "warning", "-48 dBFS"),
        (np.clip(ltc() * 20, -1.0, 1.0).astype(np.float32), "clipped", "warning", "full scale"),
        (ltc(level=0.1) + sine(50, 0.3), "hum", "warning", "50 Hz"),
        (ltc(level=0.1) + sine(60, 0.06), "hum", "note", "60 Hz"),
        (np.diff(ltc(), prepend=0.0).astype(np.float32), "differentiated", "note", "edges"),
        (ltc() + noise(0.2), "noisy", "warning", "matched filters"),
        (ltc(speed=1.04), "speed", "warning", "1.040 times"),
        (ltc(speed=-1.0), "speed", "warning", "backwards"),
        (np.concatenate([ltc()[: LENGTH // 2], noise(1e-5)[: LENGTH // 2]]), "gaps", "note", "of the 4 s only"),
        (noise(1e-6), "silence", "error", "silence"),
        (noise(0.1), "not timecode", "error", "noise at"),
        (sine(1000, 0.1), "not timecode", "error", "a tone at"),
        (sine(50, 0.1) + sine(150, 0.04), "not timecode", "error", "50 Hz hum"),
        (talk(), "not timecode", "error", "speech or music"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_said(sound: Sound, kind: str, severity: str, says: str) -> None:
    ailments = found([sound])
    ailment = next((each for each in ailments if each.kind == kind), None)
    assert ailment is not None, ailments
    assert ailment.severity == severity
    assert says in ailment.problem
    assert ailment.hint


def test_timecode_on_another_channel_than_the_configured_one() -> None:
    channels = [noise(1e-6), talk(), ltc(), noise(1e-6, 3)]
    wrong = found(channels, Expected(channel=0))[0]
    assert (wrong.severity, wrong.kind) == ("error", "wrong channel")
    assert wrong.problem == "LTC is on channel 3, 1 is configured, where there is silence"
    assert "speech or music" in found(channels, Expected(channel=1))[0].problem
    assert kinds(channels, Expected(channel=2)) == {"healthy"}
    assert "channel 3" in found(channels)[0].problem
    assert found(channels, Expected(channel=9))[0].kind == "wrong channel"


def test_cross_talk_is_not_taken_for_the_true_channel() -> None:
    channels = [(ltc() * 0.05).astype(np.float32) + noise(0.002), ltc()]
    assert "channel 2" in found(channels)[0].problem


def test_another_rate_than_the_shows_is_named_with_both() -> None:
    wrong = next(each for each in found([ltc("25")], Expected(rates=(RATES["24"],))) if each.kind == "wrong rate")
    assert wrong.severity == "error"
    assert wrong.problem == "wrong rate: labels say 25, the show says 24"


def test_pull_down_that_labels_do_not_show_is_heard() -> None:
    wrong = next(each for each in found([ltc("23.976")], Expected(rates=(RATES["24"],))) if each.kind == "wrong rate")
    assert wrong.severity == "warning"
    assert "runs at 23.976" in wrong.problem


def test_one_of_several_acts_rates_is_enough() -> None:
    assert kinds([ltc("25")], Expected(rates=(RATES["24"], RATES["25"]))) == {"healthy"}


def test_frame_pairs_carry_half_the_count() -> None:
    assert kinds([ltc("50")], Expected(rates=(RATES["50"],))) == {"healthy"}


def test_no_sound_at_all_is_silence() -> None:
    assert diagnose([symptoms_of(np.zeros(0, dtype=np.float32), SAMPLE_RATE)], 0.0, SAMPLE_RATE)[0].kind == "silence"


def dulled(sound: Sound, hertz: float, poles: int) -> Sound:
    """Behind a path that ends there."""
    response = (1.0 + 1j * np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE) / hertz) ** -poles
    return np.fft.irfft(np.fft.rfft(sound) * response, len(sound)).astype(np.float32)


@pytest.mark.parametrize("rate", ["24", "25", "29.97df"])
def test_a_path_without_a_high_end_is_named_whether_it_can_be_read_or_not(rate: str) -> None:
    read, lost = found([dulled(ltc(rate), 2000, 4)]), found([dulled(ltc(rate), 1000, 4)])
    assert [(each.kind, each.severity) for each in read] == [("band-limited", "warning")]
    assert [(each.kind, each.severity) for each in lost] == [("band-limited", "error")]
    assert "wider path" in lost[0].hint
    assert "band-limited" not in kinds([dulled(ltc(rate), 3000, 4)]) | kinds([sine(1000, 0.2)]) | kinds([talk()])
