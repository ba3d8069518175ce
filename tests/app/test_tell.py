"""Orders to the running daemon: what can be said, and who obeys when somebody is dead."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cuefocus.app.runtime_dir import RuntimeDir
from cuefocus.app.tell import Order, order_from, tell
from cuefocus.errors import DeviceError, InputError
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.local_socket import LocalServer
from cuefocus.timebase.units import NS_PER_MS


@contextmanager
def _listening(path: Path, text: str, heard: list[dict[str, object]]) -> Iterator[None]:
    server, over = LocalServer(path), threading.Event()

    def serve() -> None:
        wait = DescriptorWait()
        wait.watch(server.fileno())
        while not over.is_set():
            wait.wait_until(now_ns() + 20 * NS_PER_MS)
            while (taken := server.take()) is not None:
                heard.append(taken[0])
                server.answer(taken[1], {"ok": True, "text": text, "data": {"who": text}})

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        server.close()


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
        (["take", "start"], Order("take_start")),
        (["take", "good"], Order("mark", value="good")),
        (["take", "ng"], Order("mark", value="ng")),
        (["slate", "47B"], Order("slate", "", "47B")),
    ],
)
def test_words_become_orders(words: list[str], order: Order) -> None:
    assert order_from(words) == order


@pytest.mark.parametrize("words", [[], ["fly"], ["take"], ["take", "five"], ["hand"], ["go", "1", "2"]])
def test_what_cannot_be_said_is_refused_with_what_can(words: list[str]) -> None:
    with pytest.raises(InputError):
        order_from(words)


def test_only_a_hand_moves_by_hand() -> None:
    assert order_from(["hand", "A.focus"], by_ring=0.01) == Order("hand", "A.focus", by_ring=0.01)
    with pytest.raises(InputError, match="--by"):
        order_from(["hold"], by_ring=0.01)
