"""libltc (Debian: libltc11) called through ctypes."""

import ctypes
import ctypes.util
import time

import numpy as np
import numpy.typing as npt

from cuefocus.timebase.frames import Timecode
from cuefocus.wire.ltc.word import label_of

_QUEUE_FRAMES = 64

Found = list[list[float]]


class _LtcFrameExt(ctypes.Structure):
    """Source: libltc 1.3.2, ltc.h, `LTCFrameExt`."""

    _fields_ = (
        ("word", ctypes.c_ubyte * 10),
        ("off_start", ctypes.c_longlong),
        ("off_end", ctypes.c_longlong),
        ("reverse", ctypes.c_int),
        ("biphase_tics", ctypes.c_float * 80),
        ("sample_min", ctypes.c_ubyte),
        ("sample_max", ctypes.c_ubyte),
        ("volume", ctypes.c_double),
    )


def libltc() -> ctypes.CDLL | None:
    """The library, its calls declared, or None."""
    name = ctypes.util.find_library("ltc")
    if name is None:
        return None
    library = ctypes.CDLL(name)
    library.ltc_decoder_create.restype = ctypes.c_void_p
    library.ltc_decoder_create.argtypes = [ctypes.c_int, ctypes.c_int]
    library.ltc_decoder_free.argtypes = [ctypes.c_void_p]
    library.ltc_decoder_write_s16.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(ctypes.c_short), ctypes.c_size_t, ctypes.c_longlong
    ]  # fmt: skip
    library.ltc_decoder_read.argtypes = [ctypes.c_void_p, ctypes.POINTER(_LtcFrameExt)]
    return library


def by_libltc(
    library: ctypes.CDLL, samples: npt.NDArray[np.int16], sample_rate: int, chunk: int = 1024
) -> tuple[Found, float]:
    """What libltc reads in 16-bit samples, and the CPU time that took, s."""
    words: list[tuple[int, int, bool]] = []
    frame = _LtcFrameExt()
    began_s = time.process_time()
    decoder = library.ltc_decoder_create(sample_rate // 25, _QUEUE_FRAMES)
    for at in range(0, len(samples), chunk):
        piece = samples[at : at + chunk]
        pointer = piece.ctypes.data_as(ctypes.POINTER(ctypes.c_short))
        library.ltc_decoder_write_s16(decoder, pointer, len(piece), at)
        while library.ltc_decoder_read(decoder, ctypes.byref(frame)):
            word = int.from_bytes(bytes(frame.word)[:8], "little")
            words.append((word, frame.off_end if frame.reverse else frame.off_start, bool(frame.reverse)))
    library.ltc_decoder_free(decoder)
    spent_s = time.process_time() - began_s
    found = [[*_digits(word), float(start), reverse] for word, start, reverse in words]
    return found, spent_s


def _digits(word: int) -> tuple[int, int, int, int]:
    """Hours, minutes, seconds, frames as libltc's users see them: no digit is refused."""
    label = label_of(word)
    if label is None:
        label = Timecode(
            (word >> 48 & 15) + 10 * (word >> 56 & 3), (word >> 32 & 15) + 10 * (word >> 40 & 7),
            (word >> 16 & 15) + 10 * (word >> 24 & 7), (word & 15) + 10 * (word >> 8 & 3),
        )  # fmt: skip
    return label.hours, label.minutes, label.seconds, label.frames
