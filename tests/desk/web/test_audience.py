"""Those who are kept informed, and those of them who do not read."""

import asyncio
import json

from cuefocus.desk.web.audience import Audience
from cuefocus.wire.osc import OscMessage, read_packet

HOST = "10.0.0.5"


def test_who_does_not_read_loses_the_oldest_and_is_told_how_many() -> None:
    async def story() -> None:
        audience = Audience()
        mailbox = audience.join(HOST, osc=False)
        for number in range(300):
            audience.tell_event({"number": number})
        assert json.loads(await mailbox.take()) == {"event": "lost", "count": 44}
        told = [json.loads(await mailbox.take())["number"] for _ in range(256)]
        assert told == list(range(44, 300))
        late = asyncio.create_task(mailbox.take())
        await asyncio.sleep(0)
        assert not late.done()
        audience.tell_event({"number": 300})
        assert json.loads(await late) == {"number": 300}

    asyncio.run(story())


def test_of_an_address_the_newest_value_is_told() -> None:
    async def story() -> None:
        audience = Audience()
        mailbox, other = audience.join(HOST, osc=True), audience.join(HOST, osc=True)
        assert mailbox.listen("/a")
        for number in range(5):
            audience.tell_value(OscMessage("/a", (number,)))
            audience.tell_value(OscMessage("/b", (number,)))
        told = await mailbox.take()
        assert isinstance(told, bytes)
        assert read_packet(told).messages == (OscMessage("/a", (4,)),)
        audience.tell_new("/c")
        assert await mailbox.take() == await other.take() == '{"COMMAND": "PATH_ADDED", "DATA": "/c"}'

    asyncio.run(story())


def test_nobody_listens_to_everything_at_once() -> None:
    async def story() -> None:
        mailbox = Audience().join(HOST, osc=True)
        assert sum(mailbox.listen(f"/{number}") for number in range(2_000)) == 1_024

    asyncio.run(story())


def test_there_is_room_for_so_many_and_one_host_takes_its_share_alone() -> None:
    async def story() -> None:
        audience = Audience()
        for number in range(8):
            assert audience.refusal(HOST) == ""
            last = audience.join(HOST, osc=bool(number % 2))
        assert audience.refusal(HOST) == "8 of 10.0.0.5 are connected already"
        audience.leave(last)
        assert audience.refusal(HOST) == ""
        audience.join(HOST, osc=True)
        for number in range(24):
            assert audience.refusal("127.0.0.1") == "", "more than one program may run on this machine"
            audience.join("127.0.0.1", osc=bool(number % 2))
        assert audience.refusal("::1") == audience.refusal("127.0.0.9") == "24 of this machine are connected already"
        assert audience.refusal("10.0.0.6") == "32 are connected already"

    asyncio.run(story())
