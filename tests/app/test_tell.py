"""Orders to the running daemon: what can be said, and who obeys when somebody is dead."""

import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from cuefocus.app.keyboard import ORDERS
from cuefocus.app.runtime_dir import RuntimeDir, claim, runtime_base
from cuefocus.app.tell import order_from, tell
from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.local_socket import UNTIL, LocalServer
from cuefocus.shells.orders import Order
from cuefocus.timebase.units import NS_PER_MS
from tests.app.verb import cuefocus
from tests.stories.kit import Story
from tests.stories.playback import Playback
from tests.stories.scenes import RIG, cue, show_text


@contextmanager
def _listening(
    path: Path,
    text: str,
    heard: list[dict[str, object]],
    *,
    ok: bool = True,
    refused: str | None = None,
    held: str | None = None,
) -> Iterator[None]:
    """A socket that answers; it refuses a target of this name, or says which axis it has held."""
    server, over = LocalServer(path), threading.Event()

    def serve() -> None:
        wait = DescriptorWait()
        wait.watch(server.fileno())
        while not over.is_set():
            wait.wait_until(now_ns() + 20 * NS_PER_MS)
            while (taken := server.take()) is not None:
                assert isinstance(taken[0].pop(UNTIL), int)
                heard.append(taken[0])
                done = ok and taken[0]["target"] != refused
                said = text if taken[0]["target"] != refused else f"no axis {refused!r}"
                server.answer(
                    taken[1], {"ok": done, "text": said, "data": {"who": text} if held is None else {"held": held}}
                )

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        server.close()


@contextmanager
def _daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[RuntimeDir]:
    """The folder of a daemon that `tell` finds; only inside may a test say `cuefocus tell`, or a real one hears it."""
    with tempfile.TemporaryDirectory(prefix="cf-") as short:
        monkeypatch.setenv("XDG_RUNTIME_DIR", short)
        runtime = claim(runtime_base({"XDG_RUNTIME_DIR": short}))
        yield runtime
        runtime.remove()


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (("standby", "12.1"), Order("standby", "12.1")),
        (("next",), Order("next")),
        (("back", "A"), Order("back", "", "A")),
        (("top", "A"), Order("top", "", "A")),
        (("load",), Order("load")),
    ],
)
def test_words_of_the_cue_stack(words: tuple[str, ...], order: Order) -> None:
    assert order_from(words) == order


@pytest.mark.parametrize(
    "words",
    [
        *(["engage", ""], ["engage", "", "confirm"], ["resume", ""], ["disengage", ""], ["go", ""], ["next", ""]),
        *(["offset", ""], ["offset", "", "+40"], ["offset", "", "clear"]),
    ],
)
def test_an_empty_name_is_refused_and_not_taken_for_all(words: list[str]) -> None:
    with pytest.raises(InputError, match=f"`{words[0]}` is given an empty name"):
        order_from(words)


@pytest.mark.parametrize(
    ("words", "value"), [(["take", "start", ""], ""), (["take", "end", "47B"], ""), (["take", "start"], "47B")]
)
def test_nothing_is_said_behind_a_take_and_unheard(words: list[str], value: str) -> None:
    with pytest.raises(InputError, match=rf"`take {words[1]}` stands alone; .* says nothing to it.*say slate 47B"):
        order_from(words, value=value)


def test_an_empty_name_moves_no_axis_by_hand() -> None:
    with pytest.raises(InputError, match="a hand needs an axis"):
        order_from(["hand", ""], by_ring=0.05)


def test_what_stands_alone_is_not_asked_for_a_name() -> None:
    with pytest.raises(InputError) as refused:
        order_from(["disarm", ""])
    assert (refused.value.sentence, refused.value.hint) == (
        "`disarm` stands alone; '' says nothing to it",
        "say disarm",
    )


@pytest.mark.parametrize("words", [["slate"], ["slate", ""], ["slate", " ", ""]])
def test_a_slate_has_a_text(words: list[str]) -> None:
    with pytest.raises(InputError, match="a slate needs a text; say slate 47B"):
        order_from(words)


def test_a_stop_of_an_empty_name_is_a_stop_of_all() -> None:
    assert order_from(["panic", ""]) == Order("panic")


def test_a_stop_goes_to_motion_first_and_then_to_the_conductor(tmp_path: Path) -> None:
    runtime, order = RuntimeDir(tmp_path), list[dict[str, object]]()
    with _listening(runtime.motion_socket, "motion", order), _listening(runtime.conductor_socket, "conductor", order):
        answer = tell(runtime, Order("panic"))
    assert answer.ok
    assert [fields["verb"] for fields in order] == ["panic", "panic"]
    assert answer.data["motion"] is True
    assert answer.data["conductor"] is True


def test_a_stop_is_obeyed_and_said_so_when_the_conductor_is_dead(tmp_path: Path) -> None:
    runtime, heard = RuntimeDir(tmp_path), list[dict[str, object]]()
    with _listening(runtime.motion_socket, "all axes stop", heard):
        answer = tell(runtime, Order("hold", "A.focus"))
    assert answer.ok
    assert "conductor does not answer" in answer.text
    assert answer.as_dict()["conductor"] is False


