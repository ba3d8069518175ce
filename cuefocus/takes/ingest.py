"""From ledger to store: each line once, however often either is interrupted.

The lines and the place up to which the ledger has been read are kept in one transaction.
"""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from cuefocus.landing.ledger import LedgerLine, decode_line
from cuefocus.takes.store import TakeStore, add_landings
from cuefocus.takes.tables import offsets
from cuefocus.takes.trouble import TakeStoreError

_PIECE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Ingested:
    """What came of reading on.

    Args:
        new: landings that were not in the store.
        torn: whole lines that made no sense, and were passed over.
        waiting_bytes: of an unfinished last line, left for the next time.
    """

    new: int
    torn: int
    waiting_bytes: int


def ingest(store: TakeStore, ledger: Path) -> Ingested:
    """Read on in a ledger from where the store left off; no such file holds nothing.

    A ledger shorter than it was is another ledger: it is read from its start (known landings are not added twice).

    Raises: TakeStoreError when ledger or store cannot be used; the next call goes on from the same place.
    """
    name, new, torn = str(ledger.resolve()), 0, 0
    while True:
        piece, start, size = _piece(ledger, store.offset(name))
        whole = piece.rfind(b"\n") + 1
        if not whole:
            return Ingested(new, torn, len(piece))
        lines = [decode_line(line) for line in piece[:whole].split(b"\n")[:-1]]
        good: list[LedgerLine] = [line for line in lines if line is not None]
        with store.transaction() as connection:
            kept = connection.execute(select(offsets.c.torn_lines).where(offsets.c.ledger == name)).scalar() or 0
            new += add_landings(connection, good)
            values = {"offset": start + whole, "torn_lines": kept + len(lines) - len(good)}
            connection.execute(
                insert(offsets)
                .values(ledger=name, **values)
                .on_conflict_do_update(index_elements=[offsets.c.ledger], set_=values)
            )
        torn += len(lines) - len(good)
        if start + len(piece) >= size:
            return Ingested(new, torn, len(piece) - whole)


def _piece(ledger: Path, offset: int) -> tuple[bytes, int, int]:
    """Bytes from `offset` on, at least one whole line if there is one; where they start, and the size of the file."""
    try:
        if not ledger.exists():
            return b"", 0, 0
        with ledger.open("rb") as stream:
            size = stream.seek(0, 2)
            start = offset if offset <= size else 0
            stream.seek(start)
            piece = stream.read(_PIECE_BYTES)
            while b"\n" not in piece and (more := stream.read(_PIECE_BYTES)):
                piece += more
    except OSError as problem:
        raise TakeStoreError(
            f"the ledger cannot be read ({problem.strerror})", where=str(ledger), hint="landings stay in it meanwhile"
        ) from problem
    return piece, start, size
