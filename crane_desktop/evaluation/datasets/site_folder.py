"""A site's own labelled frames: two folders, one of good parts and one of defective ones, with or without masks."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from crane_desktop.camera.decode import IMAGE_SUFFIXES
from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.datasets import GOOD, Dataset, LabelledClass, Sample, read_dataset

GOOD_NAMES = frozenset({"good", "ok", "良品"})
DEFECTIVE_NAMES = frozenset({"defective", "bad", "ng", "不良品", "不良"})
_MASK_NAMES = frozenset({"masks", "mask", "マスク"})
_MASK_ENDINGS = ("_mask", "")
_DEFECTIVE = "defective"


def read_labelled(path: Path) -> Dataset:
    """Find out what a labelled set holds: two folders ``good/`` and ``defective/``, or whatever `read_dataset` takes.

    Folders may be called ``good``, ``OK``, ``良品``, and ``defective``, ``bad``, ``NG``, ``不良品``, ``不良``; folders
    inside count as well. Where defects are drawn, the masks lie in ``masks/`` beside them, named like their pictures.

    Raises
    ------
    InputError
        If it is no labelled set, or one of the two folders has no picture.
    """
    folder = path.expanduser().absolute()
    good, defective = _called(folder, GOOD_NAMES), _called(folder, DEFECTIVE_NAMES)
    if (folder / "test").is_dir() or not (good and defective):
        return read_dataset(path)
    masks = {mask.stem: mask for place in _called(folder, _MASK_NAMES) for mask in _pictures(place)}
    samples = [Sample(file, GOOD) for place in good for file in _pictures(place)]
    if not samples:
        raise InputError("training.no_pictures_in", folder=good[0])
    drawn = [Sample(file, _DEFECTIVE, _mask_of(file, masks)) for place in defective for file in _pictures(place)]
    if not drawn:
        raise InputError("training.no_pictures_in", folder=defective[0])
    for mask in masks.values():
        if all(sample.mask_file != mask for sample in drawn):
            raise InputError("training.mask_without_image", mask=mask)
    return Dataset(folder, (LabelledClass(folder.name, tuple(samples + drawn)),))


def _mask_of(file: Path, masks: dict[str, Path]) -> Path | None:
    found = (masks.get(file.stem + ending) for ending in _MASK_ENDINGS)
    return next((mask for mask in found if mask is not None), None)


def _called(folder: Path, names: Iterable[str]) -> list[Path]:
    try:
        return sorted(entry for entry in folder.iterdir() if entry.is_dir() and entry.name.lower() in names)
    except OSError:
        return []  # `read_dataset` says what is wrong with it


def _pictures(folder: Path) -> list[Path]:
    try:
        return sorted(
            file
            for file in folder.rglob("*")
            if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()
        )
    except OSError as error:
        raise InputError("training.folder_unreadable", folder=folder, detail=error.strerror or str(error)) from error
