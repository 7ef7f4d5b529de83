"""libtiff, inside Pillow, writes what it thinks of a damaged file to the process's stderr; here it is told not to.

The sentence that people read is ours, and the same damage reaches us as an exception. Only libtiff does so: measured
on damaged files of every kind. On Windows it lies inside Pillow's own module, where nobody can reach it.
"""

from __future__ import annotations

import ctypes
import logging
from functools import cache
from pathlib import Path

import PIL

_log = logging.getLogger(__name__)
_LIBRARIES = ("pillow.libs/libtiff*", "PIL/.dylibs/libtiff*")
"""Where Pillow's wheels keep it on Linux and macOS, beside the package."""


@cache
def silence_libtiff() -> None:
    """Take libtiff's handlers of errors and warnings away, once; see ``TIFFError(3tiff)``."""
    beside = Path(PIL.__file__).parent.parent
    for library in sorted(file for pattern in _LIBRARIES for file in beside.glob(pattern)):
        try:
            loaded = ctypes.CDLL(str(library))  # the one that Pillow has loaded
            for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
                setter = getattr(loaded, name)
                setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
                setter(None)
        except (OSError, AttributeError) as error:
            _log.info("libtiff keeps its voice: %s", error)
