"""Writes drawn parts as a labelled data set, in the folders of MVTec AD."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.simulation.painting.draw import DrawnPart, draw_part, known

_STRIDE = 1_000_000
"""Seeds of the three groups (train good, test good, defective) lie this far apart, so that none repeats."""


def write_dataset(
    folder: Path,
    kinds: Iterable[str],
    *,
    seed: int,
    good: int,
    defective: int,
    size_px: int = 512,
    train_good: int | None = None,
    design: int | None = None,
) -> None:
    """Write ``<kind>/train/good``, ``<kind>/test/good``, ``<kind>/test/<defect>`` and ``<kind>/ground_truth``.

    Masks are ``<kind>/ground_truth/<defect>/NNN_mask.png``, 255 where defective. A part with two
    defects stands under ``combined``.

    Parameters
    ----------
    folder
        Is made where absent; files of the same names are replaced.
    seed
        Start of the parts' numbers; sets whose seeds differ share no part.
    good, defective
        Parts of each kind in ``test``.
    train_good
        Good parts of each kind in ``train``; None: as many as in ``test``.
    design
        As in `draw_part`: None gives every part a design of its own.

    Raises
    ------
    InputError
        If a kind is unknown or the folder cannot be written.
    """
    names = list(kinds)
    for kind in names:
        known(kind)
    first = seed * 3 * _STRIDE
    groups = ((good if train_good is None else train_good, "train", 0.0), (good, "test", 0.0), (defective, "test", 1.0))
    for kind in names:
        for group, (count, split, rate) in enumerate(groups):
            for number in range(count):
                at = first + group * _STRIDE + number
                part = draw_part(kind, at, size_px=size_px, defect_rate=rate, design=design)
                _write(folder / kind, split, number, part)


def _write(folder: Path, split: str, number: int, part: DrawnPart) -> None:
    label = "good" if part.is_good else part.defects[0] if len(part.defects) == 1 else "combined"
    _save(folder / split / label / f"{number:03d}.png", part.pixels[:, :, ::-1])
    if not part.is_good:
        _save(folder / "ground_truth" / label / f"{number:03d}_mask.png", part.mask.astype(np.uint8) * 255)


def _save(path: Path, picture: NDArray[np.uint8]) -> None:
    # cv2.imwrite fails silently on paths outside the system's code page: encode, then write bytes.
    _, data = cv2.imencode(".png", np.ascontiguousarray(picture))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise InputError("simulated.cannot_write", folder=str(path.parent), detail=technical(error)) from error
