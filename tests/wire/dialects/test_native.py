"""CueFocus' own words, each as bytes; the answers; the news."""

import pytest

from cuefocus.wire.dialects.dialect import CueView, ShowView
from cuefocus.wire.dialects.native import Native
from cuefocus.wire.osc import Argument, OscMessage
from cuefocus.wire.said import Said
from tests.wire.dialects.shows import DUET, crossed

NATIVE = Native()


@pytest.mark.parametrize(
    ("address", "arguments", "said"),
    [
        ("/go", (), [Said("go")]),
        ("/go", (1,), [Said("go")]),
        ("/go", (1.0,), [Said("go")]),
        ("/go", ("1",), [Said("go")]),
        ("/go", ("left",), [Said("go", value="left")]),
        ("/go", ("10",), [Said("go", value="10")]),
        ("/go", (True,), [Said("go")]),
        ("/cue/12/fire", (), [Said("go", "12")]),
        ("/cue/12/fire", (1,), [Said("go", "12")]),
        ("/cue/12.5/start", (True,), [Said("go", "12.5")]),
        ("/cue/new/fire", (), [Said("go", "new")]),
        ("/cue/out_of_here/fire", (), [Said("go", "out of here")]),
        ("/cue/out_of/fire", (), [Said("go", "out_of")]),
        ("/cue/12/standby", (), [Said("standby", "12")]),
        ("/cue/12/load", (), [Said("load", "12")]),
        ("/standby", ("12",), [Said("standby", "12")]),
        ("/standby", (12,), [Said("standby", "12")]),
        ("/standby", (12.5,), [Said("standby", "12.5")]),
        ("/load", (7,), [Said("load", "7")]),
        ("/next", (), [Said("next")]),
        ("/next", ("left",), [Said("next", value="left")]),
        ("/back", (1,), [Said("back")]),
        ("/top", (), [Said("top")]),
        ("/hold", (), [Said("hold")]),
        ("/hold", ("A.focus",), [Said("hold", "A.focus")]),
        ("/hold", ("B",), [Said("hold", "B")]),
        ("/hold", ("C.zoom",), [Said("hold", "C.zoom")]),
        ("/hold", ("1",), [Said("hold")]),
        ("/panic", ("PANIC",), [Said("panic", "PANIC")]),
        ("/hold", (0.3,), [Said("hold")]),
        ("/hold", (2,), [Said("hold", "2")]),
        ("/hold", (127,), [Said("hold")]),
        ("/hold", (1,), [Said("hold")]),
        ("/panic", (2,), [Said("panic")]),
        ("/resume", (1,), [Said("resume")]),
        ("/resume", (2,), [Said("resume", "2")]),
        ("/panic", (1,), [Said("panic")]),
        ("/panic", (0.3,), [Said("panic")]),
        ("/resume", ("A",), [Said("resume", "A")]),
        ("/release", (), [Said("release")]),
        ("/release", ("",), [Said("release")]),
        ("/hold", ("",), [Said("hold")]),
        ("/hand", ("B.focus",), [Said("hand", "B.focus")]),
        ("/arm", (), [Said("arm")]),
        ("/arm", (1,), [Said("arm")]),
        ("/arm", (1.0,), [Said("arm")]),
        ("/arm", (0,), [Said("disarm")]),
        ("/arm", (False,), [Said("disarm")]),
        ("/disarm", (), [Said("disarm")]),
        ("/engage", (), [Said("engage")]),
        ("/engage", (0,), [Said("disengage")]),
        ("/engage", ("A.focus",), [Said("engage", "A.focus")]),
        ("/engage", ("2", 1), [Said("engage", "2")]),
        ("/engage", ("A.focus", 0), [Said("disengage", "A.focus")]),
        ("/engage", ("A.focus", "confirm"), [Said("engage", "A.focus", "confirm")]),
        ("/engage", ("confirm",), [Said("engage", "", "confirm")]),
        ("/disengage", ("A",), [Said("disengage", "A")]),
        ("/take/start", (), [Said("take_start")]),
        ("/take/start", ("12A/3",), [Said("take_start"), Said("slate", value="12A/3")]),
        ("/take/start", ("12",), [Said("take_start"), Said("slate", value="12")]),
        ("/take/start", ("1",), [Said("take_start")]),
        ("/take/end", (), [Said("take_end")]),
        ("/slate", ("12A/3",), [Said("slate", value="12A/3")]),
        ("/slate", (12,), [Said("slate", value="12")]),
        ("/mark", ("good",), [Said("mark", value="good")]),
        ("/setup", ("A", "stop=2.8", "focal_mm=85"), [Said("setup", "A", "stop=2.8 focal_mm=85")]),
        ("/setup", ("A",), [Said("setup", "A")]),
        ("/source", ("ltc", "confirm"), [Said("source", "ltc", "confirm")]),
        ("/offset_ms", (12.5,), [Said("offset", value="12.5")]),
        ("/offset_ms", (-40, "A"), [Said("offset", "A", "-40")]),
        ("/status", (), [Said("status")]),
    ],
)
def test_words(address: str, arguments: tuple[Argument, ...], said: list[Said]) -> None:
    heard = NATIVE.hear(crossed(f"/cuefocus{address}", *arguments), DUET)
    assert heard is not None
    assert (list(heard.said), heard.ignored) == (said, "")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf"), "nan", "inf", "1e999", b"\0\0", None])
