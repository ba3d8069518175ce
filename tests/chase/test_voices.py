"""Several senders of Art-Net timecode on one network: one is followed, the others are named, nothing is mixed."""

from itertools import count

import pytest

from cuefocus.chase.inputs import ArtNetInput
from cuefocus.chase.voices import Voice
from cuefocus.timebase.frames import RATES, Timecode
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from cuefocus.wire.artnet import ArtNetRun
from cuefocus.wire.events import Reading

RATE = RATES["25"]
A, B = Voice("10.0.0.1", 4000), Voice("10.0.0.2", 4000)
Heard = tuple[int, Voice, bytes]


def sent(voice: Voice, hour: int, seconds: float, *, from_s: float = 0.0) -> list[Heard]:
    """Datagrams of a sender that plays from the start of an hour: when, who, what."""
    begin_ns = round((10 + from_s) * NS_PER_S) + hour * NS_PER_MS
    run = ArtNetRun(RATE, Timecode(hour, 0, 0, 0), begin_ns, stream=voice.stream)
    return [(due_ns, voice, data) for due_ns, data in map(run.packet, range(round(seconds * 25)))]


def followed(reader: ArtNetInput, *senders: list[Heard]) -> tuple[list[Reading], list[str]]:
    """All readings, and what is told of rivals."""
    readings: list[Reading] = []
    told: list[str] = []
    for due_ns, voice, data in sorted(message for each in senders for message in each):
        heard = reader.feed(data, due_ns, voice.host, voice.port)
        readings += [reading for reading in heard if isinstance(reading, Reading)]
        told += [text] if (text := reader.rivals(due_ns)) else []
    return readings, told


@pytest.mark.parametrize(
    ("rival", "sentence"),
    [
        (B, "two senders of Art-Net timecode: 10.0.0.1 and 10.0.0.2; 10.0.0.1 is followed"),
        (A._replace(stream=3), "two streams of Art-Net timecode from 10.0.0.1: 0 and 3; 0 is followed"),
        (
            A._replace(port=4001),
            "two senders of Art-Net timecode from 10.0.0.1, by its ports 4000 and 4001; 4000 is followed",
        ),
    ],
    ids=["hosts", "streams", "programs"],
)
@pytest.mark.parametrize("joins_s", [0.0, 2.0])
def test_the_first_is_followed_and_both_are_named(rival: Voice, sentence: str, joins_s: float) -> None:
    readings, told = followed(ArtNetInput("art"), sent(A, 1, 6), sent(rival, 5, 6 - joins_s, from_s=joins_s))
    assert [reading.label.frame_number(RATE) - 90_000 for reading in readings] == list(range(150))
    assert told == [sentence]


def test_they_are_named_once_a_minute() -> None:
    _, told = followed(ArtNetInput("art"), sent(A, 1, 130), sent(B, 5, 130))
    assert len(told) == 3


def test_when_the_one_that_is_followed_falls_silent_the_other_is() -> None:
    readings, told = followed(ArtNetInput("art"), sent(A, 1, 2), sent(B, 5, 6))
    hours = [reading.label.hours for reading in readings]
    assert hours == [1] * 50 + [5] * hours.count(5)
    assert readings[50].label.seconds == 2
    assert readings[50].label.frames <= 14
    assert len(told) == 1


def test_the_one_that_is_named_is_followed_whoever_was_first() -> None:
    readings, told = followed(ArtNetInput("art", sender=B.host), sent(A, 1, 6), sent(B, 5, 5, from_s=1))
    assert {reading.label.hours for reading in readings} == {5}
    assert len(readings) == 125
    assert told == []


@pytest.mark.parametrize("what", ["port", "stream"])
def test_a_sender_with_another_port_or_stream_each_time_is_one_sender(what: str) -> None:
    numbers = count(100)
    if what == "port":
        restless = [(due_ns, A._replace(port=next(numbers)), data) for due_ns, _, data in sent(A, 1, 4)]
    else:
        restless = [
            (due_ns, A, data[:13] + bytes([next(numbers) % 256]) + data[14:]) for due_ns, _, data in sent(A, 1, 4)
        ]
    readings, told = followed(ArtNetInput("art"), restless)
    assert len(readings) >= 94
    assert told == []


def test_a_flood_of_senders_takes_no_room_and_does_not_disturb() -> None:
    flood = [
        (10 * NS_PER_S + at * NS_PER_MS, Voice(f"10.1.{at // 250}.{at % 250}", at), sent(B, 5, 0.04)[0][2])
        for at in range(5, 4000)
    ]
    readings, _ = followed(ArtNetInput("art"), sent(A, 1, 4), flood)
    assert {reading.label.hours for reading in readings} == {1}
    assert len(readings) == 100
