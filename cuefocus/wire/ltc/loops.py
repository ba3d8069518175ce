"""What a compiler must know of the decoder's loops: which call each other, and whose text decides what they become."""

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from cuefocus.wire.ltc import (
    believed_words,
    bits,
    edge_loops,
    edges,
    eye,
    judging,
    likeliest,
    soft_loops,
    start_fit,
    start_loops,
    timelines,
    word,
)

Loop = Callable[..., Any]

INNER: Final[tuple[Loop, ...]] = (
    word.packed_label, bits.is_likely_sync, bits.has_sync_shape, bits.walk, edge_loops.cut_at, edge_loops.crossing,
    start_loops.within, start_loops.roughness, start_loops.fit, start_loops.fit_start, soft_loops.sum_at,
    soft_loops.greatest, word.label_in_word, word.label_counted_on, likeliest.best_path, likeliest.likeliest_word,
    eye.bit_of, eye.look, eye.is_open, eye.is_turned,
    judging.weighed, timelines.counted_on, judging.is_said_again, timelines.wait, judging.carried_on,
    timelines.rates_with, timelines.swap, timelines.sort, timelines.without_twins, judging.counts_otherwise,
    judging.believed, judging.offer,
)  # fmt: skip
"""Called by other loops, in the order of their calls: a compiler must know them first."""

MODULES: Final[tuple[ModuleType, ...]] = (
    *dict.fromkeys(sys.modules[loop.__module__] for loop in INNER),
    believed_words,
    *(edges, start_fit),  # constants
)
"""Where loops are, and what they read while they are compiled: with a changed line there, they are compiled anew."""
