"""Features of labelled pictures, encoded once and kept on disk: the towers are frozen while prompts are learned."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.evaluation.datasets.datasets import Sample
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.crane import ImageFeatures
from crane_desktop.model.runner import Runner
from crane_desktop.settings.atomic import write_atomic

_COVERED = 0.3
"""A pixel of the model's size is defective from this share of it on."""
_THUMBNAIL_PX = 32
_OVERHEAD_BYTES = 1024
_KEPT_FREE_BYTES = 500_000_000


@dataclass(frozen=True, slots=True)
class Lesson:
    """A labelled picture.

    Attributes
    ----------
    key
        Of its features in the store; another mask or label is another key.
    picture
        SHA-256 of its pixels: the same for the same picture, however it is labelled.
    sample
        Where it came from; None in tests of what needs no picture.
    thumbnail
        uint8 ``(32, 32)``, grey: tells near-copies.
    """

    key: str
    picture: str
    defective: bool
    sample: Sample | None = None
    thumbnail: NDArray[np.uint8] | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some lessons together, on the learner's device.

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

    Patch features are kept as float16 (unit vectors lose some 1e-5 of a cosine, half the disk is saved), masks as
    bits. Nothing of it is held in memory.

    Parameters
    ----------
    open_runner
        Loads the image towers; called when the first picture has to be encoded, and never where all are there.
    """

    def __init__(self, folder: Path, pack_sha256: str, config: CraneConfig, open_runner: Callable[[], Runner]) -> None:
        self._folder = folder
        self._pack = pack_sha256
        self._size_px = config.image_size_px
        self._bytes_each = bytes_per_picture(config)
        self._open_runner = open_runner
        self._runner: Runner | None = None

    def has_room_for(self, pictures: int) -> None:
        """Refuse what the disk cannot hold, before hours of encoding.

        Raises
        ------
        InputError
            If the disk has less room than so many pictures' features need; those already there count.
        """
        there = sum(1 for _ in self._folder.glob("*.safetensors"))
        needed = max(0, pictures - there) * self._bytes_each
        free = shutil.disk_usage(self._folder).free - _KEPT_FREE_BYTES
        if needed > free:
            room = max(0, free // self._bytes_each) + there
            needed_gb, free_gb = (f"{max(0, n) / 1e9:.1f}" for n in (needed, free))
            raise InputError(
                "training.no_room", folder=self._folder, needed_gb=needed_gb, free_gb=free_gb, pictures=room
            )

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
        key = self._key(sample, f"{picture} {pixels.shape}", mask)
        lesson = Lesson(key, picture, not sample.is_good, sample, _thumbnail(pixels))
        if self._file(lesson).exists():
            return lesson
        tensors = self._features(pixels)
        if tensors is None:
            return None
        if mask is not None:
            tensors["mask"] = torch.from_numpy(np.packbits(small_mask(mask, self._size_px)))
        try:
            write_atomic(self._file(lesson), save(tensors), sync_parent=False)
        except OSError as error:
            detail = technical(error)
            raise InputError("training.cannot_write", folder=self._folder, detail=detail) from error
        return lesson

    def release_towers(self) -> None:
        """Let go of the image towers; learning needs none of them."""
        self._runner = None

    def keep_only(self, lessons: Sequence[Lesson]) -> None:
        """Delete the features of other pictures: those of a changed set would lie there for ever."""
        wanted = {self._file(lesson).name for lesson in lessons}
        for file in self._folder.glob("*.safetensors"):
            if file.name not in wanted:
                file.unlink(missing_ok=True)

    def batch(self, lessons: Sequence[Lesson], device: torch.device) -> Batch:
        """Read some lessons' features from disk.

        Raises
        ------
        InputError
            If they are damaged or gone.
        """
        stored = [self._read(lesson) for lesson in lessons]
        entries = torch.stack([k["entries"] for k in stored], dim=1).to(device).float()
        return Batch(
            ImageFeatures(torch.stack([k["image"] for k in stored]).to(device).float(), tuple(entries)),
            torch.tensor([lesson.defective for lesson in lessons], device=device),
            torch.tensor(["mask" in k for k in stored], device=device),
            torch.stack([self._mask(k) for k in stored]).to(device).float(),
        )

    def _features(self, pixels: NDArray[np.uint8]) -> dict[str, Tensor] | None:
        if self._runner is None:
            self._runner = self._open_runner()
        prepared = self._runner.prepare(pixels)
        with torch.inference_mode():
            features = self._runner.crane.encode_image(prepared.clip, prepared.dino)
        entries = torch.cat(features.entries)
        if not bool(entries.isfinite().all()):
            return None
        return {"image": features.image[0].float().cpu(), "entries": entries.half().cpu()}

    def _read(self, lesson: Lesson) -> dict[str, Tensor]:
        try:
            stored: dict[str, Tensor] = load_file(self._file(lesson))
        except (OSError, SafetensorError) as error:
            raise InputError("training.features_damaged", folder=self._folder) from error
        return stored

    def _mask(self, stored: dict[str, Tensor]) -> Tensor:
        size = self._size_px
        if "mask" not in stored:
            return torch.zeros(size, size, dtype=torch.bool)
        bits = np.unpackbits(stored["mask"].numpy(), count=size * size)
        return torch.from_numpy(bits.reshape(size, size)).bool()

    def _file(self, lesson: Lesson) -> Path:
        return self._folder / f"{lesson.key}.safetensors"

    def _key(self, sample: Sample, picture: str, mask: NDArray[np.bool_] | None) -> str:
        """Name everything that the stored file depends on, so that a changed picture or mask is encoded anew."""
        digest = hashlib.sha256(f"{self._pack} {picture} {sample.is_good} {mask is not None}".encode())
        if mask is not None:
            digest.update(np.packbits(mask).tobytes())
        return digest.hexdigest()


def bytes_per_picture(config: CraneConfig) -> int:
    """Return what a picture's features take on disk at most."""
    patches = 2 * config.entries * config.map_grid**2 * config.embed_dim
    return patches + 4 * config.embed_dim + config.image_size_px**2 // 8 + _OVERHEAD_BYTES


def small_mask(mask: NDArray[np.bool_], size_px: int) -> NDArray[np.bool_]:
    """Bring a mask to ``(size_px, size_px)``; a defect thinner than a pixel stays where it covers most."""
    share = cv2.resize(mask.astype(np.float32), (size_px, size_px), interpolation=cv2.INTER_AREA)
    if not mask.any():
        return np.zeros((size_px, size_px), np.bool_)
    return np.asarray(share >= min(_COVERED, float(share.max())), np.bool_)


def _thumbnail(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(grey, (_THUMBNAIL_PX, _THUMBNAIL_PX), interpolation=cv2.INTER_AREA), np.uint8)
