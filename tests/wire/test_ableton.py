"""What AbletonOSC's answers say, and what does not belong there."""

from fractions import Fraction

import pytest
from pythonosc.osc_message_builder import ArgValue, build_msg

from cuefocus.wire.ableton import AbletonDecoder, Heard, SongPlace, SongPlays, SongTempo, questions
from cuefocus.wire.events import Glitch
from cuefocus.wire.osc import read_packet


def said(address: str, *values: ArgValue) -> list[Heard]:
    return AbletonDecoder("live").feed(bytes(build_msg(address, list(values)).dgram), 5)


def test_it_is_asked_for_all_that_is_read() -> None:
    asked = [read_packet(question).messages[0].address for question in questions()]
    assert asked == [f"/live/song/start_listen/{name}" for name in ("is_playing", "tempo", "current_song_time", "beat")]


def test_answers_are_read() -> None:
    assert said("/live/song/get/current_song_time", 12.25) == [SongPlace(Fraction(49, 4), whole=False, stamp_ns=5)]
    assert said("/live/song/get/beat", 12) == said("/live/song/beat", 12) == [SongPlace(Fraction(12), True, 5)]
    assert said("/live/song/get/is_playing", True) == said("/live/song/get/is_playing", 1) == [SongPlays(True, 5)]
    assert said("/live/song/get/is_playing", False) == [SongPlays(False, 5)]
    assert said("/live/song/get/tempo", 97.5) == [SongTempo(97.5, 5)]


@pytest.mark.parametrize(
    ("address", "values", "why"),
    [
        ("/live/song/get/current_song_time", ["soon"], "current_song_time is 'soon'"),
        ("/live/song/get/current_song_time", [float("nan")], "is nan"),
        ("/live/song/get/beat", [], "beat is None"),
        ("/live/error", ["no such property"], "AbletonOSC complains: no such property"),
    ],
)
def test_what_says_nothing_is_a_glitch(address: str, values: list[ArgValue], why: str) -> None:
    [found] = said(address, *values)
    assert isinstance(found, Glitch)
    assert why in found.reason


def test_other_answers_are_counted_and_torn_ones_are_glitches() -> None:
    decoder = AbletonDecoder("live")
    assert decoder.feed(bytes(build_msg("/live/track/get/volume", [0, 0.5]).dgram), 5) == []
    assert decoder.feed(bytes(build_msg("/live/song/get/metronome", [True]).dgram), 5) == []
    assert (decoder.others, list(decoder.addresses)) == (2, ["/live/track/get/volume", "/live/song/get/metronome"])
    assert isinstance(decoder.feed(b"/live/song/get/beat", 5)[0], Glitch)
    assert said("/live/song/get/tempo", 0.0) == said("/live/song/get/current_song_time", 1e9) == []
