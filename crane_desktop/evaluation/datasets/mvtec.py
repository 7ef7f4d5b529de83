"""Data sets in the folders of MVTec AD.

A class is a folder with ``test/good`` and ``test/<defect>``, optionally ``ground_truth/<defect>`` with masks and
``train/good``; a data set is one class, or a folder of classes.
"""

from __future__ import annotations

from pathlib import Path

from crane_desktop.camera.decode import IMAGE_SUFFIXES
from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.samples import GOOD, Dataset, LabelledClass, Sample

_MASK_ENDINGS = ("_mask", "")


def read_folders(folder: Path) -> Dataset | None:
    """Find out what the folders hold; None where there is no folder ``test``.

    Raises
    ------
    InputError
        If a class lacks good or defective test pictures, or a mask belongs to no picture.
    """
    places = [folder] if (folder / "test").is_dir() else [f for f in _folders(folder) if (f / "test").is_dir()]
    return Dataset(folder, tuple(_read_class(place) for place in places)) if places else None


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
