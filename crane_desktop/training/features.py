"""Features of labelled pictures, encoded once and kept on disk: the towers are frozen while prompts are learned."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save
from torch import Tensor

from crane_desktop.domain.errors import InputError
from crane_desktop.model.crane import ImageFeatures
from crane_desktop.model.runner import Runner
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.training.datasets import Sample

_COVERED = 0.3
"""A pixel of the model's size is defective from this share of it on."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """A labelled picture.

    Attributes
    ----------
    key
        Of its features in the store; another mask or label is another key.
    picture
        SHA-256 of its pixels: the same for the same picture, however it is labelled.
    """

    key: str
    picture: str
    defective: bool


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lessons together, on the model's device.

    Attributes
    ----------
    defective
        bool ``(B,)``.
    drawn
        bool ``(B,)``: for which of them it is known where they are defective.
    masks
        float32 ``(B, S, S)``, 1 where defective; 0 throughout where not drawn.
    """

    features: ImageFeatures
    defective: Tensor
    drawn: Tensor
    masks: Tensor


class FeatureStore:
    """A folder of features. A picture that is already there is not encoded again.

    Features are kept as float16: unit vectors lose some 1e-5 of a cosine, half the disk is saved.
    """

    def __init__(self, folder: Path, runner: Runner, pack_sha256: str) -> None:
        self._folder = folder
        self._runner = runner
        self._pack = pack_sha256

    def encode(self, sample: Sample) -> Lesson | None:
        """Encode a picture, or find it; None where the model has no answer for it (NaN features).

        Raises
        ------
        InputError
            If picture or mask cannot be read, or the disk is full.
        """
        pixels = sample.pixels()
        mask = sample.mask(pixels.shape[:2])
        picture = hashlib.sha256(pixels.tobytes()).hexdigest()
        lesson = Lesson(self._key(sample, f"{picture} {pixels.shape}", mask), picture, not sample.is_good)
        path = self._file(lesson)
        if path.exists():
            return lesson
        prepared = self._runner.prepare(pixels)
        with torch.no_grad():
            features = self._runner.crane.encode_image(prepared.clip, prepared.dino)
        entries = torch.cat(features.entries)
        if not bool(entries.isfinite().all()):
            return None
        tensors = {"image": features.image[0].half().cpu(), "entries": entries.half().cpu()}
        if mask is not None:
            tensors["mask"] = torch.from_numpy(small_mask(mask, self._runner.size_px))
        try:
            write_atomic(path, save(tensors), sync_parent=False)
        except OSError as error:
            detail = error.strerror or str(error)
            raise InputError("training.cannot_write", folder=self._folder, detail=detail) from error
        return lesson

    def batch(self, lessons: Sequence[Lesson]) -> Batch:
        """Read some lessons' features from disk."""
        device, size = self._runner.device, self._runner.size_px
        kept = [load_file(self._file(lesson)) for lesson in lessons]
        empty = torch.zeros(size, size, dtype=torch.bool)
        entries = torch.stack([k["entries"] for k in kept], dim=1).to(device).float()
        return Batch(
            ImageFeatures(torch.stack([k["image"] for k in kept]).to(device).float(), tuple(entries)),
            torch.tensor([lesson.defective for lesson in lessons], device=device),
            torch.tensor(["mask" in k for k in kept], device=device),
            torch.stack([k.get("mask", empty) for k in kept]).to(device).float(),
        )

    def _file(self, lesson: Lesson) -> Path:
        return self._folder / f"{lesson.key}.safetensors"

    def _key(self, sample: Sample, picture: str, mask: NDArray[np.bool_] | None) -> str:
        """Name everything that the stored file depends on, so that a changed picture or mask is encoded anew."""
        digest = hashlib.sha256(f"{self._pack} {picture} {sample.is_good} {mask is not None}".encode())
        if mask is not None:
            digest.update(np.packbits(mask).tobytes())
        return digest.hexdigest()


def small_mask(mask: NDArray[np.bool_], size_px: int) -> NDArray[np.bool_]:
    """Bring a mask to ``(size_px, size_px)``; a defect thinner than a pixel stays where it covers most."""
    share = cv2.resize(mask.astype(np.float32), (size_px, size_px), interpolation=cv2.INTER_AREA)
    if not mask.any():
        return np.zeros((size_px, size_px), np.bool_)
    return np.asarray(share >= min(_COVERED, float(share.max())), np.bool_)
