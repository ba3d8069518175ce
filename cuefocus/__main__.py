"""`python -m cuefocus`."""

from cuefocus.cli import main

main()