def test_hold_of_a_cue_is_the_sessions_to_obey_and_a_hand_that_motion_refuses_is_refused(tmp_path: Path) -> None:
    runtime, heard = RuntimeDir(tmp_path), list[dict[str, object]]()
    motion = _listening(runtime.motion_socket, "no axis or camera '5'", heard, ok=False)
    with motion, _listening(runtime.conductor_socket, "HOLD on A.focus", heard):
        held, grabbed = tell(runtime, Order("hold", "5")), tell(runtime, Order("hand", "5", by_ring=0.1))
    assert (held.ok, held.text) == (True, "HOLD on A.focus")
    assert not grabbed.ok


@pytest.mark.parametrize(("target", "held"), [("5", "A.focus"), ("Z", "")])
def test_motion_is_told_which_axis_the_session_holds_where_it_knows_none_itself(
    tmp_path: Path, target: str, held: str
) -> None:
    runtime, heard = RuntimeDir(tmp_path), list[dict[str, object]]()
    motion = _listening(runtime.motion_socket, "hold", heard, refused=target)
    with motion, _listening(runtime.conductor_socket, "HOLD", list[dict[str, object]](), held=held):
        answer = tell(runtime, Order("hold", target))
    assert [fields["target"] for fields in heard] == [target, held]
    assert answer.as_dict() == {"ok": True, "text": "HOLD", "motion": True, "conductor": True}


def test_a_hold_of_what_nobody_knows_stops_every_axis_though_the_conductor_is_dead(tmp_path: Path) -> None:
    runtime, heard = RuntimeDir(tmp_path), list[dict[str, object]]()
    with _listening(runtime.motion_socket, "A.focus: hold", heard, refused="Z"):
        answer = tell(runtime, Order("hold", "Z"))
    assert [fields["target"] for fields in heard] == ["Z", ""]
    assert answer.ok
    assert answer.text == "HOLD: no axis 'Z': every axis: A.focus: hold; the conductor does not answer"


def test_a_hold_that_the_session_refuses_stops_every_axis(tmp_path: Path) -> None:
    runtime, heard = RuntimeDir(tmp_path), list[dict[str, object]]()
    motion = _listening(runtime.motion_socket, "A.focus: hold", heard, refused="Z")
    with motion, _listening(runtime.conductor_socket, "too early", list[dict[str, object]](), ok=False):
        answer = tell(runtime, Order("hold", "Z"))
    assert [fields["target"] for fields in heard] == ["Z", ""]
    assert (answer.ok, answer.text) == (True, "too early; no axis 'Z': every axis: A.focus: hold")


def test_a_stop_that_nobody_obeys_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="nobody obeys"):
        tell(RuntimeDir(tmp_path), Order("panic"))


def test_everything_else_is_the_conductors(tmp_path: Path) -> None:
    runtime = RuntimeDir(tmp_path)
    motion, conductor = list[dict[str, object]](), list[dict[str, object]]()
    with _listening(runtime.motion_socket, "m", motion), _listening(runtime.conductor_socket, "go", conductor):
        answer = tell(runtime, order_from(["go", "12.10"]))
    assert answer.as_dict() == {"ok": True, "text": "go", "who": "go"}
    assert motion == []
    assert conductor == [{"verb": "go", "target": "12.10", "value": "", "source": "tell"}]


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["arm"], Order("arm")),
        (["engage", "A"], Order("engage", "A")),
        (["engage", "A.focus", "confirm"], Order("engage", "A.focus", "confirm")),
        (["engage", "confirm"], Order("engage", "", "confirm")),
        (["take", "start"], Order("take_start")),
        (["take", "good"], Order("mark", value="good")),
        (["take", "ng"], Order("mark", value="ng")),
        (["slate", "47B"], Order("slate", "", "47B")),
    ],
)
def test_words_become_orders(words: list[str], order: Order) -> None:
    assert order_from(words) == order


@pytest.mark.parametrize(
    ("words", "order"),
    [
        (["offset"], Order("offset", "", "")),
        (["offset", "+40"], Order("offset", "", "+40")),
        (["offset", "-40.5"], Order("offset", "", "-40.5")),
        (["offset", "40"], Order("offset", "40", "")),
        (["offset", "A"], Order("offset", "A", "")),
        (["offset", "A", "-15"], Order("offset", "A", "-15")),
        (["offset", "12", "20"], Order("offset", "12", "20")),
        (["offset", "clear"], Order("offset", "", "clear")),
        (["offset", "12", "clear"], Order("offset", "12", "clear")),
    ],
)
def test_an_offset_is_for_all_or_for_one(words: list[str], order: Order) -> None:
    """A number alone without a sign is a cue's: nobody moves a whole show by asking for a cue."""
    assert order_from(words) == order


