"""Properties here are judged by what they say, not by how long a busy machine took to say it."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")
