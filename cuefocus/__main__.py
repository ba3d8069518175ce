"""`python -m cuefocus`."""

from cuefocus.cli.root import main

main()
