"""The command line: its verbs, and how each ends.

Exit status: 0 done, 1 the input is at fault, 2 wrong usage, 3 a device or the system is at fault. Each verb imports
what it needs when it runs, so that `ltc decode` does not wait for the show's models.
"""

import gc
import io
import sys
from typing import Annotated, Final

import typer

from cuefocus.cli.live import run, tell
from cuefocus.cli.ltc import ltc
from cuefocus.cli.machine import calendar, doctor, ports
from cuefocus.cli.senders import artnet, clock, mtc
from cuefocus.cli.shows import check, rehearse, replay, report, schema
from cuefocus.cli.speech import Exit, complain, let_go_of_stdout, say
from cuefocus.errors import CueFocusError, DeviceError
from cuefocus.files.collector import collector_paused

#: As `--help` lists them.
VERBS: Final = (run, tell, check, rehearse, replay, report, doctor, calendar, schema, ports)

app = typer.Typer(
    name="cuefocus",
    help="Focus racks that land on exact words and beats.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
sim = typer.Typer(help="Simulated devices that speak the real wire.", no_args_is_help=True)
for verb in VERBS:
    #: `tell offset -40`: a number is no option; what else looks like one and is none is refused by `order_from`.
    app.command(context_settings={"ignore_unknown_options": verb is tell})(verb)
for name, group in (("ltc", ltc), ("mtc", mtc), ("clock", clock), ("artnet", artnet), ("sim", sim)):
    app.add_typer(group, name=name)


def _say_version(wanted: bool) -> None:
    if wanted:
        from cuefocus.app.version import code_version

        say(f"cuefocus {code_version()}")
        raise typer.Exit(Exit.DONE)


@app.callback()
def _whole(
    version: Annotated[
        bool, typer.Option("--version", help="say which version this is", callback=_say_version, is_eager=True)
    ] = False,
) -> None:
    """Focus racks that land on exact words and beats."""


@sim.command(
    "motor",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def sim_motor(context: typer.Context) -> None:
    """Simulated lens motors on ptys and UDP ports (see `sim motor --help`)."""
    from cuefocus.app.sim_motor import main as sim_main

    gc.enable()
    raise typer.Exit(sim_main(context.args, say=say))


def main() -> None:
    """Run one verb; deliberate errors become a sentence and an exit status, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal without our letters costs the letters, not the report
    try:
        try:
            with collector_paused():  # importing, loading and rehearsing make no rubbish; a fifth of the imports' time
                app()
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()  # a full disk is noticed while it can still be told
    except DeviceError as problem:
        complain(f"cuefocus: {problem}")
        sys.exit(Exit.DEVICE)
    except CueFocusError as problem:
        complain(f"cuefocus: {problem}")
        sys.exit(Exit.INPUT)
    except BrokenPipeError:
        let_go_of_stdout()
        sys.exit(Exit.DONE)
    except OSError as problem:  # what nothing nearer could say better: standard output on a full disk, …
        let_go_of_stdout()
        complain(f"cuefocus: {problem.filename or 'the output'}: {problem.strerror}; nothing more was done")
        sys.exit(Exit.DEVICE)
    except KeyboardInterrupt:
        sys.exit(130)