@pytest.mark.parametrize("address", ["/offset_ms", "/arm", "/subscribe"])
def test_what_is_no_number_is_refused_where_one_is_asked_for(address: str, number: Argument) -> None:
    heard = NATIVE.hear(crossed(f"/cuefocus{address}", number), DUET)
    assert heard is not None
    assert (heard.said, heard.subscribes, [answer.arguments[1] for answer in heard.answers]) == ((), None, [0])


@pytest.mark.parametrize("name", ["", " "])
@pytest.mark.parametrize(
    ("word", "before"),
    [
        *((word, ()) for word in ("go", "next", "back", "top", "resume", "engage", "disengage", "take/start")),
        ("offset_ms", (40,)),
    ],
)
def test_an_empty_name_is_refused_and_not_taken_for_all(word: str, before: tuple[Argument, ...], name: str) -> None:
    heard = NATIVE.hear(OscMessage(f"/cuefocus/{word}", (*before, name)), DUET)
    assert heard is not None
    assert (heard.said, heard.ignored) == ((), "the name is empty; send one, or no argument at all")
    assert [answer.arguments[1] for answer in heard.answers] == [0]


@pytest.mark.parametrize(
    ("address", "arguments", "said"),
    [
        ("/go", ("1",), Said("go", value="1")),
        ("/next", ("1",), Said("next", value="1")),
        ("/go", ("0",), Said("go", value="0")),
        ("/go", (1,), Said("go")),
        ("/hold", ("1",), Said("hold", "1")),
        ("/resume", ("1",), Said("resume", "1")),
        ("/engage", ("1", 0), Said("disengage", "1")),
        ("/engage", (0,), Said("disengage")),
        ("/engage", ("confirm",), Said("engage", "confirm")),
        ("/engage", ("confirm", "confirm"), Said("engage", "confirm", "confirm")),
    ],
)
def test_a_list_or_a_camera_may_be_called_by_a_number(
    address: str, arguments: tuple[Argument, ...], said: Said
) -> None:
    status = {"standbys": {"GO": None, "1": "7", "0": None}}
    show = ShowView(
        status=status,
        cues={"7": CueView("7", camera="1", axis="focus"), "8": CueView("8", camera="confirm", axis="focus")},
    )
    heard = NATIVE.hear(crossed(f"/cuefocus{address}", *arguments), show)
    assert heard is not None
    assert heard.said == (said,)


PRESSED = (
    "/go", "/cue/3/fire", "/cue/3/start", "/cue/3/standby", "/cue/3/load", "/next", "/back", "/top", "/hold", "/panic",
    "/resume", "/release", "/hand", "/disarm", "/disengage", "/take/start", "/take/end",
)  # fmt: skip


@pytest.mark.parametrize("address", PRESSED)
@pytest.mark.parametrize("argument", [0, 0.0, False])
def test_a_button_let_go_says_nothing_and_is_not_answered(address: str, argument: Argument) -> None:
    heard = NATIVE.hear(crossed(f"/cuefocus{address}", argument), DUET)
    assert heard is not None
    assert (heard.said, heard.answers) == ((), ())
    assert heard.ignored


@pytest.mark.parametrize("address", [each for each in PRESSED if each not in ("/hold", "/panic")])
def test_a_fader_between_says_nothing(address: str) -> None:
    heard = NATIVE.hear(crossed(f"/cuefocus{address}", 0.5), DUET)
    assert heard is not None
    assert heard.said == ()


@pytest.mark.parametrize(
    ("address", "arguments", "why"),
    [
        ("/fly", (), "no such word"),
        ("/locate", ("10:00:00:00",), "locate the playback"),
        ("/cue/12", (), "no such word"),
        ("/cue//fire", (), "no such word"),
        ("/standby", (), "which cue"),
        ("/go", (5,), "5 is no press, and a list is named by a text; to fire a cue say /cuefocus/cue/5/fire"),
        ("/go", (127,), "/cuefocus/cue/127/fire"),
        ("/next", (3,), "3 is no press, and a list is named by a text"),
        ("/resume", (127,), "no cue or camera 127"),
        ("/arm", (2,), "1 or 0"),
        ("/engage", ("A", 3), "1 or 0"),
        ("/subscribe", ("x",), "1 or 0"),
        ("/offset_ms", ("much",), "milliseconds"),
    ],
)
def test_what_is_not_understood_is_answered(address: str, arguments: tuple[Argument, ...], why: str) -> None:
    heard = NATIVE.hear(crossed(f"/cuefocus{address}", *arguments), DUET)
    assert heard is not None
    assert heard.said == ()
    (answer,) = heard.answers
    assert answer.address == "/cuefocus/out/reply"
    assert answer.arguments[:2] == (f"/cuefocus{address}", 0)
    assert why in str(answer.arguments[2])


