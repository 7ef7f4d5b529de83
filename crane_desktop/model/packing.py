"""Make a model pack of a Crane."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from crane_desktop.model.container import MANIFEST
from crane_desktop.model.crane import Crane
from crane_desktop.model.device import settle_numerics
from crane_desktop.model.golden import golden_members, golden_pictures
from crane_desktop.model.manifest import About, Manifest, Member, Precision, Preprocessing
from crane_desktop.model.packs import write_whole
from crane_desktop.model.runner import Runner
from crane_desktop.model.weights import crane_of, stored_state, weight_members


def write_pack(
    path: Path,
    about: About,
    crane: Crane,
    golden_images: Sequence[NDArray[np.uint8]] = (),
    *,
    precision: Precision = "float32",
    preprocessing: Preprocessing | None = None,
) -> Manifest:
    """Write a pack, whole or not at all. The same Crane gives the same bytes.

    Parameters
    ----------
    golden_images
        uint8 ``(H, W)`` or ``(H, W, 3)`` RGB; without any, two that the program draws. The answers kept with them are
        those of the weights as stored, on the CPU.
    precision
        How the weights are stored; ``float16`` and ``bfloat16`` round them.

    Returns
    -------
    Manifest
        As it stands in the pack.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    settle_numerics()
    state = stored_state(crane, precision)
    preprocessing = preprocessing or Preprocessing()
    runner = Runner(crane_of(crane.config, state), preprocessing, torch.device("cpu"))
    golden, cases = golden_members(runner, list(golden_images) or golden_pictures())
    members = {**weight_members(state), **golden}
    manifest = Manifest(
        **about.model_dump(),
        variant=crane.config.variant,
        config=crane.config,
        precision=precision,
        preprocessing=preprocessing,
        members={n: Member(sha256=hashlib.sha256(c).hexdigest(), size=len(c)) for n, c in members.items()},
        golden=tuple(cases),
    )
    write_whole(path, {MANIFEST: manifest.canonical_bytes(), **members})
    return manifest
