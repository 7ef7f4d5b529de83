"""Data sets in the folders of MVTec AD.

A class is a folder with ``test/good`` and ``test/<defect>``, optionally ``ground_truth/<defect>`` with masks and
``train/good``; a data set is one class, or a folder of classes. Folders may have the other usual names (`names`).
"""

from __future__ import annotations

from pathlib import Path

from crane_desktop.camera.own_archive import without_doubles
from crane_desktop.camera.pictures.listing import is_picture_name
from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.names import (
    GOOD_NAMES,
    MASK_NAMES,
    TEST_NAMES,
    TRAIN_NAMES,
    called,
    entries,
    folded,
    folders,
    seen,
)
from crane_desktop.evaluation.datasets.samples import GOOD, LabelledClass, Sample

_MASK_ENDINGS = ("_mask", "")


def is_class(folder: Path) -> bool:
    """Return whether a folder holds test pictures of one class."""
    return bool(called(folder, TEST_NAMES))


def read_class(place: Path) -> LabelledClass:
    """Read the folders of one class; no picture is read.

    Raises
    ------
    InputError
        If it lacks good or defective test pictures, or a mask belongs to no picture.
    """
    tests, drawn = called(place, TEST_NAMES), called(place, MASK_NAMES)
    test: list[Sample] = []
    kinds = [kind for folder in tests for kind in folders(folder)]
    for kind in kinds:
        masks = _by_stem(drawn, kind.name)
        defect = GOOD if folded(kind.name) in GOOD_NAMES else kind.name
        test += [Sample(file, defect, mask_of(file, masks)) for file in _pictures(kind)]
    for key, wanted in (("training.no_good_images", True), ("training.no_defective_images", False)):
        if not any(sample.is_good is wanted for sample in test):
            raise InputError(key, folder=tests[0], seen=seen(kinds))
    _no_mask_is_left_over(drawn, {s.mask_file for s in test})
    good = [kind for folder in called(place, TRAIN_NAMES) for kind in called(folder, GOOD_NAMES)]
    train = tuple(Sample(file, GOOD) for kind in good for file in _pictures(kind))
    return LabelledClass(place.name, tuple(test), train)


def mask_of(file: Path, masks: dict[str, Path]) -> Path | None:
    """Return the mask of a picture, by its name: for ``001.png`` one that is called ``001_mask`` or ``001``."""
    found = (masks.get(file.stem + ending) for ending in _MASK_ENDINGS)
    return next((mask for mask in found if mask is not None), None)


def _by_stem(drawn: list[Path], kind: str) -> dict[str, Path]:
    same = [folder for place in drawn for folder in folders(place) if folded(folder.name) == folded(kind)]
    return {file.stem: file for folder in same for file in _pictures(folder)}


def _no_mask_is_left_over(drawn: list[Path], used: set[Path | None]) -> None:
    """A mask without its picture is a misspelt name: the pixel figures would silently leave a defect out."""
    for place in drawn:
        for folder in folders(place):
            for mask in _pictures(folder) if folded(folder.name) not in GOOD_NAMES else ():
                if mask not in used:
                    raise InputError("training.mask_without_image", mask=mask)


def _pictures(folder: Path) -> list[Path]:
    return without_doubles(entry for entry in entries(folder) if is_picture_name(entry.name) and entry.is_file())
