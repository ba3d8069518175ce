import os
import socket
from pathlib import Path
from threading import Thread

import pytest

from cuefocus.errors import DeviceError
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.local_socket import UNTIL, LocalServer, ask
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S
from tests.shells.test_osc_desk import out_of_descriptors


def serve_one(server: LocalServer) -> None:
    wait = DescriptorWait()
    wait.watch(server.fileno())
    wait.wait_until(now_ns() + 5 * NS_PER_S)
    taken = server.take()
    if taken is not None:
        fields, peer = taken
        server.answer(peer, {"ok": True, "heard": fields})


def test_a_command_is_heard_and_answered(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "s.sock")
    thread = Thread(target=serve_one, args=(server,))
    thread.start()
    answer = ask(server.path, {"verb": "hold", "target": "A.focus"}, timeout_ns=5 * NS_PER_S)
    thread.join()
    server.close()
    heard = answer["heard"]
    assert isinstance(heard, dict)
    assert heard.pop(UNTIL) > now_ns(), "it says until when it waits"
    assert answer == {"ok": True, "heard": {"verb": "hold", "target": "A.focus"}}
    assert not server.path.exists()


def test_a_long_answer_comes_whole(tmp_path: Path) -> None:
    """The status of a show in which hundreds of cues wait is one."""
    server = LocalServer(tmp_path / "s.sock")
    long = {"ok": True, "data": {"waiting": [{"cue": str(number), "for": "pre-wait"} for number in range(2000)]}}

    def serve() -> None:
        wait = DescriptorWait()
        wait.watch(server.fileno())
        wait.wait_until(now_ns() + 5 * NS_PER_S)
        taken = server.take()
        assert taken is not None
        server.answer(taken[1], long)

    thread = Thread(target=serve)
    thread.start()
    assert ask(server.path, {"verb": "status"}, timeout_ns=5 * NS_PER_S) == long
    thread.join()
    server.close()


def test_only_this_user_may_speak(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "s.sock")
    assert os.stat(server.path).st_mode & 0o777 == 0o600
    server.close()


def test_what_a_dead_predecessor_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    left = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    left.bind(os.fspath(path))
    left.close()
    LocalServer(path).close()


def test_a_file_in_the_way_is_left_alone_and_named(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    path.write_text("precious")
    with pytest.raises(DeviceError, match="cannot listen"):
        LocalServer(path)
    assert path.read_text() == "precious"


@pytest.mark.parametrize("message", [b"", b"\xff\xfe", b"[1]", b"{", b"[" * 10_000, b'"x"' + b" " * 20_000])
def test_nonsense_is_answered_counted_and_does_not_disturb(tmp_path: Path, message: bytes) -> None:
    server = LocalServer(tmp_path / "s.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind("")
        peer.sendto(message, os.fspath(server.path))
        peer.sendto(b'{"verb":"hold"}', os.fspath(server.path))
        taken = server.take()
        assert taken is not None
        assert taken[0] == {"verb": "hold"}
        assert server.refused == 1
        assert b"one JSON object" in peer.recv(1000)
    server.close()


def test_what_is_no_unicode_is_answered_all_the_same(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "s.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind("")
        peer.sendto(b'{"verb":"go","target":"\\ud800"}', os.fspath(server.path))
        taken = server.take()
        assert taken is not None
        server.answer(taken[1], {"ok": False, "text": f"no cue {taken[0]['target']}"})
        assert b"no cue ?" in peer.recv(1000)
    server.close()


def test_who_may_open_nothing_more_asks_nobody_and_says_why(tmp_path: Path) -> None:
    with out_of_descriptors(), pytest.raises(DeviceError, match="Too many open files"):
        ask(tmp_path / "none.sock", {})


def test_an_answer_to_a_peer_that_has_gone_is_dropped(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "s.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        peer.bind("")
        peer.sendto(b"{}", os.fspath(server.path))
    taken = server.take()
    assert taken is not None
    server.answer(taken[1], {"ok": True})
    server.close()


def test_nobody_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match="nobody listens"):
        ask(tmp_path / "none.sock", {})


def test_no_answer_is_said_after_the_time_out(tmp_path: Path) -> None:
    server = LocalServer(tmp_path / "s.sock")
    begun_ns = now_ns()
    with pytest.raises(DeviceError, match="no answer"):
        ask(server.path, {}, timeout_ns=50 * NS_PER_MS)
    assert now_ns() - begun_ns >= 50 * NS_PER_MS
    server.close()
