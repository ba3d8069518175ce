"""Whether those that a rig tells, and the MIDI inputs by which it hears cues, are there: each is tried once.

Nothing that means anything is said to them: by UDP goes a packet without a word, by TCP and HTTP a connection is made
and ended, a MIDI port is opened and closed.
"""

import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from errno import ECONNREFUSED
from typing import Final

from cuefocus.app.doctor_desks import PATIENCE_S, Found, no_answer
from cuefocus.app.receivers import midi_address
from cuefocus.errors import CueFocusError
from cuefocus.rig.models import Rig
from cuefocus.rig.receivers import Receiver
from cuefocus.shells.ip_place import family_of, ip_place
from cuefocus.shells.jack_midi_port import JACK, find_jack_midi
from cuefocus.shells.message_device import midi_port
from cuefocus.shells.midi_out import open_midi_out
from cuefocus.shells.midi_port import find_midi, lasting_name
from cuefocus.shells.name_lookup import NameLookup, NameUnanswered, why_unknown

_AT_ONCE: Final = 16
_EMPTY_BUNDLE: Final = b"#bundle\0" + bytes(7) + b"\1"
_NO_ART_NET: Final = b"\0"


def receiver_findings(rig: Rig) -> Iterator[Found]:
    """Each receiver of the rig, and each MIDI input that cues come by; those on the network all at once."""
    receivers = rig.network.receivers
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        networked = pool.map(_networked, [each for each in receivers if each.midi is None])
        for each in receivers:
            yield _played(each.id, each.midi) if each.midi is not None else next(networked)
    if rig.network.midi is not None:
        for name in rig.network.midi.inputs:
            yield _heard(name)


def _networked(receiver: Receiver) -> Found:
    what = f"receiver {receiver.id}"
    where, host, port = _place(receiver)
    try:
        address = NameLookup(patience_s=PATIENCE_S).place(host, port, ipv4=receiver.artnet is not None)
    except NameUnanswered as problem:
        return "warning", what, str(problem), "is the network's name server on? an address needs none"
    except OSError as problem:
        return "warning", what, why_unknown(host, problem), "write its address"
    if receiver.http is None and receiver.tcp is None:
        return _udp(what, where, address, _EMPTY_BUNDLE if receiver.osc is not None else _NO_ART_NET)
    if why := no_answer(address):
        cure = "is it on, is the address right, and does its firewall let this machine in?"
        return "warning", what, f"does not answer at {where}: {why}", cure
    if where.startswith("https:") and (why := _distrust(host, address)):
        cure = "give it a certificate that this machine trusts, or call it by http"
        return "warning", what, f"answers at {where}, but no call gets through: {why}", cure
    return "note", what, f"answers at {where}", ""


def _place(receiver: Receiver) -> tuple[str, str, int]:
    """As it is written, its host and its port."""
    if receiver.http is not None:
        return str(receiver.http), receiver.http.place.host, receiver.http.place.port
    place = receiver.osc or receiver.artnet
    return (str(place), place.host, place.port) if place is not None else ("", "", 0)


def _udp(what: str, where: str, address: tuple[str, int], data: bytes) -> Found:
    with closing(socket.socket(family_of(address[0]), socket.SOCK_DGRAM)) as made:
        made.settimeout(PATIENCE_S)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        try:
            made.connect(ip_place(*address))
            made.send(data)
            made.recv(1)
        except TimeoutError:
            pass
        except OSError as problem:
            if problem.errno == ECONNREFUSED:
                cure = "start its program, or correct the port"
                return "warning", what, f"nobody listens at {where}: its machine says so", cure
            cure = "is this machine's network plugged in and up, and is the address in it?"
            return "warning", what, f"no way to {where}: {problem.strerror or problem}", cure
    return "note", what, f"is sent to at {where}; by UDP nobody says whether it is heard", ""


def _distrust(host: str, address: tuple[str, int]) -> str:
    """Why a call by HTTPS would not be made, or empty."""
    try:
        with socket.create_connection(address, PATIENCE_S) as made:
            ssl.create_default_context().wrap_socket(made, server_hostname=host).close()
    except ssl.SSLCertVerificationError as problem:
        return f"its certificate is not accepted ({problem.verify_message})"
    except TimeoutError:
        return "it does not say who it is in time"
    except OSError as problem:
        return f"it does not speak TLS ({problem.strerror})"
    return ""


def _played(name: str, port: str) -> Found:
    what = f"receiver {name}"
    try:
        open_midi_out(midi_address(port)).close()
    except CueFocusError as problem:
        return "warning", what, problem.sentence, problem.hint
    return "note", what, f"the MIDI output {port!r} is there", ""


def _heard(name: str) -> Found:
    what = f"MIDI cues from {name}"
    try:
        port = midi_port(name, where="")
        found = find_jack_midi(port.removeprefix(JACK)) if port.startswith(JACK) else find_midi(port)
    except CueFocusError as problem:
        return "warning", what, problem.sentence, problem.hint
    if lasting_name(port) != port:
        cure = f"write {lasting_name(port)!r}"
        return "warning", what, "the input is there, but its name holds numbers that change when it is plugged in", cure
    return "note", what, f"the input {lasting_name(found)!r} is there", ""
