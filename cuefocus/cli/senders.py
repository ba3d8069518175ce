"""`mtc generate` and `artnet generate`: timecode for others, live, message by message."""

from typing import Annotated

import typer

from cuefocus.cli.options import GapList, JumpList, RateName, SendSeconds, StartLabel, StartSpeed
from cuefocus.cli.speech import say

mtc = typer.Typer(help="MIDI timecode for others.", no_args_is_help=True)
artnet = typer.Typer(help="Art-Net timecode for others.", no_args_is_help=True)


@mtc.command("generate")
def mtc_generate(
    rate: RateName,
    start: StartLabel,
    to: Annotated[
        str, typer.Option("--to", help="midi:NAME, jack:NAME or raw:DEVICE; midi: makes a port", metavar="PORT")
    ],
    seconds: SendSeconds = None,
    speed: StartSpeed = 1.0,
    jumps: JumpList = [],  # noqa: B006
    gaps: GapList = [],  # noqa: B006
) -> None:
    """MIDI timecode to a port, live: quarter frames, and full frames at the start and at jumps."""
    from cuefocus.app.playback_options import playback_from, seconds_from
    from cuefocus.app.send_timecode import send_mtc
    from cuefocus.app.start_now import MIDNIGHT, NOW

    playback = playback_from(rate=rate, start=MIDNIGHT if start == NOW else start, speed=speed, jumps=jumps, gaps=gaps)
    say(str(send_mtc(playback, seconds_from(seconds), to, now=start == NOW)))


@artnet.command("generate")
def artnet_generate(
    rate: RateName,
    start: StartLabel,
    to: Annotated[str, typer.Option("--to", help="address to send to, also a broadcast one", metavar="HOST[:PORT]")] = (
        "127.0.0.1"
    ),
    seconds: SendSeconds = None,
    speed: StartSpeed = 1.0,
    jumps: JumpList = [],  # noqa: B006
    gaps: GapList = [],  # noqa: B006
    stream: Annotated[int, typer.Option("--stream", min=0, max=255, help="which of several timecodes")] = 0,
) -> None:
    """Art-Net timecode to an address, live: a datagram a frame. Only this machine hears it unless --to is given."""
    from cuefocus.app.playback_options import playback_from, seconds_from
    from cuefocus.app.send_timecode import send_artnet
    from cuefocus.app.start_now import MIDNIGHT, NOW

    playback = playback_from(rate=rate, start=MIDNIGHT if start == NOW else start, speed=speed, jumps=jumps, gaps=gaps)
    say(str(send_artnet(playback, seconds_from(seconds), to, stream=stream, now=start == NOW)))
