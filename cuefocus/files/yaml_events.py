"""libyaml's event parser where it is built in, PyYAML's own (thirty times slower) where it is not."""

from collections.abc import Callable
from typing import Any

try:
    from yaml._yaml import CParser as _EventParser
except ImportError:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    class _EventParser(Reader, Scanner, Parser):  # type: ignore[no-redef]  # the same thing under the same name
        def __init__(self, stream: bytes) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)


def yaml_events(data: bytes) -> Callable[[], Any]:
    """A function that gives the next event of a YAML stream at each call. It raises yaml.YAMLError."""
    next_event: Callable[[], Any] = _EventParser(data).get_event
    return next_event
