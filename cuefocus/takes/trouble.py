"""What goes wrong with a take store, in a sentence."""

from pathlib import Path

from cuefocus.errors import DeviceError, InputError


class TakeStoreError(DeviceError):
    """The take store cannot be read or written; racks and ledgers are not concerned."""


class NotATakeStore(TakeStoreError):
    """A database, but not one that takes were kept in."""


class NoSuchTake(InputError):
    """A take or pass was asked for that the store does not have."""


def store_error(path: Path | None, done: str, problem: BaseException) -> TakeStoreError:
    """A sentence for what SQLite said."""
    cause = getattr(problem, "orig", None) or problem
    text = str(cause)
    cure = ""
    if "full" in text:
        cure = "free some space; landings wait in the ledger meanwhile"
    elif "readonly" in text or "read-only" in text or "unable to open" in text:
        cure = "make the folder writable, or name another"
    elif "locked" in text:
        cure = "another program holds it; try again"
    return TakeStoreError(f"the take store cannot be {done} ({text})", where=str(path or ""), hint=cure)
