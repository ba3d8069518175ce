"""The caller: `python -m cuefocus.shells.http_mouth_main --pipe N`, started by `run` for one receiver by HTTP.

It makes each call at its moment, one after the other, and says how it went. A machine that does not answer holds up
nobody else: what has waited too long for its turn meanwhile is not called any more.
"""

import argparse
import json
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from http.client import HTTPException
from typing import Final

from cuefocus.shells.event_pipe import EventReader, EventWriter
from cuefocus.shells.host_clock import DescriptorWait, now_ns
from cuefocus.shells.log_line import log_line
from cuefocus.shells.midi_mouth import Outbox
from cuefocus.timebase.units import NS_PER_S
from cuefocus.wire.http_call import Call, read_call

PATIENCE_S: Final = 2.0
_NAP_NS: Final = NS_PER_S
_AGENT: Final = "CueFocus"


def main(argv: Sequence[str]) -> int:
    """Call until nobody is left to call for; the exit status."""
    parser = argparse.ArgumentParser(prog="http-mouth")
    parser.add_argument("--pipe", type=int, required=True)
    given = parser.parse_args(argv)
    writer, reader = EventWriter(os.dup(given.pipe)), EventReader(socket.socket(fileno=given.pipe))
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # what is called is on the show's network
    outbox, wait = Outbox(), DescriptorWait()
    wait.watch(reader.fileno())
    log_line("caller: ready")
    lost = 0
    while not reader.over:
        due_ns = outbox.next_due_ns
        wait.wait_until(due_ns if due_ns is not None else now_ns() + _NAP_NS)
        for asked in reader.take():
            outbox.put(json.dumps(asked).encode(), int(str(asked["due_ns"])))
        while (data := outbox.take(now_ns())) is not None:
            asked = json.loads(data)
            late_ns = now_ns() - int(asked["due_ns"])
            failed = call(opener, read_call(str(asked["call"]).encode()))
            writer.put({"number": asked["number"], "late_ns": late_ns, "failed": failed})
            if failed:
                log_line(f"caller: {failed}")
        if outbox.lost > lost:
            failed = f"it answers too slowly: {outbox.lost - lost} calls were not made"
            lost = outbox.lost
            writer.put({"number": 0, "late_ns": 0, "failed": failed})
    return 0


def call(opener: urllib.request.OpenerDirector, asked: Call) -> str:
    """Make a call; why it failed, or empty. Its answer is not read beyond its status."""
    headers = {"User-Agent": _AGENT} | ({"Content-Type": asked.content_type} if asked.body else {})
    body = asked.body.encode() if asked.body else None
    try:
        request = urllib.request.Request(asked.url, data=body, headers=headers, method=asked.method)  # noqa: S310
        with opener.open(request, timeout=PATIENCE_S):
            return ""
    except urllib.error.HTTPError as problem:
        problem.close()
        return f"it answers {problem.code} {problem.reason} to {asked.method} {asked.url}"
    except urllib.error.URLError as problem:
        return "no answer" if isinstance(problem.reason, TimeoutError) else f"{_words(problem.reason)}"
    except TimeoutError:
        return "no answer"
    except (OSError, HTTPException, ValueError) as problem:
        return f"it makes no sense: {problem}"


def _words(problem: object) -> str:
    """What an error says, without its number."""
    return (problem.strerror or str(problem)) if isinstance(problem, OSError) else str(problem)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
