"""Golden inputs: pictures with the answers that a pack must give on every machine."""

from __future__ import annotations

import io
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


def golden_members(runner: Runner, pictures: Sequence[NDArray[np.uint8]]) -> tuple[dict[str, bytes], list[GoldenCase]]:
    """Score pictures; return them with their answers as members of a pack, and their entries in the manifest.

    Raises
    ------
    ValueError
        If a picture has no answer, or is too large to be a golden input.
    """
    members: dict[str, bytes] = {}
    cases = []
    stride = max(1, runner.size_px // _MAP_SAMPLES)
    for index, pixels in enumerate(pictures):
        answer = runner(pixels)
        if not np.isfinite(answer.score) or max(pixels.shape) > _LARGEST_SIDE_PX:
            raise ValueError(f"golden picture {index} has no answer or is too large")
        image, expected = f"golden/{index}.png", f"golden/{index}.npy"
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
    try:
        with Image.open(io.BytesIO(pack.read(case.image)), formats=["PNG"]) as image:
            if image.mode not in {"L", "RGB"} or max(image.size) > _LARGEST_SIDE_PX:
                raise InputError("model.pack_manifest", file=pack.path, detail=case.image)
            return np.array(image)
    except (OSError, ValueError, SyntaxError) as error:
        raise InputError("model.pack_manifest", file=pack.path, detail=case.image) from error


def read_expected_map(pack: PackReader, case: GoldenCase) -> NDArray[np.float32]:
    """Return the expected values of a golden picture's map.

    Raises
    ------
    InputError
        If they are no such map.
    """
    try:
        values = np.load(io.BytesIO(pack.read(case.map)), allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError("model.pack_manifest", file=pack.path, detail=case.map) from error
    if not isinstance(values, np.ndarray) or values.dtype != np.float32 or values.ndim != 2:
        raise InputError("model.pack_manifest", file=pack.path, detail=case.map)
    return values


def _png(pixels: NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG")
    return buffer.getvalue()


def _npy(values: NDArray[np.float32]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()
