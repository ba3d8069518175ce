"""Another program in the Link session, by Link's own library: `link_program.py BPM`.

It says "ready" once it is no longer alone, or "alone" after a while. For each line it reads it starts (`play`), telling
at which host time the song's first beat falls; tells the session's tempo (`tempo`); or stops (anything else).
"""

import sys

import link

from cuefocus.shells.host_clock import HostClock, now_ns
from cuefocus.timebase.units import NS_PER_MS, NS_PER_S

QUANTUM = 4.0
PATIENCE_NS = 15 * NS_PER_S


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def main() -> None:
    session = link.Link(float(sys.argv[1]))
    session.startStopSyncEnabled = session.enabled = True
    until_ns = now_ns() + PATIENCE_NS
    while not session.numPeers() and now_ns() < until_ns:
        HostClock().sleep_until(now_ns() + 20 * NS_PER_MS)
    say("ready" if session.numPeers() else "alone")
    for line in sys.stdin:
        state, micros = session.captureSessionState(), session.clock().micros()
        if line.strip() == "tempo":
            say(round(state.tempo(), 3))
            continue
        if line.strip() == "play":
            state.setIsPlayingAndRequestBeatAtTime(True, micros + 50_000, 0.0, QUANTUM)
        else:
            state.setIsPlaying(False, micros)
        session.commitSessionState(state)
        first_us = session.captureSessionState().timeAtBeat(0.0, QUANTUM)
        say(now_ns() + round((first_us - session.clock().micros()) * 1000))
    session.enabled = False


if __name__ == "__main__":
    main()
