"""Labelled pictures, read one at a time: what every layout of a data set comes down to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.decode import read_part, read_values
from crane_desktop.camera.pictures.kinds import LOSSY_SUFFIXES
from crane_desktop.domain.errors import InputError

GOOD = "good"


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled picture; nothing is read before it is asked for.

    Attributes
    ----------
    defect
        Name of its folder: ``"good"``, or the kind of defect.
    mask_file
        Where the defect is drawn, if it is. A good part's should mark nothing (see `masks`).
    significant_bits
        How deep values of more than 8 bits are where the file does not say; None: not known.
    """

    file: Path
    defect: str
    mask_file: Path | None = None
    significant_bits: int | None = None

    @property
    def is_good(self) -> bool:
        """Whether it shows a good part."""
        return self.defect == GOOD

    @property
    def has_mask(self) -> bool:
        """Whether it is known where the part is defective: a good one is nowhere."""
        return self.is_good or self.mask_file is not None

    def pixels(self) -> NDArray[np.uint8]:
        """Read the picture: uint8 ``(H, W)`` or ``(H, W, 3)`` RGB.

        Raises
        ------
        InputError
            If it cannot be read whole: names it.
        """
        with _named(self.file):
            return read_part(self.file, self.significant_bits).pixels

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_] | None:
        """Read where the part is defective: bool ``(H, W)``, or None where nobody has drawn it.

        Parameters
        ----------
        shape
            Height and width of the picture in pixels.

        Raises
        ------
        InputError
            If the mask cannot be read, or is not as large as the picture.
        """
        if self.is_good:
            return np.zeros(shape, np.bool_)
        if self.mask_file is None:
            return None
        _, found = read_marks(self.mask_file)
        if found.shape != shape:
            raise InputError(
                "training.mask_size",
                mask=self.mask_file,
                found=size_words(found.shape),
                picture=self.file,
                wanted=size_words(shape),
            )
        return found


@dataclass(frozen=True, slots=True)
class LabelledClass:
    """One product: its test pictures, sorted by defect and name, and good ones for training."""

    name: str
    test: tuple[Sample, ...]
    train_good: tuple[Sample, ...] = ()

    @property
    def has_masks(self) -> bool:
        """Whether any defect is drawn."""
        return any(sample.mask_file is not None and not sample.is_good for sample in self.test)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled classes, sorted by name.

    Attributes
    ----------
    layout
        How it is laid out: ``"mvtec"``, ``"visa"`` or ``"meta"``.
    """

    folder: Path
    classes: tuple[LabelledClass, ...]
    layout: str = "mvtec"

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    def with_bits(self, significant_bits: int | None) -> Dataset:
        """Return the set with pictures whose values are so deep where their files do not say."""
        if significant_bits is None:
            return self

        def deep(samples: Iterable[Sample]) -> tuple[Sample, ...]:
            return tuple(replace(sample, significant_bits=significant_bits) for sample in samples)

        classes = (replace(one, test=deep(one.test), train_good=deep(one.train_good)) for one in self.classes)
        return replace(self, classes=tuple(classes))

    def samples(self) -> Iterator[Sample]:
        """All test pictures."""
        for labelled in self.classes:
            yield from labelled.test


@contextmanager
def _named(file: Path) -> Iterator[None]:
    try:
        yield
    except InputError as error:
        # "000.png" alone does not say which one: every folder has it.
        raise InputError(error.key, **{**error.params, "file": file}) from error


def read_marks(mask: Path) -> tuple[NDArray[np.uint8] | NDArray[np.uint16], NDArray[np.bool_]]:
    """Read a mask: its values ``(H, W)`` or ``(H, W, 3)`` as they are, and what they mark, bool ``(H, W)``.

    Raises
    ------
    InputError
        If it cannot be read whole: names it.
    """
    with _named(mask):
        values = read_values(mask)
    # Sets mark with 255, with 1, or with a number for each defect: all but 0 counts. JPEG adds a few grey levels.
    marked = np.asarray(values > (127 if mask.suffix.lower() in LOSSY_SUFFIXES else 0), np.bool_)
    return values, np.asarray(marked.any(axis=-1)) if marked.ndim == 3 else marked


def size_words(shape: tuple[int, ...]) -> str:
    """Return a picture's size ``(H, W)`` as people write it: width x height."""
    return f"{shape[1]} x {shape[0]}"
