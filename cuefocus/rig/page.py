"""The page and its API over HTTP: where they are heard, who proves itself by what, and whether they are announced."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from cuefocus.files.strict import Finding, Name, Strict
from cuefocus.rig.values import Endpoint

RightName = Literal["view", "edit", "operate"]
Announced = Annotated[
    Literal["false", "true", "loopback"],
    BeforeValidator(
        lambda written: str(written).lower() if isinstance(written, bool) else written,
        json_schema_input_type=bool | Literal["loopback"],
    ),
]
_HERE = Endpoint.parse("127.0.0.1:8080")


class TokenSettings(Strict):
    """A token, and what whoever shows it may do."""

    id: Name
    file: Name = Field(description="beside the rig, for its owner alone; one token, at least 16 characters")
    rights: RightName = "operate"


class PageSettings(Strict):
    """The page, its API, OSCQuery."""

    listen: Endpoint = _HERE
    token_file: Name | None = Field(None, description="the file of one token that may operate; `tokens` for several")
    tokens: tuple[TokenSettings, ...] = Field((), description="with any, this machine must show one too")
    names: tuple[Name, ...] = Field((), description="names it is called by besides its address and this machine's name")

    @property
    def all_tokens(self) -> tuple[TokenSettings, ...]:
        """Every one of them."""
        alone = () if self.token_file is None else (TokenSettings(id="token", file=self.token_file),)
        return alone + self.tokens

    def complaints(self) -> Iterator[Finding]:
        """What no single field can see."""
        if not self.listen.loopback and not self.all_tokens:
            cure = "add tokens: [{id: booth, file: booth.token}], or listen on 127.0.0.1"
            yield ("listen",), "error", "a page beyond loopback needs a token", cure
        if self.listen.port == 0:
            yield ("listen",), "error", f"{self.listen} names no port", "write ADDRESS:PORT"
        seen = {"token"} if self.token_file is not None else set[str]()
        for index, one in enumerate(self.tokens):
            if one.id in seen:
                yield ("tokens", index, "id"), "error", f"two tokens are called {one.id!r}", "rename one"
            seen.add(one.id)
