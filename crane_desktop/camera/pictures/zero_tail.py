"""Whether the end of unpacked values was never written: a file whose length was reserved in advance. Pure.

Nothing in such a format says where its picture ends. But what is written arrives in blocks, so the values break off in
the middle of a row, at a whole number of disk sectors from the file's beginning, and all behind is zero. A picture
that is black below does not look so: a border begins with a row, and beside the last point of a part on black ground
lies ground in the row before too. Of a picture that broke off at the end of a row nobody can tell.
"""

from __future__ import annotations

import numpy as np

_SECTOR_BYTES = 512
_MOSTLY = 0.9
_LEAST_SAMPLES = 8


def breaks_off(data: bytes, start: int, end: int, row_bytes: int, sample_bytes: int = 1) -> bool:
    """Return whether the values from `start` to `end` break off where no picture would.

    Parameters
    ----------
    data
        The file.
    row_bytes, sample_bytes
        Of a row with its padding, and of one value: 1 or 2.
    """
    if end > len(data) or end - start < 2 * row_bytes or data[end - 1] != 0:
        return False
    written = len(data[start:end].rstrip(b"\x00"))
    written += -written % sample_bytes  # the high byte of a small value is zero too
    at, left = start + written, written % row_bytes
    right = row_bytes - left
    if at % _SECTOR_BYTES or written < row_bytes or end - at < row_bytes:
        return False
    if min(left, right) < _LEAST_SAMPLES * sample_bytes:
        return False
    return _is_filled(data[at - row_bytes : at - left], sample_bytes) and _is_filled(data[at - left : at], sample_bytes)


def _is_filled(values: bytes, sample_bytes: int) -> bool:
    whole = np.frombuffer(values, np.uint8, len(values) // sample_bytes * sample_bytes)
    return bool((whole.reshape(-1, sample_bytes) != 0).any(axis=1).mean() >= _MOSTLY)
