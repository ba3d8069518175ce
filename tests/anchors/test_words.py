"""Words: found as they are said, and every mistake in a words file at its place."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.anchors.anchor import AnchorMissing, AnchorsRefused
from cuefocus.anchors.spoken import Words, tokens_of
from cuefocus.anchors.words import parse_words
from cuefocus.errors import InputError, ShowFileError


def words_of(text: str) -> Words:
    rows = [
        {"word": word, "start_s": index, "end_s": index + 0.5, "confidence": 1 - index / 100, "source": "hand"}
        for index, word in enumerate(text.split())
    ]
    return parse_words(json.dumps({"words": rows}).encode(), "w.json")


SONG = words_of("Don’t say goodbye, say Goodbye! Ana — say good bye")


@pytest.mark.parametrize(
    ("phrase", "nth", "time_s", "text"),
    [
        ("goodbye", 1, 2.0, "goodbye,"), ("GOODBYE", 2, 4.0, "Goodbye!"), ("don't", 1, 0.0, "Don’t"),
        ("say goodbye", 2, 3.0, "say Goodbye!"), ("Ana, say good", 1, 5.0, "Ana — say good"), ("say", 3, 7.0, "say"),
    ],
)  # fmt: skip
def test_words_and_phrases(phrase: str, nth: int, time_s: float, text: str) -> None:
    anchor = SONG.find(phrase, nth)
    assert (anchor.time_s, anchor.text, anchor.source) == (time_s, text, "hand")


def test_the_end_of_a_phrase_is_the_end_of_its_last_word() -> None:
    anchor = SONG.find("say goodbye", edge="end")
    assert anchor.time_s == 2.5
    assert anchor.confidence == pytest.approx(0.98), "the least sure of its words"


@pytest.mark.parametrize(
    ("phrase", "nth", "sentence"),
    [
        ("goodby", 1, "nobody says 'goodby'; near it: goodbye (twice)"),
        ("goodbye", 3, "'goodbye' is said twice, not 3 times; at 2.000 s, 4.000 s"),
        ("Ana goodbye", 1, "nobody says 'Ana goodbye'; its words are said, but not in this order"),
        ("xylophone", 1, "the words file has 10 words, none like 'xylophone'"),
        ("—", 1, "write a word that is said in this act"),
    ],
)
def test_what_is_not_said(phrase: str, nth: int, sentence: str) -> None:
    with pytest.raises(AnchorMissing) as missing:
        SONG.find(phrase, nth)
    assert sentence in str(missing.value)
    assert isinstance(missing.value, ShowFileError)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b'{"words": [\n {"word": "a", "start_s": 1},\n {"word": "b", "start_s": "x"}\n]}',
         "w.json:3:27: words.1.start_s: expected a number without a unit, found 'x'"),
        (b'{"words": [\n {"word": "a"}\n]}', "w.json:2:2: words.0.start_s: start_s is missing"),
        (b'{"words": [\n {"wrd": "a", "start_s": 1}\n]}', "w.json:2:3: words.0.wrd: unknown key 'wrd'; did"),
        (b'{"words": [\n {"word": "a", "start_s": 2},\n {"word": "b", "start_s": 1}\n]}',
         "w.json:3:27: words.1.start_s: 'b' starts at 1.000 s, before the word above it; sort the words by time"),
        (b'{"words": [{"word": "a", "start_s": 2, "end_s": 1}]}', "'a' ends before it starts"),
        (b'{"words": [{"word": "a", "start_s": NaN}]}', "words.0.start_s: expected a number"),
        (b'{"words": [}', "w.json:1:12: not JSON: Expecting value"),
        (b'{"words": 3}', "w.json:1:11: words: expected a list, found 3"),
        (b"[1, 2]", "w.json:1:1: expected an object, found a list; a words file is"),
        (b"", "w.json:1:1: not JSON"), (b"\xff\xfe", "byte 0xff is not UTF-8"), (b"null", "found None"),
        (b" " * 2**23 + b"{}", "w.json: the file has more than 8388608 bytes; split it"),
        (b"[" * 100_000, "it nests too deep"), (b'{"words": ' + b"9" * 5000 + b"}", "a number is too long"),
    ],
)  # fmt: skip
def test_each_mistake_in_a_words_file_has_its_place(data: bytes, complaint: str) -> None:
    with pytest.raises(AnchorsRefused) as refused:
        parse_words(data, "w.json")
    assert complaint in str(refused.value)


def test_an_act_without_words_says_so() -> None:
    with pytest.raises(AnchorMissing, match="nobody says") as missing:
        parse_words(b'{"words": []}', "w.json").find("a")
    assert missing.value.hint == "the words file is empty"
    with pytest.raises(AnchorMissing, match="nobody says") as missing:
        parse_words(b'{"words": [{"word": "home", "start_s": 1}]}', "w.json").find("door")
    assert missing.value.hint == "the words file has 1 word, none like 'door'"


@given(st.text(max_size=30))
def test_case_and_punctuation_never_matter(text: str) -> None:
    assert tokens_of(f" {text.upper()}! ") == tokens_of(text.upper())
    assert tokens_of(" ".join(tokens_of(text))) == tokens_of(text)


@given(st.lists(st.sampled_from(["a", "b", "ab"]), min_size=1, max_size=30), st.data())
def test_the_nth_is_the_nth(said: list[str], data: st.DataObject) -> None:
    word = data.draw(st.sampled_from(said))
    nth = data.draw(st.integers(1, said.count(word)))
    index = int(words_of(" ".join(said)).find(word, nth).time_s)
    assert said[: index + 1].count(word) == nth
    assert said[index] == word


LEAVES = st.none() | st.booleans() | st.floats() | st.integers() | st.text()
JSON_FILES = st.recursive(LEAVES, st.lists).map(lambda tree: json.dumps({"words": tree}).encode())


@given(st.binary(max_size=100) | JSON_FILES)
def test_no_file_raises_anything_but_input_errors(data: bytes) -> None:
    with suppress(InputError):
        parse_words(data, "w.json")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"words": [{"word": "a", "start_s": 1.0}, {"word": "b", "start_s": 1.0}]}', "as the word above it does"),
        ('{"words": [{"word": "a", "start_s": "1.0"}]}', "start_s"),
    ],
)
def test_two_words_at_once_and_a_time_as_text_are_complained_of(text: str, says: str) -> None:
    with pytest.raises(AnchorsRefused) as caught:
        parse_words(text.encode(), "w.json")
    assert says in str(caught.value)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert len(parse_words(b'\xef\xbb\xbf{"words": [{"word": "a", "start_s": 1}]}', "w.json")) == 1
