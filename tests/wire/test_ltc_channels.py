"""The channel with timecode is found by how well it reads; the meter says how well."""

from unittest import mock

import numpy as np
import numpy.typing as npt
import pytest

from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.wire.ltc.channels import ChannelSearch
from cuefocus.wire.ltc.decoder import LtcDecoder
from cuefocus.wire.ltc.encoder import LtcSound, render_ltc
from cuefocus.wire.ltc.frame import LtcFrame
from cuefocus.wire.ltc.meter import SILENT_DBFS, SoundMeter

SAMPLE_RATE, BLOCK = 48_000, 256
Sound = npt.NDArray[np.float32]


def ltc(seconds: float, level: float = 0.5) -> Sound:
    position = np.arange(round(seconds * SAMPLE_RATE)) * (25 / SAMPLE_RATE)
    return render_ltc(LtcSound(RATES["25"], Timecode(1, 0, 0, 0), SAMPLE_RATE, level=level), position)


def noise(samples: int, level: float, seed: int = 1) -> Sound:
    sound: Sound = (level * np.random.default_rng(seed).standard_normal(samples)).astype(np.float32)
    return sound


def fed(search: ChannelSearch, sound: Sound, block: int = BLOCK) -> list[tuple[int, LtcFrame]]:
    return [
        frame for at in range(0, sound.shape[1], block) for frame in search.feed(sound[:, at : at + block])
    ]  # fmt: skip


def stacked(*channels: Sound) -> Sound:
    return np.stack(channels)


@pytest.mark.parametrize("block", [64, 256, 1024, 5000])
def test_timecode_is_found_among_noise_and_silence_and_none_of_it_is_lost(block: int) -> None:
    code = ltc(3.0)
    search = ChannelSearch(SAMPLE_RATE, 4)
    frames = fed(search, stacked(noise(len(code), 0.3), np.zeros_like(code), code, noise(len(code), 0.01, 2)), block)
    assert search.channel == 2
    starts = [first + frame.start_sample for first, frame in frames]
    assert len(frames) >= 72
    assert np.allclose(np.array(starts) % 1920, 0.0, atol=0.1) or np.allclose(np.diff(starts), 1920, atol=0.1)
    assert not search.searching


def test_cross_talk_reads_less_steadily_and_loses() -> None:
    code = ltc(3.0)
    weak = (0.05 * code).astype(np.float32) + noise(len(code), 0.004)
    search = ChannelSearch(SAMPLE_RATE, 2)
    fed(search, stacked(weak, code))
    assert search.channel == 1


def test_of_two_that_read_alike_the_louder_wins() -> None:
    code = ltc(3.0)
    search = ChannelSearch(SAMPLE_RATE, 2)
    fed(search, stacked((0.1 * code).astype(np.float32), code))
    assert search.channel == 1


def test_a_poor_channel_is_taken_when_no_other_reads_better() -> None:
    code = ltc(6.0, level=0.2)
    search = ChannelSearch(SAMPLE_RATE, 6)
    others = [noise(len(code), 0.05, seed) for seed in range(4)]
    fed(search, stacked(*others, code + noise(len(code), 0.15, 9), np.zeros_like(code)))
    assert search.channel == 4


def test_of_many_channels_no_more_than_two_are_read_at_a_time() -> None:
    sound = np.stack([noise(SAMPLE_RATE, 0.1, seed) for seed in range(16)])
    search = ChannelSearch(SAMPLE_RATE, 16)
    with mock.patch.object(LtcDecoder, "feed", autospec=True, side_effect=LtcDecoder.feed) as feed:
        assert fed(search, sound) == []
    read = sum(len(call.args[1]) for call in feed.call_args_list)
    assert read <= 2 * SAMPLE_RATE


def test_a_channel_that_falls_silent_is_left_for_another() -> None:
    code = ltc(4.0)
    half = len(code) // 2
    first, second = code.copy(), code.copy()
    first[half:], second[:half] = 0.0, 0.0
    search = ChannelSearch(SAMPLE_RATE, 2)
    fed(search, stacked(first, second)[:, :half])
    assert search.channel == 0
    frames = fed(search, stacked(first, second)[:, half:])
    assert search.channel == 1
    assert len(frames) >= 15


def test_the_wanted_channel_is_the_only_one_read() -> None:
    code = ltc(1.0)
    search = ChannelSearch(SAMPLE_RATE, 2, wanted=1)
    assert fed(search, stacked(code, np.zeros_like(code))) == []
    assert search.channel == 1


def test_a_likely_channel_needs_no_search() -> None:
    code = ltc(0.3)
    search = ChannelSearch(SAMPLE_RATE, 2, likely=1)
    assert len(fed(search, stacked(np.zeros_like(code), code))) >= 5


def test_the_meter_shows_level_lock_and_clipping() -> None:
    code, meter, search = ltc(2.0, level=0.25), SoundMeter(SAMPLE_RATE), ChannelSearch(SAMPLE_RATE, 1)
    for at in range(0, len(code), BLOCK):
        block = code[at : at + BLOCK]
        meter.hear(block, [frame for _, frame in search.feed(block[None, :])])
    shown = meter.look()
    assert shown.level_dbfs == pytest.approx(-12.3, abs=0.4)
    assert shown.peak_dbfs == pytest.approx(-12.0, abs=0.2)
    assert shown.lock > 0.9
    assert (shown.clipped, shown.front_end) == (0, "edges")
    for _ in range(0, 2 * SAMPLE_RATE, BLOCK):
        meter.hear(np.ones(BLOCK, dtype=np.float32))
    shown = meter.look()
    assert (shown.lock, shown.front_end) == (0.0, "")
    assert shown.clipped > 90_000
    assert meter.look().level_dbfs == SILENT_DBFS
