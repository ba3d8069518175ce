"""What `reaper:`, `ableton:` and `link:` name; nothing beyond this machine unless it is written."""

import pytest

from cuefocus.errors import InputError
from cuefocus.shells.message_device import ALL_ADDRESSES
from cuefocus.shells.program_device import Program, ableton_program, link_act, own_ipv4_towards, reaper_port

WHERE = "--source"


@pytest.mark.parametrize(
    ("text", "address", "port"),
    [
        ("reaper:9000", "127.0.0.1", 9000),
        ("9000", "127.0.0.1", 9000),
        ("reaper:localhost:9000", "127.0.0.1", 9000),
        ("reaper:10.0.0.5:8001", "10.0.0.5", 8001),
        (f"reaper:{ALL_ADDRESSES}:9000", ALL_ADDRESSES, 9000),
        ("reaper:[::1]:9000", "::1", 9000),
        ("reaper: [fe80:0::5]:9000 ", "fe80::5", 9000),
    ],
)
def test_reaper_is_heard_at_a_port_of_ours(text: str, address: str, port: int) -> None:
    heard = reaper_port(text, where=WHERE)
    assert (heard.address, heard.port) == (address, port)
    assert reaper_port(heard.source, where=WHERE) == heard


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("reaper:", "no UDP port"),
        ("reaper:10.0.0.5", "no UDP port"),
        ("reaper:10.0.0.5:", "no UDP port"),
        ("reaper:studio:9000", "'studio' is no IP address"),
        ("reaper:10.0.0.555:9000", "is no IP address"),
        ("reaper:0", "no UDP port 0"),
        ("reaper:70000", "no UDP port 70000"),
        ("reaper:99999999999", "no UDP port"),
        ("reaper:::1:9000", "no UDP port"),
        ("", "no UDP port is named"),
        ("reaper:224.0.0.1:9000", "224.0.0.1 is no address of one machine"),
        ("reaper:255.255.255.255:9000", "is no address of one machine"),
        ("reaper:[ff02::1]:9000", "ff02::1 is no address of one machine"),
    ],
)
def test_what_names_no_port_is_refused_with_a_cure(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        reaper_port(text, where=WHERE)
    assert refused.value.hint


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("ableton:", Program("127.0.0.1", 11_000)),
        ("ableton:localhost", Program("127.0.0.1", 11_000)),
        ("ableton:10.0.0.7", Program("10.0.0.7", 11_000)),
        ("ableton:10.0.0.7:12000", Program("10.0.0.7", 12_000)),
        ("ableton:10.0.0.7:12000#song", Program("10.0.0.7", 12_000, "song")),
        ("ableton:#song", Program("127.0.0.1", 11_000, "song")),
        ("10.0.0.7#a song", Program("10.0.0.7", 11_000, "a song")),
    ],
)
def test_live_is_asked_at_a_host(text: str, program: Program) -> None:
    assert ableton_program(text, where=WHERE) == program
    assert ableton_program(str(program), where=WHERE) == program


@pytest.mark.parametrize(
    "text", ["ableton:studio", "ableton:studio:11000", "ableton:1:2:3:4", "ableton:10.0.0.7:0", "ableton:::1"]
)
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"is no IP address|no UDP port|IPv4") as refused:
        ableton_program(text, where=WHERE)
    assert refused.value.hint


@pytest.mark.parametrize("host", ["0.0.0.0", "224.0.0.1", "255.255.255.255"])  # noqa: S104 - nothing listens
def test_live_runs_on_one_machine(host: str) -> None:
    with pytest.raises(InputError, match=f"{host} is no address of one machine"):
        ableton_program(f"ableton:{host}", where=WHERE)


def test_link_has_no_address() -> None:
    assert (link_act("link:", where=WHERE), link_act("link:#song", where=WHERE)) == ("", "song")
    with pytest.raises(InputError, match="Link has no address"):
        link_act("link:10.0.0.7", where=WHERE)


def test_towards_this_machine_its_own_address_is_enough() -> None:
    assert own_ipv4_towards("127.0.0.1") == "127.0.0.1"
