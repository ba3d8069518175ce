"""Who may do what over HTTP: by token, by address, and from which pages of a browser. Pure.

A browser on this machine reaches us for any web page that it shows. So a request counts only if it calls us by a name
of ours (a page elsewhere can let its own name point here), and what changes anything only if no other page sent it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cuefocus.desk.web.config import TokenFile
from cuefocus.engine.peers import Guest, Peers
from cuefocus.errors import RigFileError
from cuefocus.shells.ip_place import is_loopback
from cuefocus.wire.said import Right

SHORTEST_TOKEN: Final = 16
_LONGEST_TOKEN: Final = 4096
_HERE: Final = "localhost"
_CALLED: Final = re.compile(r"(?:\[(?P<address>[^\[\]]*:[^\[\]]*)\]|(?P<name>[^\[\]:/?#@\\\s]+))(?::[0-9]*)?")
"""A host and perhaps its port (RFC 9112, 3.2), an IPv6 address in brackets; nothing else is a name."""
_MAKE_ONE: Final = "make one: openssl rand -hex 16 > FILE && chmod 600 FILE"


@dataclass(frozen=True, slots=True)
class Token:
    """A token.

    Args:
        id: what it is called. digest: SHA-256 of it.
        right: what whoever shows it may do.
    """

    id: str
    digest: bytes
    right: Right


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who asks, and what he may do.

    Args:
        id: as a source is called: the token's, the peer's, or the address.
    """

    id: str
    right: Right


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not even looked at.

    Args:
        status: HTTP's. text: a sentence with the cure.
    """

    status: int
    text: str


def read_token(kept: TokenFile) -> Token:
    """A token from its file. Raises: RigFileError with cause and cure."""
    path = Path(kept.file)
    try:
        mode = path.stat().st_mode
        text = path.read_bytes()[:_LONGEST_TOKEN].decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "not plain ASCII"
        raise RigFileError(f"no token can be read: {why}", where=kept.file, hint=_MAKE_ONE) from None
    if mode & 0o077:
        raise RigFileError("others can read this token", where=kept.file, hint=f"chmod 600 {kept.file}")
    if len(text) < SHORTEST_TOKEN or len(text.split()) != 1:
        wanted = f"a token is one word of at least {SHORTEST_TOKEN} characters"
        raise RigFileError(wanted, where=kept.file, hint=_MAKE_ONE)
    return Token(kept.id, sha256(text.encode()).digest(), kept.right)


class Gate:
    """Judges requests.

    Args:
        tokens: with any, whoever shows none may do nothing.
        peers: what hosts may do by their address: this machine operates where there is no token; one that the rig
            names may look.
        names: by which we may be called, besides addresses.
    """

    def __init__(self, tokens: Sequence[Token], peers: Peers, names: Iterable[str]) -> None:
        self._tokens, self._peers = tuple(tokens), peers
        self._names = frozenset(name.lower().rstrip(".") for name in (*names, _HERE))

    def judge(self, host: str, headers: Mapping[str, str], *, changes: bool) -> Visitor | Refusal:
        """Who asks, or why nobody is heard.

        Args:
            host: the address that it came from.
            changes: whether it may change anything, or is a websocket: browsers let any page open those.
            headers: by their names in small letters.
        """
        called = headers.get("host", "")
        if not self._is_ours(called):
            text = f"this is not {called[:80]!r}; call it by its address, or name it in network.page.names"
            return Refusal(403, text)
        foreign = self._foreign(headers, called)
        if foreign and changes:
            return Refusal(403, f"a page of {foreign[:80]!r} may not do that")
        visitor = self._visitor(plain_address(host), headers.get("authorization"))
        if visitor is None or visitor.right is Right.NONE:
            why = "show a token" if visitor is None else "that token is not known here"
            return Refusal(401, f"{why}: Authorization: Bearer TOKEN, as the rig's network.page names it")
        return visitor

    def _visitor(self, host: str, shown: str | None) -> Visitor | None:
        """Who it is; without any right where the token is wrong, None where one is missing."""
        if shown is not None:
            kind, _, text = shown.partition(" ")
            digest, found = sha256(text.strip().encode()).digest(), Visitor(host, Right.NONE)
            for token in self._tokens:  # all of them, so that the time it takes says nothing
                if compare_digest(token.digest, digest) and kind.lower() == "bearer":
                    found = Visitor(token.id, token.right)
            return found
        guest = Guest(host, 0)
        rule = self._peers.rule(guest)
        if is_loopback(host) and not self._tokens:
            return Visitor(rule.id, rule.right)
        return Visitor(rule.id, Right.VIEW) if rule.network and rule.right >= Right.VIEW else None

    def _is_ours(self, called: str) -> bool:
        found = _CALLED.fullmatch(called)
        if found is None:
            return False
        address, name = found["address"], found["name"]
        return _is_address(address) if address else name.lower().rstrip(".") in self._names or _is_address(name)

    @staticmethod
    def _foreign(headers: Mapping[str, str], called: str) -> str:
        """The page that sent it, if it is not one of ours; empty for a program, which says nothing of pages."""
        origin = headers.get("origin")
        if origin is not None and origin.lower().partition("://")[2] != called.lower():
            return origin or "a site without a name"
        return "another site" if headers.get("sec-fetch-site", "none") in ("cross-site", "same-site") else ""


def plain_address(host: str) -> str:
    """An address as rules have it: an IPv4 one that came by an IPv6 socket is an IPv4 one."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    mapped = getattr(address, "ipv4_mapped", None)
    return str(address if mapped is None else mapped)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
