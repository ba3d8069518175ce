"""OSC address patterns, against the specification's own words and against a slow matcher that cannot be wrong."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cuefocus.wire.osc_pattern import LONGEST, Words, is_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "named", "not_named"),
    [
        ("/cue/1/go", ["/cue/1/go"], ["/cue/1/g", "/cue/1/goo", "/cue/2/go"]),
        ("/cue/?/go", ["/cue/1/go", "/cue/x/go"], ["/cue/12/go", "/cue//go", "/cue/go"]),
        ("/cue/*/go", ["/cue/1/go", "/cue/12.5/go", "/cue//go"], ["/cue/1/2/go", "/cue/1/gone"]),
        ("/*", ["/a", "/"], ["/a/b"]),
        ("/a*b*c", ["/abc", "/axxbyyc", "/abbcc"], ["/ab", "/abcd", "/ab/c"]),
        ("/cue/[12]/go", ["/cue/1/go", "/cue/2/go"], ["/cue/3/go"]),
        ("/cue/[1-3]/go", ["/cue/1/go", "/cue/3/go"], ["/cue/4/go", "/cue/-/go"]),
        ("/cue/[!1-3]/go", ["/cue/4/go", "/cue/!/go"], ["/cue/2/go", "/cue///go"]),
        ("/x[a-]y", ["/xay", "/x-y"], ["/xby"]),
        ("/x[a!]y", ["/xay", "/x!y"], ["/xby"]),
        ("/cue/{1,12.5}/go", ["/cue/1/go", "/cue/12.5/go"], ["/cue/12/go", "/cue/,/go"]),
        ("/a{b,bc}c", ["/abc", "/abcc"], ["/ac"]),
        ("/a{,b}", ["/a", "/ab"], ["/abb"]),
        ("//go", ["/go", "/cue/1/go", "/workspace/x/cue/1/go"], ["/ago", "/go/1"]),
        ("/cue//stop", ["/cue/stop", "/cue/1/stop", "/cue/a/b/stop"], ["/cuestop", "/cue/1/astop"]),
        ("/cue/[1", [], ["/cue/1", "/cue/[1"]),
        ("/cue/{1", [], ["/cue/1"]),
        ("/cue/1]", [], ["/cue/1", "/cue/1]"]),
        ("/cue/{1,[2]}", [], ["/cue/1", "/cue/2"]),
    ],
)
def test_a_pattern_names(pattern: str, named: list[str], not_named: list[str]) -> None:
    assert Words([*named, *not_named]).matched_by(pattern) == tuple(named)
    assert [matches(pattern, address) for address in (*named, *not_named)] == [True] * len(named) + [False] * len(
        not_named
    )


def test_what_is_a_pattern() -> None:
    assert [is_pattern(each) for each in ("/a", "/a?", "/*", "/[a]", "/{a}", "//a", "/a,b-c!d")] == [
        False, True, True, True, True, True, False,
    ]  # fmt: skip


def slowly(pattern: str, word: str) -> bool:
    """By trying everything; exponential."""
    if not pattern:
        return not word
    if pattern[0] == "*":
        return slowly(pattern[1:], word) or (bool(word) and word[0] != "/" and slowly(pattern, word[1:]))
    if pattern.startswith("//"):
        if not word.startswith("/"):
            return False
        rests = [word[1:], *(word[at + 1 :] for at in range(1, len(word)) if word[at] == "/")]
        return any(slowly(pattern[2:], rest) for rest in rests)
    if pattern[0] == "{":
        words, _, rest = pattern[1:].partition("}")
        return any(word.startswith(each) and slowly(rest, word[len(each) :]) for each in words.split(","))
    if not word:
        return False
    if pattern[0] == "[":
        inside, _, rest = pattern[1:].partition("]")
        there = word[0] in inside.removeprefix("!")
        return word[0] != "/" and there != inside.startswith("!") and slowly(rest, word[1:])
    return (pattern[0] == word[0] or (pattern[0] == "?" and word[0] != "/")) and slowly(pattern[1:], word[1:])


elements = st.sampled_from(["a", "b", "1", "/", "*", "?", "[ab]", "[!a]", "{a,ab}", "{,b}", "//"])
addresses = st.text("ab1/", max_size=8).map(lambda rest: f"/{rest}")


@given(pattern=st.lists(elements, max_size=8).map("".join), words=st.lists(addresses, max_size=6, unique=True))
def test_many_at_once_are_matched_as_each_by_trial(pattern: str, words: list[str]) -> None:
    pattern = f"/{pattern}"
    assert Words(words).matched_by(pattern) == tuple(word for word in words if slowly(pattern, word))


@given(pattern=st.text(max_size=60), words=st.lists(st.text(max_size=20), max_size=5))
def test_no_text_is_too_odd(pattern: str, words: list[str]) -> None:
    assert set(Words(words).matched_by(pattern)) <= set(words)


def test_patterns_that_stop_others_are_matched_in_no_time() -> None:
    worst = "/" + "*a" * 400 + "b"
    assert len(worst) < LONGEST
    started = perf_counter()
    assert not matches(worst, "/" + "a" * 20_000)
    assert Words([f"/cue/{number}/go" for number in range(10_000)]).matched_by("/cue/*9/go")[:2] == (
        "/cue/9/go",
        "/cue/19/go",
    )
    assert perf_counter() - started < 2.0


def test_a_pattern_beyond_all_measure_names_nothing() -> None:
    assert not matches("/" + "*" * LONGEST, "/a")
