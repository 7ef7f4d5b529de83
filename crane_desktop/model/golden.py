"""Golden inputs: pictures with the answers that a pack must give on every machine."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from crane_desktop.domain.errors import InputError
from crane_desktop.model.container import PackReader
from crane_desktop.model.manifest import GoldenCase
from crane_desktop.model.runner import Answer, Runner

_MAP_SAMPLES = 64
"""Of an expected map about so many values a side are kept."""
_LARGEST_SIDE_PX = 4096
_NPY_HEADER_BYTES = 128
_NPY = re.compile(
    rb"\x93NUMPY\x01\x00\x76\x00"
    rb"\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9]{1,4}), ([0-9]{1,4})\), \} *\n"
)
"""What numpy writes before a float32 map: 10 bytes and a header of 118, which ends at `_NPY_HEADER_BYTES`."""
_BAD_PNG = (OSError, ValueError, SyntaxError, struct.error, zlib.error, EOFError, IndexError, TypeError, OverflowError)
_PNG_SIZE_AT = 16
"""Where a PNG says how wide and high it is, before anything is unpacked."""


def golden_pictures() -> list[NDArray[np.uint8]]:
    """Return two pictures for packs that bring none: a woven surface with a scratch, and grey noise of many scales."""
    rows, columns = np.mgrid[0:240, 0:320]
    weave = 120 + 40 * np.sin(columns / 3) * np.cos(rows / 4) + 0.1 * columns
    scratch = np.abs(rows - 0.6 * columns - 20) < 2
    woven = np.stack([weave, 0.9 * weave + 10, 0.7 * weave + 30], axis=-1)
    woven[scratch] = 235
    draw = np.random.default_rng(20250411)
    noise = sum(
        np.kron(draw.uniform(0, 40, (256 // step, 256 // step)), np.ones((step, step))) for step in (4, 16, 64, 128)
    )
    return [woven.astype(np.uint8), np.asarray(noise).astype(np.uint8)]


def golden_members(
    runner: Runner, pictures: Sequence[NDArray[np.uint8]], tag: str = ""
) -> tuple[dict[str, bytes], list[GoldenCase]]:
    """Score pictures; return them with their answers as members of a pack, and their entries in the manifest.

    Parameters
    ----------
    tag
        Of the answers' names, where a pack holds several to the same pictures.

    Raises
    ------
    InputError
        If the weights give no answer to a picture.
    ValueError
        If a picture is too large to be a golden input.
    """
    members: dict[str, bytes] = {}
    cases = []
    stride = max(1, runner.size_px // _MAP_SAMPLES)
    for index, pixels in enumerate(pictures):
        if max(pixels.shape) > _LARGEST_SIDE_PX:
            raise ValueError(f"golden picture {index} is too large: {pixels.shape}")
        answer = runner(pixels)
        if not (np.isfinite(answer.score) and np.isfinite(answer.map).all()):
            raise InputError("model.no_golden_answer", picture=index + 1)
        image, expected = f"golden/{index}.png", f"golden/{tag}{index}.npy"
        members[image] = _png(pixels)
        members[expected] = _npy(sampled(answer, stride))
        cases.append(GoldenCase(image=image, map=expected, stride=stride, score=answer.score))
    return members, cases


def sampled(answer: Answer, stride: int) -> NDArray[np.float32]:
    """Return every `stride`-th value of an answer's map, in both directions."""
    return np.ascontiguousarray(answer.map[::stride, ::stride])


def read_picture(pack: PackReader, case: GoldenCase) -> NDArray[np.uint8]:
    """Return a golden picture, uint8 ``(H, W)`` or ``(H, W, 3)``.

    Raises
    ------
    InputError
        If it is no such picture.
    """
    content = pack.read(case.image)
    try:
        width, height = struct.unpack_from(">II", content, _PNG_SIZE_AT)
        if max(width, height) > _LARGEST_SIDE_PX:
            raise ValueError(f"{width}x{height}")
        with Image.open(io.BytesIO(content), formats=["PNG"]) as image:
            if image.mode not in {"L", "RGB"} or image.size != (width, height):
                raise ValueError(f"{image.mode} {image.size}")
            return np.array(image)
    except _BAD_PNG as error:
        raise InputError("model.pack_manifest", file=pack.path, detail=case.image) from error


def read_expected_map(pack: PackReader, case: GoldenCase) -> NDArray[np.float32]:
    """Return the expected values of a golden picture's map.

    Raises
    ------
    InputError
        If they are no such map.
    """
    content = pack.read(case.map)
    # numpy evaluates a header as Python and makes room for whatever it asks; we write one kind, and read no other.
    header = _NPY.match(content)
    rows, columns = (int(header[1]), int(header[2])) if header is not None else (0, 0)
    if header is None or len(content) - _NPY_HEADER_BYTES != rows * columns * 4:
        raise InputError("model.pack_manifest", file=pack.path, detail=case.map)
    return np.frombuffer(content, "<f4", offset=_NPY_HEADER_BYTES).reshape(rows, columns).astype(np.float32)


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def _npy(values: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