@pytest.mark.parametrize("words", [["offset", "A", "B", "+4"], ["hold", "--now"], ["offset", "-x"]])
def test_too_many_words_and_options_that_are_none_are_refused(words: list[str]) -> None:
    with pytest.raises(InputError):
        order_from(words)


def test_a_setup_says_stop_and_focal_length_or_takes_them_back() -> None:
    assert order_from(["setup", "A"], stop="T2.8") == Order("setup", "A", "stop=2.8000")
    assert order_from(["setup", "A"], stop="T8", focal="35 mm") == Order("setup", "A", "stop=8.0000 focal_mm=35.0000")
    assert order_from(["setup", "A"], clear=True) == Order("setup", "A", "clear")
    assert order_from(["setup", "A"]) == Order("setup", "A", "")


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (["setup"], {"stop": "T8"}, "needs a camera"),
        (["setup", "A"], {"stop": "8"}, "write T8"),
        (["setup", "A"], {"focal": "35"}, "35"),
        (["setup", "A"], {"stop": "T8", "clear": True}, "not both"),
        (["arm"], {"stop": "T8"}, "belong to setup"),
    ],
)
def test_a_setup_that_says_nothing_sensible_is_refused(words: list[str], given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        order_from(words, **given)


@pytest.mark.parametrize(
    "words", [[], ["fly"], ["take"], ["take", "five"], ["hand"], ["go", "1", "2"], ["engage", "A", "B"]]
)
def test_what_cannot_be_said_is_refused_with_what_can(words: list[str]) -> None:
    with pytest.raises(InputError):
        order_from(words)


@pytest.mark.parametrize("words", [["source", "deck", "frobnicate"], ["engage", "A", "confrm"]])
def test_the_one_word_that_may_follow_a_name_is_said(words: list[str]) -> None:
    with pytest.raises(InputError, match=rf"takes no '{words[2]}'.*or with confirm"):
        order_from(words)


def test_only_a_hand_moves_by_hand() -> None:
    assert order_from(["hand", "A.focus"], by_ring=0.01) == Order("hand", "A.focus", by_ring=0.01)
    with pytest.raises(InputError, match="--by"):
        order_from(["hold"], by_ring=0.01)
    with pytest.raises(InputError, match="--by"):
        order_from(["hand", "A.focus"], by_ring=float("nan"))


def test_a_hand_and_its_move_are_one_message_to_motion(tmp_path: Path) -> None:
    runtime = RuntimeDir(tmp_path)
    motion, conductor = list[dict[str, object]](), list[dict[str, object]]()
    with _listening(runtime.motion_socket, "m", motion), _listening(runtime.conductor_socket, "c", conductor):
        assert tell(runtime, Order("hand", "A.focus", by_ring=0.01)).ok
    hand = {"verb": "hand", "target": "A.focus", "value": "", "source": "tell"}
    assert motion == [{**hand, "by": 0.01}]
    assert conductor == [hand]


@pytest.mark.parametrize("words", [["hold", "X"], ["go", "99"]])
def test_a_no_is_said_once_and_is_the_inputs_fault(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with _daemon(monkeypatch) as runtime, ExitStack() as both:
        for path in (runtime.motion_socket, runtime.conductor_socket):
            both.enter_context(_listening(path, "no such thing", [], ok=False))
        told = cuefocus("tell", *words)
    assert (told.status, told.text) == (1, "no such thing\n")


def test_a_stop_that_motion_does_not_hear_is_a_devices_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    with _daemon(monkeypatch) as runtime:
        with _listening(runtime.conductor_socket, "HOLD", []):
            assert cuefocus("tell", "hold").status == 3
            assert cuefocus("tell", "arm").status == 0
        assert cuefocus("tell", "arm").status == 3


def test_where_several_daemons_run_the_answer_says_which_was_told(tmp_path: Path) -> None:
    runtime = RuntimeDir(tmp_path, others=("other",))
    with _listening(runtime.conductor_socket, "armed", []):
        answer = tell(runtime, Order("arm"))
    assert answer.text.startswith(f"armed (told {runtime.name}; other running too")
    assert answer.data["run"] == runtime.name


def test_engage_says_what_it_did_and_how_to_engage_the_rest(tmp_path: Path) -> None:
    story = Story(tmp_path, show_text(cue("A1", at_s=3, to="far"), cameras="AB"), Playback().play(8.0), rig=RIG)
    story.at(3.75, lambda rig: rig.unplug("B.focus")).at(4.5, lambda rig: rig.plug("B.focus"))
    told = story.at(6.4, lambda rig: rig.say("engage")).tell()
    assert any(
        "A.focus engaged; B.focus only assumes where it stands; look, then: tell engage B.focus confirm" in reply
        for reply in told.replies
    )


def test_two_keys_engage() -> None:
    assert ORDERS["e"] == order_from(["engage"])
    assert ORDERS["E"] == order_from(["engage", "confirm"])


@pytest.mark.parametrize("verb", ["arm", "disarm", "status"])
def test_a_word_too_many_is_refused(verb: str) -> None:
    with pytest.raises(InputError, match=f"`{verb}` stands alone"):
        order_from([verb, "now"])
