"""Reference pictures of a camera and its light: dark field, bright field, grey card. Made from stacks of frames."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.corrections import ReferenceFile
from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.colour import BAYER_ROWS

Kind = Literal["dark", "bright"]

_MOST_GAIN = 8.0
_CLIPPED_SHARE = 0.001
_BRIGHT_FROM, _DARK_TO = 0.10, 0.10
_FULL = 65535
_MOST_PIXELS = 200_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Stack:
    """The mean of some pictures of one scene, free of their noise.

    Attributes
    ----------
    values
        float64 ``(H, W)`` or ``(H, W, 3)``, on the scale of 16 bits (full scale 65535, whatever the depth).
    clipped
        Share of the values that were at full scale.
    """

    values: NDArray[np.float64]
    order: str
    clipped: float


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A reference picture.

    Attributes
    ----------
    values
        uint16 ``(H, W)`` or ``(H, W, 3)``, on the scale of 16 bits.
    order
        ``"mono"``, ``"rgb"``, or the Bayer pattern.
    """

    values: NDArray[np.uint16]
    order: str

    def check_fits(self, shape: tuple[int, ...], order: str) -> None:
        """Check that it is one for pictures of this shape and order of colours.

        Raises
        ------
        InputError
            If it is not.
        """
        if self.values.shape != shape or self.order != order:
            raise InputError(
                "preprocess.reference_does_not_fit",
                reference=_words(self.values.shape, self.order),
                picture=_words(shape, order),
            )


def stack_of(pictures: Iterable[NDArray[np.uint8] | NDArray[np.uint16]], depth: int, order: str) -> Stack:
    """Return the mean of raw pictures of one scene.

    Parameters
    ----------
    pictures
        As the camera gave them (`domain.frames.Frame.raw`): uint8 or uint16, all of one shape.
    depth
        Bits a value.

    Raises
    ------
    InputError
        If there is none, or they differ in size.
    """
    total: NDArray[np.uint32] | None = None
    count = clipped = 0
    for picture in pictures:
        if total is None:
            total = np.zeros(picture.shape, np.uint32)
        if picture.shape != total.shape:
            raise InputError("preprocess.stack_differs")
        total += picture
        clipped += int(np.count_nonzero(picture >= (1 << depth) - 1))
        count += 1
    if total is None:
        raise InputError("preprocess.stack_empty")
    mean = total.astype(np.float64) * ((1 << (16 - depth)) / count)
    return Stack(mean, order, clipped / (count * total.size))


def make_reference(stack: Stack, kind: Kind) -> Reference:
    """Return the reference picture of a stack.

    Raises
    ------
    InputError
        If it was not dark, or not bright, or too bright.
    """
    level = float(stack.values.mean()) / _FULL
    percent = round(100 * level)
    if kind == "dark" and level > _DARK_TO:
        raise InputError("preprocess.reference_not_dark", percent=percent)
    if kind == "bright":
        if level < _BRIGHT_FROM:
            raise InputError("preprocess.reference_too_dark", percent=percent)
        if stack.clipped > _CLIPPED_SHARE:
            raise InputError("preprocess.reference_clipped", percent=max(1, round(100 * stack.clipped)))
    values = np.rint(np.minimum(stack.values, _FULL)).astype(np.uint16)
    values.flags.writeable = False
    return Reference(values, stack.order)


def white_balance_of(stack: Stack, dark: Reference | None = None) -> tuple[float, float, float]:
    """Return the factors that make a grey card grey: of the strongest colour 1, of the others more.

    No factor is below 1: a pixel at full white stays white.

    Parameters
    ----------
    dark
        Subtracted first, where the corrections have one.

    Raises
    ------
    InputError
        If the pictures have no colour, or are too dark or too bright for it.
    """
    if stack.order == "mono":
        raise InputError("preprocess.white_balance_needs_colour")
    if stack.clipped > _CLIPPED_SHARE:
        raise InputError("preprocess.reference_clipped", percent=max(1, round(100 * stack.clipped)))
    values = stack.values
    if dark is not None:
        dark.check_fits(values.shape, stack.order)
        values = np.maximum(values - dark.values, 0.0)
    means = _means_by_colour(values, stack.order)
    if min(means) < 0.02 * _FULL:
        raise InputError("preprocess.reference_too_dark", percent=round(100 * min(means) / _FULL))
    red, green, blue = (round(max(means) / mean, 6) for mean in means)
    return red, green, blue


