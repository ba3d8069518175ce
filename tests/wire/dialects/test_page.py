"""The page on OSC names every word that is heard, and nothing that is not."""

import re
from pathlib import Path

import pytest

from cuefocus.wire.dialects.addresses import CUE, MOST_NAMED
from cuefocus.wire.dialects.companion import VARIABLES
from cuefocus.wire.dialects.native import Native
from cuefocus.wire.dialects.qlab import QLab
from cuefocus.wire.dialects.qlab_queries import OF_SHOW
from cuefocus.wire.dialects.qlab_words import COMMANDS

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "osc.md").read_text(encoding="utf-8")
QUOTED = set(re.findall(r"`([^`]+)`", PAGE))


def words(prefix: str) -> set[str]:
    """Addresses on the page, without what follows them."""
    return {each.partition(" ")[0] for each in QUOTED if each.startswith(prefix)}


def test_every_word_of_ours_is_on_the_page_and_no_other() -> None:
    known = {each.replace(CUE, "CUE") for each in Native.addresses}
    told = {each.partition("=")[0] for each in words("/cuefocus/") if not each.startswith("/cuefocus/out/")}
    assert told - {"/cuefocus/cue/12/fire"} == known


@pytest.mark.parametrize("address", [each.replace(CUE, "N") for each in (*COMMANDS, *OF_SHOW)])
def test_every_word_of_qlab_is_on_the_page(address: str) -> None:
    assert address in words("/")


def test_the_page_promises_no_word_of_qlab_that_is_not_heard() -> None:
    known = {each.replace(CUE, "N") for each in QLab.addresses}
    ours = (
        "/cuefocus/",
        "/eos/",
        "/update/",
        "/reply/",
        "/workspace/",
        "/cue/selected/",
        "/cue/playhead/",
        "/cue/active/",
        "/cue/GO/",
        "/cue_id/GO/",
    )
    theirs = ("/cmd", "/Page1/")  # grandMA3's
    told = {
        each for each in words("/") if not each.startswith(ours + theirs) and each not in ("//", "/workspace/cuefocus")
    }
    assert told <= known


def test_the_variables_and_the_bound_are_on_the_page() -> None:
    assert set(VARIABLES) <= QUOTED
    assert f"{MOST_NAMED} at most" in PAGE
