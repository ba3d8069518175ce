import pytest

from cuefocus.chase.follower import Follower
from cuefocus.chase.heard_rate import heard_rate
from cuefocus.chase.speeds import speeds_between
from cuefocus.timebase.frames import RATES
from cuefocus.timebase.units import NS_PER_S
from tests.chase.simulated import HOST0_NS, Source, act, exactly, follow

TWINS = [("24", "23.976"), ("23.976", "24"), ("30", "29.97ndf"), ("29.97ndf", "30"), ("48", "47.952"), ("59.94", "60")]
WORDS = {"47.952": "23.976", "48": "24", "59.94": "29.97ndf", "60": "30"}


@pytest.mark.parametrize("ppm", [-100.0, 0.0, 100.0])
@pytest.mark.parametrize("noise_ns", [300.0, 20_000.0, 100_000.0])
@pytest.mark.parametrize(("declared", "played"), [*TWINS, *((one, one) for one, _ in TWINS), ("29.97df", "29.97df")])
def test_the_rate_is_told_within_three_seconds(declared: str, played: str, noise_ns: float, ppm: float) -> None:
    """From LTC at 20 dB to stamps that scatter by 0.1 ms, at what crystals are off."""
    source = Source(RATES[played], 7, ppm=ppm, noise_ns=noise_ns)
    follower = Follower(act(declared))
    follow(follower, source.play("01:00:00:00", 3.0))
    heard = follower.heard_rate
    assert heard is not None
    assert heard.rate == WORDS.get(played, played)
    assert heard.ppm == pytest.approx(ppm, abs=max(1.0, 5.0 * heard.sigma_ppm))
    assert heard.sigma_ppm < 100.0


@pytest.mark.parametrize(("declared", "played"), TWINS)
def test_the_wrong_twin_is_refused_within_three_seconds_by_name(declared: str, played: str) -> None:
    source = Source(RATES[played], 7, ppm=60.0, noise_ns=20_000.0)
    follower = Follower(act(declared))
    run = follow(follower, source.play("01:00:00:00", 3.0))
    refused = [event for event in run.events if event.refused]
    assert len(refused) == 1
    assert refused[0].stamp_ns - HOST0_NS < 3 * NS_PER_S
    assert f"act says {declared}" in refused[0].reason


def test_where_any_speed_is_allowed_the_declared_rate_stands_and_the_speed_is_told() -> None:
    follower = Follower(act("24", speeds=speeds_between(0.9, 1.1)))
    run = follow(follower, Source(RATES["23.976"], 7, noise_ns=1_000.0).play("01:00:00:00", 4.0))
    heard = follower.heard_rate
    assert heard is not None
    assert heard.rate is None
    assert heard.ppm == pytest.approx(-999.0, abs=5.0)
    assert not any(event.refused for event in run.events)


def test_a_declared_pull_down_is_taken_off_before_the_rate_is_named() -> None:
    heard = heard_rate(1000 / 1001, 1e-6, RATES["24"], exactly("1000/1001"))
    assert heard.rate == "24"
    assert heard.ppm == pytest.approx(0.0, abs=1e-6)


def test_while_the_speed_is_vague_no_rate_is_named() -> None:
    heard = heard_rate(1.0, 5e-4, RATES["24"], exactly("1"))
    assert heard.rate is None
    assert heard.fps == 24.0
    assert heard.sigma_ppm == pytest.approx(500.0)
