"""`cuefocus sim motor`: simulated motors on ptys and UDP ports, in a process of their own.

Kept light (no models, no numpy), so that a demo's motors stand before the daemon looks for them. Also runs as
`python -m cuefocus.app.sim_motor`.
"""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence

from cuefocus.errors import CueFocusError, InputError
from cuefocus.sim.motor_spec import SimMotorSpec, spec_from, specs_from_file
from cuefocus.sim.sim_process import FAULTS, run_sim_process

_NUMBERS = (
    ("--dead-ms", "last byte of a set-point to first movement", 20.0),
    ("--lag-ms", "time constant of the motor's position loop", 15.0),
    ("--speed", "speed limit, ring per s", None),
    ("--accel", "acceleration limit, ring per s²", None),
    ("--backlash", "play between motor and lens ring, share of the ring", 0.0),
    ("--readback-ms", "age of a position report when it arrives", 4.0),
    ("--start", "where it stands at first, 0 close focus … 1 infinity", 0.0),
)


def make_parser() -> argparse.ArgumentParser:
    """What the verb takes."""
    parser = argparse.ArgumentParser(
        prog="cuefocus sim motor",
        description="Simulated lens motors that speak their family's wire in real time.",
        epilog=f"Faults on standard input, a line each: {', '.join(FAULTS)}, with or without a motor's name. "
        "SIGUSR1 pulls or puts back every plug, SIGUSR2 stalls or resumes every line.",
    )
    parser.add_argument("--driver", choices=("tilta", "dji", "bridge"))
    parser.add_argument(
        "--link", action="append", default=[], metavar="PATH|udp:PORT", help="where it is found; repeat for more motors"
    )
    parser.add_argument("--spec", action="append", default=[], metavar="FILE", help="JSON list of motors")
    for flag, text, default in _NUMBERS:
        parser.add_argument(
            flag, type=float, default=default, help=f"{text} ({'none' if default is None else default})"
        )
    parser.add_argument("--baud", type=int, help="bits per second; 0 for no line time")
    parser.add_argument("--address", type=int, help="the motor's number on its line")
    parser.add_argument("--counts-near", type=int, default=0, help="counts at close focus (0)")
    parser.add_argument("--counts-far", type=int, help="counts at infinity (the family's highest)")
    parser.add_argument("--name", default="", help="what faults and the log call it (the link)")
    parser.add_argument("--log", default="", metavar="FILE", help="true positions as CSV, CLOCK_MONOTONIC ns")
    parser.add_argument("--echo", action="store_true", help="tilta: answer each frame with itself")
    parser.add_argument("--command", type=int, default=1, help="tilta: CMD of a focus set-point (1)")
    parser.add_argument("--framing", choices=("slcan", "plain"), default="slcan", help="dji: how packets travel")
    parser.add_argument("--mute", action="store_true", help="bridge: report no positions")
    parser.add_argument("--uncalibrated", action="store_true", help="it does not know its end stops yet")
    parser.add_argument("--until-eof", action="store_true", help="end when standard input does")
    return parser


class WrongUse(CueFocusError):
    """Options that do not go together (exit status 2)."""


def specs_of(arguments: argparse.Namespace) -> list[SimMotorSpec]:
    """The motors a command line asks for. Raises InputError, and WrongUse for options that do not go together."""
    specs = [spec for path in arguments.spec for spec in specs_from_file(path)]
    if arguments.link and arguments.driver is None:
        raise WrongUse("--link needs --driver", hint="one of tilta, dji, bridge")
    if not arguments.link and not specs:
        raise WrongUse("no motor asked for", hint="give --driver and --link, or --spec")
    if len(arguments.link) > 1 and (arguments.name or arguments.log):
        raise WrongUse("several links cannot share --name or --log", hint="describe them in a --spec file")
    same = ("driver", "dead_ms", "lag_ms", "backlash", "readback_ms", "start", "counts_near", "name", "log", "echo")
    values: dict[str, object] = {key: getattr(arguments, key) for key in (*same, "command", "framing")}
    values |= {"answers": not arguments.mute, "calibrated": not arguments.uncalibrated}
    for key in ("speed", "accel", "baud", "address", "counts_far"):
        if getattr(arguments, key) is not None:
            values[key] = getattr(arguments, key)
    return specs + [spec_from({**values, "link": link}) for link in arguments.link]


def main(argv: Sequence[str] | None = None, say: Callable[[str], None] | None = None) -> int:
    """Run the verb; exit status 0 after a stop, 1 for bad input, 2 for bad usage, 3 for a port that cannot be.

    Args:
        argv: words after `sim motor`; None for the process' own.
        say: takes each line meant for standard output.
    """
    arguments = make_parser().parse_args(argv)
    try:
        run_sim_process(
            specs_of(arguments),
            say=_to_stdout if say is None else say,
            commands_fd=_stdin_fd(),
            until_eof=arguments.until_eof,
        )
    except CueFocusError as problem:
        sys.stderr.write(f"{problem}\n")
        return 2 if isinstance(problem, WrongUse) else 1 if isinstance(problem, InputError) else 3
    return 0


def _to_stdout(line: str) -> None:
    """Past its buffer: who started us need not listen, and a full disk costs the line, not the motors."""
    with contextlib.suppress(OSError, ValueError):
        os.write(sys.stdout.fileno(), f"{line}\n".encode())


def _stdin_fd() -> int:
    """Standard input's descriptor; -1 where there is none."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return -1


if __name__ == "__main__":
    sys.exit(main())
