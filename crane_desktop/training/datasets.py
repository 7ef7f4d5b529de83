"""Labelled pictures in the folders of MVTec AD, read one at a time.

A class is a folder with ``test/good`` and ``test/<defect>``, optionally ``ground_truth/<defect>`` with masks and
``train/good``; a data set is one class, or a folder of classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crane_desktop.camera.decode import IMAGE_SUFFIXES, Picture, read_image
from crane_desktop.domain.errors import InputError

GOOD = "good"
_MASK_ENDINGS = ("_mask", "")
_LOSSY = frozenset({".jpg", ".jpeg"})


@dataclass(frozen=True, slots=True)
class Sample:
    """A labelled picture; nothing is read before it is asked for.

    Attributes
    ----------
    defect
        Name of its folder: ``"good"``, or the kind of defect.
    mask_file
        Where the defect is drawn, if it is.
    """

    file: Path
    defect: str
    mask_file: Path | None = None

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
        return _read(self.file).pixels

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
        picture = _read(self.mask_file)
        # Sets mark with 255, with 1, or with a number for each defect: all but 0 counts. JPEG adds a few grey levels.
        marks = picture.pixels if picture.original is None else picture.original
        marked = marks > (127 if self.mask_file.suffix.lower() in _LOSSY else 0)
        found = marked.any(axis=-1) if marked.ndim == 3 else marked
        if found.shape != shape:
            raise InputError(
                "training.mask_size",
                mask=self.mask_file,
                found=_size(found.shape),
                picture=self.file,
                wanted=_size(shape),
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
        return any(sample.mask_file is not None for sample in self.test)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labelled classes, sorted by name."""

    folder: Path
    classes: tuple[LabelledClass, ...]

    @property
    def name(self) -> str:
        """Name of its folder."""
        return self.folder.name

    def samples(self) -> Iterator[Sample]:
        """All test pictures."""
        for labelled in self.classes:
            yield from labelled.test


def read_dataset(path: Path) -> Dataset:
    """Find out what a data set holds; no picture is read yet.

    Parameters
    ----------
    path
        A class (it has a folder ``test``) or a folder of classes.

    Raises
    ------
    InputError
        If there is no data set, a class lacks good or defective test pictures, or a mask belongs to no picture.
    """
    folder = path.expanduser().absolute()
    if not folder.is_dir():
        raise InputError("training.no_dataset", folder=path)
    places = [folder] if (folder / "test").is_dir() else [f for f in _folders(folder) if (f / "test").is_dir()]
    if not places:
        raise InputError("training.no_dataset", folder=path)
    return Dataset(folder, tuple(_read_class(place) for place in places))


def _read_class(place: Path) -> LabelledClass:
    test = []
    for defect in _folders(place / "test"):
        masks = {} if defect.name == GOOD else _by_stem(place / "ground_truth" / defect.name)
        test += [Sample(file, defect.name, _mask_of(file, masks)) for file in _pictures(defect)]
    for kind, wanted in (("training.no_good_images", True), ("training.no_defective_images", False)):
        if not any(sample.is_good is wanted for sample in test):
            raise InputError(kind, folder=place / "test")
    _no_mask_is_left_over(place / "ground_truth", {s.mask_file for s in test})
    train = place / "train" / GOOD
    good = tuple(Sample(file, GOOD) for file in _pictures(train)) if train.is_dir() else ()
    return LabelledClass(place.name, tuple(test), good)


def _by_stem(folder: Path) -> dict[str, Path]:
    return {file.stem: file for file in _pictures(folder)} if folder.is_dir() else {}


def _mask_of(file: Path, masks: dict[str, Path]) -> Path | None:
    found = (masks.get(file.stem + ending) for ending in _MASK_ENDINGS)
    return next((mask for mask in found if mask is not None), None)


def _no_mask_is_left_over(ground_truth: Path, used: set[Path | None]) -> None:
    """A mask without its picture is a misspelt name: the pixel figures would silently leave a defect out."""
    if not ground_truth.is_dir():
        return
    for folder in _folders(ground_truth):
        for mask in _pictures(folder) if folder.name != GOOD else ():
            if mask not in used:
                raise InputError("training.mask_without_image", mask=mask)


def _folders(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.is_dir()]


def _pictures(folder: Path) -> list[Path]:
    return [entry for entry in _entries(folder) if entry.suffix.lower() in IMAGE_SUFFIXES and entry.is_file()]


def _entries(folder: Path) -> list[Path]:
    try:
        # Names that start with a dot are remarks of the file system (macOS puts "._001.png" beside "001.png").
        return sorted((e for e in folder.iterdir() if not e.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError("training.folder_unreadable", folder=folder, detail=error.strerror or str(error)) from error


def _read(file: Path) -> Picture:
    try:
        return read_image(file)
    except InputError as error:
        # "000.png" alone does not say which one: every folder has it.
        raise InputError(error.key, **{**error.params, "file": file}) from error


def _size(shape: tuple[int, ...]) -> str:
    return f"{shape[1]} x {shape[0]}"
