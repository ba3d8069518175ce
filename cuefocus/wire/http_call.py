"""An HTTP call on its way from the conductor to the process that makes it."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """One call.

    Args:
        url: whole.
        body: empty for none.
    """

    method: str
    url: str
    body: str = ""

    @property
    def content_type(self) -> str:
        """What the body is."""
        return "application/json" if self.body.lstrip()[:1] in ("{", "[") else "text/plain; charset=utf-8"


def call_bytes(call: Call) -> bytes:
    """A call as bytes."""
    return json.dumps([call.method, call.url, call.body], ensure_ascii=False).encode()


def read_call(data: bytes) -> Call:
    """What `call_bytes` wrote. Raises: ValueError for what it did not write."""
    try:
        method, url, body = json.loads(data)
    except (TypeError, UnicodeDecodeError) as problem:
        raise ValueError(f"no call: {problem}") from None
    return Call(str(method), str(url), str(body))
