"""The command line: verbs, exit codes, and the only place that prints."""


def main() -> None:
    """Run one verb."""
