"""`mtc generate`, `clock generate` and `artnet generate`: timecode for others, live, message by message."""

from pathlib import Path
from typing import Annotated

import typer

from cuefocus.cli.options import (
    GapList,
    JumpList,
    RampList,
    RateName,
    SendSeconds,
    StartLabel,
    StartSpeed,
    WowText,
)
from cuefocus.cli.speech import say

mtc = typer.Typer(help="MIDI timecode for others.", no_args_is_help=True)
clock = typer.Typer(help="MIDI clock for others.", no_args_is_help=True)
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
    ramps: RampList = [],
    wow: WowText = "",
    jumps: JumpList = [],
    gaps: GapList = [],
) -> None:
    """MIDI timecode to a port, live: quarter frames, and full frames at the start, at jumps and standing still."""
    from cuefocus.app.playback_options import playback_from, seconds_from
    from cuefocus.app.send_timecode import send_mtc
    from cuefocus.app.start_now import MIDNIGHT, NOW

    first = MIDNIGHT if start == NOW else start
    playback = playback_from(rate=rate, start=first, speed=speed, ramps=ramps, jumps=jumps, gaps=gaps, wow=wow)
    say(str(send_mtc(playback, seconds_from(seconds), to, now=start == NOW)))


@clock.command("generate")
def clock_generate(
    beats: Annotated[Path, typer.Argument(help="tempo map: a MIDI file or a beat file", metavar="SONG.mid")],
    to: Annotated[
        str, typer.Option("--to", help="midi:NAME, jack:NAME or raw:DEVICE; midi: makes a port", metavar="PORT")
    ],
    start: Annotated[str, typer.Option("--start", help="where it begins", metavar="BAR[.BEAT]")] = "1",
    first_bar: Annotated[int, typer.Option("--first-bar", help="number of a MIDI file's first bar")] = 1,
    seconds: SendSeconds = None,
    speed: Annotated[float, typer.Option("--speed", help="relative to the song's tempo")] = 1.0,
    ramps: RampList = [],
    wow: WowText = "",
    jumps: Annotated[list[str], typer.Option("--jump", help="at AT s go to a bar", metavar="AT=BAR[.BEAT]")] = [],
    song: Annotated[int | None, typer.Option("--song", min=0, max=127, help="send a Song Select ahead of it")] = None,
) -> None:
    """MIDI clock to a port, live: clocks by a tempo map, Start or Song Position and Continue, Stop at the end."""
    from cuefocus.app.playback_options import seconds_from, song_run_from
    from cuefocus.app.send_timecode import send_clock

    run = song_run_from(
        beats, start=start, first_bar=first_bar, speed=speed, ramps=ramps, wow=wow, jumps=jumps, song=song
    )
    say(str(send_clock(run, seconds_from(seconds), to)))


@artnet.command("generate")
def artnet_generate(
    rate: RateName,
    start: StartLabel,
    to: Annotated[str, typer.Option("--to", help="address to send to, also a broadcast one", metavar="HOST[:PORT]")] = (
        "127.0.0.1"
    ),
    seconds: SendSeconds = None,
    speed: StartSpeed = 1.0,
    ramps: RampList = [],
    wow: WowText = "",
    jumps: JumpList = [],
    gaps: GapList = [],
    stream: Annotated[int, typer.Option("--stream", min=0, max=255, help="which of several timecodes")] = 0,
) -> None:
    """Art-Net timecode to an address, live: a datagram a frame. Only this machine hears it unless --to is given."""
    from cuefocus.app.playback_options import playback_from, seconds_from
    from cuefocus.app.send_timecode import send_artnet
    from cuefocus.app.start_now import MIDNIGHT, NOW

    first = MIDNIGHT if start == NOW else start
    playback = playback_from(rate=rate, start=first, speed=speed, ramps=ramps, jumps=jumps, gaps=gaps, wow=wow)
    say(str(send_artnet(playback, seconds_from(seconds), to, stream=stream, now=start == NOW)))
