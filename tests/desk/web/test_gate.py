"""Who may do what over HTTP."""

from hashlib import sha256
from pathlib import Path

import pytest

from cuefocus.desk.web.config import TokenFile
from cuefocus.desk.web.gate import Gate, Refusal, Token, Visitor, plain_address, read_token
from cuefocus.engine.peers import DeskRules, PeerRule, Peers
from cuefocus.errors import RigFileError
from cuefocus.wire.said import Right

HOST = {"host": "127.0.0.1:8080"}
WRITTEN = "0123456789abcdef"
PEERS = Peers(DeskRules(peers=(PeerRule("booth", "10.0.0.5", Right.OPERATE), PeerRule("wall", "10.0.0.6", Right.NONE))))


def gate(*, tokens: bool = False, names: tuple[str, ...] = ("stage.example",)) -> Gate:
    secrets = [Token("fob", sha256(WRITTEN.encode()).digest(), Right.EDIT)] if tokens else []
    return Gate(secrets, PEERS, names)


def judged(one: Gate, host: str = "127.0.0.1", /, changes: bool = True, **headers: str) -> Visitor | Refusal:
    return one.judge(host, {**HOST, **{key.replace("_", "-"): text for key, text in headers.items()}}, changes=changes)


def test_this_machine_operates_until_there_is_a_token() -> None:
    assert judged(gate()) == Visitor("127.0.0.1", Right.OPERATE)
    assert judged(gate(), "::1") == Visitor("::1", Right.OPERATE)
    refused = judged(gate(tokens=True))
    assert isinstance(refused, Refusal)
    assert refused.status == 401
    assert "Authorization: Bearer TOKEN" in refused.text


@pytest.mark.parametrize("shown", [f"Bearer {WRITTEN}", f"bearer  {WRITTEN}"])
def test_a_token_gives_its_right_wherever_it_comes_from(shown: str) -> None:
    assert judged(gate(tokens=True), "192.0.2.1", authorization=shown) == Visitor("fob", Right.EDIT)


@pytest.mark.parametrize("shown", ["Bearer wrong", f"Basic {WRITTEN}", WRITTEN, "", "Bearer"])
def test_a_wrong_token_is_worth_less_than_none(shown: str) -> None:
    for one in (gate(), gate(tokens=True)):
        refused = judged(one, authorization=shown)
        assert isinstance(refused, Refusal)
        assert refused.status == 401


def test_who_is_named_by_address_may_look_and_no_more() -> None:
    assert judged(gate(tokens=True), "10.0.0.5") == Visitor("booth", Right.VIEW)
    assert judged(gate(tokens=True), "::ffff:10.0.0.5") == Visitor("booth", Right.VIEW)
    for stranger in ("10.0.0.6", "10.0.0.7", "nonsense", ""):
        assert isinstance(judged(gate(), stranger), Refusal)


@pytest.mark.parametrize(
    "called", ["127.0.0.1", "localhost:8080", "[::1]:8080", "STAGE.example.:80", "10.1.2.3:8080", "[fe80::1%eth0]:80"]
)
def test_it_is_called_by_a_name_of_its_own(called: str) -> None:
    assert isinstance(gate().judge("127.0.0.1", {"host": called}, changes=True), Visitor)


@pytest.mark.parametrize(
    "called",
    [
        *(
            "evil.example",
            "127.0.0.1.evil.example:8080",
            "",
            "[::1",
            "localhost.evil.example",
            "127.0.0.1%.evil.example",
        ),
        *("evil.example@localhost", "localhost/evil.example", "localhost:evil", "\x1f localhost", "[127.0.0.1]", "[]"),
    ],
)
def test_another_name_that_points_here_is_refused(called: str) -> None:
    refused = gate().judge("127.0.0.1", {"host": called}, changes=False)
    assert isinstance(refused, Refusal)
    assert refused.status == 403
    assert "network.page.names" in refused.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:9999"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_another_page_in_the_browser_changes_nothing(headers: dict[str, str]) -> None:
    refused = judged(gate(), "127.0.0.1", True, **headers)
    assert isinstance(refused, Refusal)
    assert refused.status == 403
    assert isinstance(judged(gate(), "127.0.0.1", False, **headers), Visitor)


@pytest.mark.parametrize("headers", [{"origin": "http://127.0.0.1:8080"}, {"sec_fetch_site": "same-origin"}])
def test_our_own_page_may(headers: dict[str, str]) -> None:
    assert judged(gate(), "127.0.0.1", True, **headers) == Visitor("127.0.0.1", Right.OPERATE)


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        (None, 0o600, "No such file"),
        (WRITTEN, 0o644, "others can read this token"),
        (WRITTEN[:-1], 0o600, "at least 16 characters"),
        (f"{WRITTEN} {WRITTEN}", 0o600, "one word"),
        ("é" * 16, 0o600, "not plain ASCII"),
    ],
)
def test_a_token_file_that_is_no_use_is_told_with_its_cure(
    tmp_path: Path, text: str | None, mode: int, said: str
) -> None:
    path = tmp_path / "token"
    if text is not None:
        path.write_text(text)
        path.chmod(mode)
    with pytest.raises(RigFileError, match=said) as told:
        read_token(TokenFile("fob", str(path), Right.VIEW))
    assert "chmod 600" in str(told.value)


def test_an_address_that_came_by_an_ipv6_socket_is_plain() -> None:
    assert plain_address("::ffff:192.0.2.1") == "192.0.2.1"
    assert plain_address("fe80::1%eth0") == "fe80::1"