def gain_map(bright: Reference, dark: Reference | None) -> NDArray[np.float32]:
    """Return the factor of each pixel that makes the bright picture even; its mean stays, colour by colour.

    A pixel that is blind or far too dark gets a factor of at most 8.
    """
    light = bright.values.astype(np.float64)
    if dark is not None:
        dark.check_fits(bright.values.shape, bright.order)
        light = np.maximum(light - dark.values, 0.0)
    gain = np.ones_like(light)
    for plane, own in zip(_planes(light, bright.order), _planes(gain, bright.order), strict=True):
        mean = max(float(plane.mean()), 1.0) if plane.size else 1.0
        np.divide(mean, np.maximum(plane, mean / _MOST_GAIN), out=own)
    return gain.astype(np.float32)


def encode_reference(reference: Reference) -> tuple[bytes, str]:
    """Return a reference as a 16-bit PNG, and its SHA-256."""
    values = reference.values[..., ::-1] if reference.values.ndim == 3 else reference.values
    done, data = cv2.imencode(".png", np.ascontiguousarray(values), (cv2.IMWRITE_PNG_COMPRESSION, 3))
    if not done:
        raise ValueError("the reference could not be encoded as PNG")
    content = data.tobytes()
    return content, hashlib.sha256(content).hexdigest()


def decode_reference(content: bytes, wanted: ReferenceFile) -> Reference:
    """Return the reference that a file holds.

    Raises
    ------
    InputError
        If it is not the one that was wanted, to the last bit.
    """
    found = None
    if hashlib.sha256(content).hexdigest() == wanted.sha256 and _is_small_enough(content):
        try:
            found = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
        except cv2.error:  # it came from outside, and is damaged in a way that OpenCV does not only shrug at
            found = None
    if found is None or found.dtype != np.uint16 or found.ndim != (3 if wanted.order == "rgb" else 2):
        raise InputError("preprocess.reference_changed", file=wanted.file)
    values = np.ascontiguousarray(found[..., ::-1] if found.ndim == 3 else found, dtype=np.uint16)
    values.flags.writeable = False
    return Reference(values, wanted.order)


def _is_small_enough(content: bytes) -> bool:
    """Return whether a PNG says that it is no larger than cameras' pictures are: room is made for what it says."""
    if content[:8] != b"\x89PNG\r\n\x1a\n" or len(content) < 24:
        return False
    width, height = int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")
    return 0 < width * height <= _MOST_PIXELS


def _planes(values: NDArray[np.float64], order: str) -> list[NDArray[np.float64]]:
    """Return views of the values that have a mean of their own: each colour's, each place's of a Bayer cell."""
    if order == "mono":
        return [values]
    if order == "rgb":
        return [values[..., channel] for channel in range(3)]
    return [values[row::2, column::2] for row in (0, 1) for column in (0, 1)]


def _means_by_colour(values: NDArray[np.float64], order: str) -> list[float]:
    colours = "RGB" if order == "rgb" else "".join(BAYER_ROWS[order])
    planes = [(own, plane) for own, plane in zip(colours, _planes(values, order), strict=True) if plane.size]
    by_colour = [[float(plane.mean()) for own, plane in planes if own == colour] for colour in "RGB"]
    # A Bayer picture of one line has not seen every colour.
    return [sum(same) / len(same) if same else 0.0 for same in by_colour]


def _words(shape: tuple[int, ...], order: str) -> str:
    kind = {"mono": "Mono", "rgb": "RGB"}.get(order, f"Bayer{order}")
    return f"{shape[1]}x{shape[0]} {kind}"
