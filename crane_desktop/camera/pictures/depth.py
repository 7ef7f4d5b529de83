"""How deep a picture's values are, and the 8-bit pixels that they become. Pure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.colour import high_bits

WHOLE = 16
SHALLOWEST = 8
_FEW = (1 << 14) - 1
"""Up to here the values may be those of a camera of 10, 12 or 14 bits: of a true 16-bit picture, a quarter."""


def checked_bits(bits: int | None) -> int | None:
    """Return a wanted depth.

    Raises
    ------
    InputError
        If no values of 16 bits can have it.
    """
    if bits is not None and not SHALLOWEST <= bits <= WHOLE:
        raise InputError("camera.bits_wrong", bits=bits, least=SHALLOWEST, most=WHOLE)
    return bits


def used_depth(values: NDArray[np.uint16], told: int | None, name: str, *, high_end: bool = False) -> int:
    """Return how many bits at the low end `values` use; 16 also where they use the high end only.

    Parameters
    ----------
    values
        uint16, of any shape.
    told
        How deep they are, where file or settings say so.
    high_end
        The file's format puts them at the high end where they are less deep than 16 bits (PNG's sBIT).

    Raises
    ------
    InputError
        If nobody knows the depth and the values do not show it, or they are greater than what was told.
    """
    most = int(values.max())
    if told is None:
        if 0 < most <= _FEW:
            raise InputError("camera.depth_unknown", file=name, used=max(SHALLOWEST, most.bit_length()))
        return WHOLE
    if most < 1 << told:
        return told
    # In a nearly black picture nothing tells values at the high end from deeper ones at the low end.
    if high_end or (most > _FEW and _at_the_high_end(values, told)):
        return WHOLE
    raise InputError("camera.depth_exceeded", file=name, used=most.bit_length(), bits=told)


def eight_bits(values: NDArray[np.uint16], depth: int) -> NDArray[np.uint8]:
    """Return the high 8 of `depth` bits; same shape."""
    return (values >> 8).astype(np.uint8) if depth == WHOLE else high_bits(values, depth)


def _at_the_high_end(values: NDArray[np.uint16], told: int) -> bool:
    """Whether the low bits are unused, or repeat the high ones as scaling to the whole range does."""
    rest = WHOLE - told
    low = values & ((1 << rest) - 1)
    return not low.any() or bool((low == values >> told).all())
