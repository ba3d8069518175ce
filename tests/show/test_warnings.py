"""What is odd in a show file is warned of, and refuses nothing."""

import pytest

from tests.show.written import HEAD, TIMED, load


@pytest.mark.parametrize(
    ("cue", "warning"),
    [
        ("{cue: a, on: {manual: GO}, post_wait: 1 s, to: ben}", "warning: nothing comes after this cue by itself"),
        ("{cue: a, on: {manual: GO}, continue: auto-follow, to: ben}", "cue 'a' is the last of list GO: nothing comes"),
        (
            "{cue: a, land: {at: +9 s}, land_on: {next: beat}, to: ben}",
            "warning: land_on says nothing for a timed rack",
        ),
        ("{cue: a, land: {at: +9 s}, pre_wait: 1 s, to: ben}", "warning: pre_wait says nothing for a timed rack"),
        ("{cue: a, land: {at: +9 s}, continue: auto-follow, to: ben}", "warning: continue says nothing for a timed"),
    ],
)
def test_waits_that_say_nothing_are_warned_of(cue: str, warning: str) -> None:
    assert any(warning in str(line) for line in load(f"  - {cue}\n").complaints)


def test_warnings_do_not_refuse() -> None:
    loaded = load(TIMED + "    conflict: track\n")
    (warning,) = loaded.complaints
    assert (warning.severity, warning.line) == ("warning", 14)
    assert load("  []\n").complaints[0].problem == "the show has no cues"


@pytest.mark.parametrize("what", ["active/cue/1/12", "pending/cue/1/12", "previous/cue/1/12"])
def test_an_address_that_eos_repeats_is_warned_of(what: str) -> None:
    (warning,) = load(f"- {{cue: a, on: {{osc: /eos/out/{what}}}, to: ben}}\n").complaints
    assert (warning.severity, warning.where) == ("warning", "cues.a.on.osc")
    assert f"/eos/out/{what} never fires" in warning.problem
    assert "/eos/out/event/cue/" in warning.hint
    assert load("- {cue: a, on: {osc: /eos/out/event/cue/1/12/fire}, to: ben}\n").complaints == ()


@pytest.mark.parametrize(
    ("on", "says"),
    [
        ("{osc: /cuefocus/disarm}", "/cuefocus/disarm never fires: it is CueFocus' own word for disarm"),
        ("{osc: /cuefocus/arm, args: [0]}", "never fires: it is CueFocus' own word for disarm"),
        ("{osc: /cuefocus/panic}", "never fires: it is CueFocus' own word for panic"),
        ("{osc: /stop}", "/stop never fires: it is QLab's word for hold"),
        ("{osc: /go}", "/go fires this cue and no more does what it says: it is QLab's word"),
        ("{osc: /cue/7/start}", "no more does what it says: it is QLab's word"),
        ("{osc: /cuefocus/cue/7/fire}", "no more does what it says: it is CueFocus' own word"),
        ("{osc: /eos/ping}", "no more does what it says: it is Eos' word"),
    ],
)
def test_a_trigger_on_a_word_that_means_something_already_is_warned_of(on: str, says: str) -> None:
    (warning,) = load(f"- {{cue: a, on: {on}, to: ben}}\n").complaints
    assert (warning.severity, warning.where) == ("warning", "cues.a.on.osc")
    assert says in warning.problem
    assert "/show/laugh" in warning.hint


@pytest.mark.parametrize(
    ("more", "where"),
    [
        ("land: {at: +3 s, offset: 11 s}, act: song", "land.offset"),
        ("land: {at: +30 s, offset: -251 frames}, act: song", "land.offset"),
        ("land: {at: +3 s}, act: song, tell: {to: eos, osc: /x, offset: 10001 ms}", "tell.offset"),
        ("on: {osc: /x}, pre_wait: 3601 s", "pre_wait"),
        ("on: {manual: GO}, continue: auto-follow, post_wait: 90001 frames", "post_wait"),
        ("on: {osc: /x}, land_after: 3601 s", "land_after"),
        ("on: {osc: /x}, pull: 3601 s, land_after: 2 s", "pull"),
    ],
)
def test_an_offset_or_a_wait_without_measure_is_warned_of(more: str, where: str) -> None:
    found = load(f"- {{cue: a, {more}, to: ben}}\n").complaints
    (warning,) = [one for one in found if "were ms meant?" in one.hint]
    assert (warning.severity, warning.where) == ("warning", f"cues.a.{where}")


def test_an_act_s_offset_without_measure_is_warned_of() -> None:
    head = HEAD.replace("  - act: song\n", "  - act: song\n    offset: -11 s\n")
    (warning,) = load("- {cue: a, on: {osc: /x}, to: ben}\n", head).complaints
    assert (warning.severity, warning.where) == ("warning", "acts.song.offset")


@pytest.mark.parametrize("more", ["land: {at: +30 s, offset: -10 s}, act: song", "on: {osc: /x}, pre_wait: 3600 s"])
def test_an_offset_of_ten_seconds_and_a_wait_of_an_hour_are_not(more: str) -> None:
    assert not [one for one in load(f"- {{cue: a, {more}, to: ben}}\n").complaints if "were ms" in one.hint]


@pytest.mark.parametrize("on", ["{osc: /stop, args: [1]}", "{osc: /cuefocus/laugh}", "{osc: /qlab/event/cue/7/start}"])
def test_a_trigger_on_a_word_of_the_show_s_own_is_not(on: str) -> None:
    assert load(f"- {{cue: a, on: {on}, to: ben}}\n").complaints == ()


def test_landing_on_what_one_of_the_acts_has_is_noted_with_the_others() -> None:
    head = HEAD.replace("cues:\n", '  - {act: talk, starts: "02:00:00:00"}\ncues:\n')
    found = load("  - {cue: a, on: {manual: GO}, land_on: {next: beat}, to: ben}\n", head).complaints
    assert any("note: refused in act talk, without a tempo map" in str(line) for line in found)