def test_what_is_about_the_peer_itself() -> None:
    ping = NATIVE.hear(crossed("/cuefocus/ping", 7, "x"), DUET)
    assert ping is not None
    assert (ping.answers, ping.alive) == ((OscMessage("/cuefocus/out/ping", (7, "x")),), True)
    for code, told in ((4321, "4321"), (21, "0021"), (21.0, "0021"), ("21", "21"), ("secret", "secret")):
        connect = NATIVE.hear(crossed("/cuefocus/connect", code), DUET)
        assert connect is not None
        assert connect.passcode == told
    wanted = [("/subscribe", (), True), ("/subscribe", (0,), False), ("/unsubscribe", (), False)]
    for address, arguments, on in wanted:
        heard = NATIVE.hear(crossed(f"/cuefocus{address}", *arguments), DUET)
        assert heard is not None
        assert heard.subscribes is on
        assert heard.answers[0].arguments[1] == 1


def test_others_words_are_not_ours_and_our_own_do_not_come_back() -> None:
    assert NATIVE.hear(crossed("/go"), DUET) is None
    assert NATIVE.hear(crossed("/cuefocused/go"), DUET) is None
    back = NATIVE.hear(crossed("/cuefocus/out/state", "locked"), DUET)
    assert back is not None
    assert (back.said, back.answers) == ((), ())


def test_answers() -> None:
    asked = crossed("/cuefocus/cue/12/fire")
    assert NATIVE.answer(asked, False, "nothing is armed", {}) == (
        OscMessage("/cuefocus/out/reply", ("/cuefocus/cue/12/fire", 0, "nothing is armed")),
    )
    status = {"state": "locked", "timecode": "01:00:00:00", "armed": True, "engaged": ["A.focus"], "next": None}
    told = NATIVE.answer(crossed("/cuefocus/status"), True, "locked", status)
    assert [(each.address.removeprefix("/cuefocus/out/"), each.arguments) for each in told] == [
        ("reply", ("/cuefocus/status", 1, "locked")), ("state", ("locked",)), ("timecode", ("01:00:00:00",)),
        ("armed", (1,)), ("engaged", ("A.focus",)), ("next", ("", None)),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (
            {"event": "landing", "take": 2, "cue": "1", "verdict": "late", "planned_s": 3.5, "error_ms": 41.25},
            [("event/cue/1/late", (2, 3.5, 41.25))],
        ),
        (
            {"event": "landing", "take": 2, "cue": "a b/1", "verdict": "refused", "planned_s": None, "error_ms": None},
            [("event/cue/a_b_1/refused", (2, None, None))],
        ),
        ({"event": "departure", "take": 2, "cue": "1", "planned_s": 3}, [("event/cue/1/fire", (2, 3.0))]),
        ({"event": "alarm", "text": "clock lost"}, [("alarm", ("clock lost",))]),
        ({"event": "take", "take": 3, "state": "begins"}, [("event/take/begins", (3,))]),
        ({"event": "take", "take": 3, "slate": "12A"}, [("event/take/slate", (3, "12A"))]),
        ({"event": "take", "take": 3, "pass": 1, "mark": "good"}, [("event/take/mark", (3, "good"))]),
        (
            {"event": "state", "suppressed": "3", "route": "osc:x", "by": "GO"},
            [("event/cue/3/suppressed", ("osc:x", "GO"))],
        ),
        (
            {"event": "state", "state": "locked", "timecode": None, "standby": "3", "next": {"cue": "1"}},
            [("state", ("locked",)), ("timecode", ("",)), ("standby", ("3",)), ("next", ("1", 2.5))],
        ),
        ({"event": "state", "moves": "A.focus", "cause": "armed"}, []),
        ({"event": "journal"}, []),
        ({}, []),
    ],
)
def test_news(event: dict[str, object], told: list[tuple[str, tuple[object, ...]]]) -> None:
    news = NATIVE.news(event, DUET)
    assert [(each.address.removeprefix("/cuefocus/out/"), each.arguments) for each in news] == told
    for each in news:
        assert crossed(each.address, *each.arguments).address == each.address
