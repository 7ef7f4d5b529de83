"""A site's own labelled frames: two folders, one of good parts and one of defective ones, with or without masks."""

from __future__ import annotations

from pathlib import Path

from crane_desktop.camera.own_archive import without_doubles
from crane_desktop.camera.pictures.listing import is_picture_name
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.evaluation.datasets.listing import DEFECTIVE
from crane_desktop.evaluation.datasets.mvtec import mask_of
from crane_desktop.evaluation.datasets.names import DEFECTIVE_NAMES, GOOD_NAMES, MASK_NAMES, called
from crane_desktop.evaluation.datasets.samples import GOOD, LabelledClass, Sample


def is_site_folder(folder: Path) -> bool:
    """Return whether a folder holds one of good and one of defective parts."""
    return bool(called(folder, GOOD_NAMES) and called(folder, DEFECTIVE_NAMES))


def read_site_folder(folder: Path) -> LabelledClass:
    """Read two folders ``good/`` and ``defective/``, or with other usual names (`names`); no picture is read.

    Folders inside count as well. Where defects are drawn, the masks lie in ``masks/`` beside them, named like their
    pictures.

    Raises
    ------
    InputError
        If one of the two folders has no picture, or a mask belongs to none.
    """
    good, defective = called(folder, GOOD_NAMES), called(folder, DEFECTIVE_NAMES)
    masks = {mask.stem: mask for place in called(folder, MASK_NAMES) for mask in _pictures(place)}
    samples = [Sample(file, GOOD) for place in good for file in _pictures(place)]
    if not samples:
        raise InputError("training.no_pictures_in", folder=good[0])
    drawn = [Sample(file, DEFECTIVE, mask_of(file, masks)) for place in defective for file in _pictures(place)]
    if not drawn:
        raise InputError("training.no_pictures_in", folder=defective[0])
    for mask in masks.values():
        if all(sample.mask_file != mask for sample in drawn):
            raise InputError("training.mask_without_image", mask=mask)
    return LabelledClass(folder.name, tuple(samples + drawn))


def _pictures(folder: Path) -> list[Path]:
    try:
        found = (file for file in folder.rglob("*") if is_picture_name(file.name) and file.is_file())
        return sorted(without_doubles(found))
    except OSError as error:
        raise InputError("training.folder_unreadable", folder=folder, detail=technical(error)) from error
