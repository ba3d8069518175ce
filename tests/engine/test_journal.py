import dataclasses
import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.engine.journal import (
    JournalDecoder,
    JournalFile,
    JournalHeader,
    Step,
    decode_header,
    decode_journal,
    encode_gap,
    encode_header,
    encode_step,
    encode_steps,
)
from cuefocus.engine.plan import Latch
from cuefocus.engine.ports import (
    Command,
    Feedback,
    InboxEvent,
    Latched,
    MotorTrouble,
    Sent,
    SourceEvent,
    Stalled,
    Trigger,
)
from cuefocus.errors import JournalError
from cuefocus.timebase.frames import Timecode
from cuefocus.wire.events import Glitch, Reading

stamps = st.integers(-(2**63), 2**63 - 1)
numbers = st.floats(allow_nan=False)
words = st.text(max_size=20)
labels = st.builds(Timecode, st.integers(0, 23), st.integers(0, 59), st.integers(0, 59), st.integers(0, 59))
latches = st.integers(0, 15).map(Latch)

events: st.SearchStrategy[InboxEvent] = st.one_of(
    st.builds(Reading, words, labels, st.booleans(), stamps, numbers, st.sampled_from([-1, 0, 1]), numbers),
    st.builds(Glitch, words, words, stamps),
    st.builds(Sent, words, stamps, numbers, st.integers(), st.booleans(), words),
    st.builds(Feedback, words, stamps, st.integers()),
    st.builds(MotorTrouble, words, stamps, words, words),
    st.builds(Latched, words, stamps, latches, latches),
    st.builds(Stalled, words, stamps, stamps),
    st.builds(Command, words, stamps, words, words, words, st.integers()),
    st.builds(Trigger, words, words, stamps, words, stamps, st.none() | stamps),
    st.builds(SourceEvent, words, stamps, words, words),
)
steps = st.lists(st.builds(Step, stamps, st.lists(events, max_size=4).map(tuple)), max_size=6)
headers = st.builds(
    JournalHeader,
    st.just("1.2.3"),
    words,
    st.lists(st.builds(JournalFile, words, words, st.binary(max_size=50)), max_size=3).map(tuple),
    st.dictionaries(words, st.one_of(words, st.integers(), st.booleans(), st.none()), max_size=3),
)
HEADER = JournalHeader(
    "1.2.3", "run-1", (JournalFile("show", "duet.yaml", b"schema: cuefocus-show/1\n"),), {"takes": 1}
)


@given(headers, steps)
def test_a_journal_reads_back_as_it_was_written(header: JournalHeader, written: list[Step]) -> None:
    read_header, read, decoder = decode_journal(encode_header(header) + encode_steps(written), version="1.2.3")
    assert (read_header, read) == (header, written)
    assert (decoder.torn_bytes, decoder.lost_lines) == (0, 0)


@given(steps)
def test_every_value_comes_back_with_its_type(written: list[Step]) -> None:
    _, read, _ = decode_journal(encode_header(HEADER) + encode_steps(written), version=None)
    for step, again in zip(written, read, strict=True):
        for event, copy in zip(step.inbox, again.inbox, strict=True):
            assert type(event) is type(copy)
            for field in dataclasses.fields(event):
                assert type(getattr(event, field.name)) is type(getattr(copy, field.name))


def test_the_strategies_know_every_inbox_event() -> None:
    written = {Reading, Glitch, Sent, Feedback, MotorTrouble, Latched, Stalled, Command, Trigger, SourceEvent}
    assert set(get_args(InboxEvent)) == written


@given(steps, st.data())
def test_any_split_of_the_bytes_gives_the_same_steps(written: list[Step], data: st.DataObject) -> None:
    whole = encode_header(HEADER) + encode_steps(written)
    decoder, read, at = JournalDecoder(version="1.2.3"), [], 0
    while at < len(whole):
        size = data.draw(st.integers(1, 60))
        read += decoder.feed(whole[at : at + size])
        at += size
    assert read == written


@given(st.lists(st.builds(Step, stamps, st.lists(events, max_size=3).map(tuple)), min_size=1, max_size=4), st.data())
def test_a_torn_last_line_costs_that_line_alone(written: list[Step], data: st.DataObject) -> None:
    whole = encode_header(HEADER) + encode_steps(written)
    last = encode_steps(written[-1:])
    kept = data.draw(st.integers(0, len(last) - 1))
    _, read, decoder = decode_journal(whole[: len(whole) - len(last) + kept], version="1.2.3")
    assert read == written[:-1]
    assert decoder.torn_bytes == kept


def test_each_step_is_one_line() -> None:
    line = encode_step(7, [Glitch("ltc", "two\nlines\u2028 and \ud800", 5)])
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")


def test_a_gap_is_counted_and_is_no_step() -> None:
    _, read, decoder = decode_journal(encode_header(HEADER) + encode_step(1, ()) + encode_gap(12), version=None)
    assert read == [Step(1, ())]
    assert decoder.lost_lines == 12


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (b"", "not a CueFocus journal"),
        (b"\xff\xfe", "not a CueFocus journal"),
        (b"schema: cuefocus-show/1", "not a CueFocus journal"),
        (b"[1, 2]", "not a CueFocus journal"),
        (b'{"schema": 3}', "not a CueFocus journal"),
        (b'{"schema": "cuefocus-journal/9"}', "of schema cuefocus-journal/9"),
        (b'{"schema": "cuefocus-journal/1"}', "header is damaged"),
        (encode_header(HEADER).replace(b"c2No", b"c2Nh"), "digest does not match"),
        (encode_header(HEADER).replace(b"c2No", b"c!No"), "header is damaged"),
        (encode_header(HEADER).replace(b"1.2.3", b"0.0.1"), "written by CueFocus 0.0.1, this is 1.2.3"),
    ],
)
def test_what_is_no_journal_of_this_version_is_refused_in_a_sentence(line: bytes, sentence: str) -> None:
    with pytest.raises(JournalError, match=sentence):
        decode_header(line, version="1.2.3")


def test_another_version_is_read_when_asked_for() -> None:
    assert decode_header(encode_header(HEADER), version=None) == HEADER


def test_a_file_that_ends_within_its_header_says_so() -> None:
    with pytest.raises(JournalError, match="ends within its header"):
        decode_journal(encode_header(HEADER)[:-1], version="1.2.3")


@pytest.mark.parametrize(
    "line", [b"{}", b"", b"[]", b"[1.5]", b'["x"]', b'[1,["Z"]]', b'[1,["F"]]', b"[1,[]]", b"[1,2]"]
)
def test_a_line_that_is_no_step_is_named(line: bytes) -> None:
    with pytest.raises(JournalError, match="line 3: this line is no step"):
        decode_journal(encode_header(HEADER) + encode_step(1, ()) + line + b"\n", version="1.2.3")


def test_the_same_steps_give_the_same_bytes() -> None:
    assert encode_header(HEADER) == encode_header(HEADER)
    assert json.loads(encode_header(HEADER))["run"] == "run-1"
    assert HEADER.file("show") is HEADER.files[0]
    assert HEADER.file("rig") is None
