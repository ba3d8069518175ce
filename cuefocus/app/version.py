"""Which code this is."""

from importlib.metadata import PackageNotFoundError, version


def code_version() -> str:
    """The installed version of CueFocus; journals carry it."""
    try:
        return version("cuefocus")
    except PackageNotFoundError:
        return "0+unknown"
