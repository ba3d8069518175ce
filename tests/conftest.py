"""How property tests run: without deadlines (machines are shared), and under CI with the same examples each time."""

import os

from hypothesis import settings

settings.register_profile("cuefocus", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("cuefocus")
