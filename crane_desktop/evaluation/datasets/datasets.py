"""Labelled data sets, in every layout that we know.

- The folders of MVTec AD (`mvtec`).
- Two folders, of good and of defective parts (`site_folder`).
- VisA, whose split is a CSV file (`visa`).
- ``meta.json``, as the authors' code keeps its sets (`meta_json`).

Which one it is shows what is there; the CSV or JSON file itself may be given too.
"""

from __future__ import annotations

from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.meta_json import META, is_meta, read_meta
from crane_desktop.evaluation.datasets.mvtec import is_class, read_class
from crane_desktop.evaluation.datasets.names import folders, seen
from crane_desktop.evaluation.datasets.samples import GOOD, Dataset, LabelledClass, Sample
from crane_desktop.evaluation.datasets.site_folder import is_site_folder, read_site_folder
from crane_desktop.evaluation.datasets.visa import find_split, read_visa
from crane_desktop.settings.regular_file import at_home

__all__ = ["GOOD", "Dataset", "LabelledClass", "Sample", "read_dataset"]


def read_dataset(path: Path) -> Dataset:
    """Find out what a data set holds; no picture is read yet.

    Parameters
    ----------
    path
        A class (it has a folder ``test``, or one of good and one of defective parts), a folder of classes, a folder
        with ``meta.json`` or ``split_csv``, or such a JSON or CSV file itself.

    Raises
    ------
    InputError
        If there is no data set; a class lacks good or defective test pictures; a mask belongs to no picture; or a
        list is damaged, leaves its folder, or names a file that is missing or named twice.
    """
    place = at_home(path).absolute()
    if place.exists() and not place.is_dir():
        if place.suffix.lower() == ".csv":
            return read_visa(place)
        if place.suffix.lower() == ".json":
            return read_meta(place)
    if not place.is_dir():
        raise InputError("training.no_dataset", folder=path, seen="-")
    meta = place / META
    if meta.is_file() and is_meta(meta):
        return read_meta(meta)
    split = find_split(place)
    if split is not None:
        return read_visa(split)
    inside = folders(place)
    whole = _class_in(place)
    classes = [whole] if whole is not None else [found for found in map(_class_in, inside) if found is not None]
    if not classes:
        raise InputError("training.no_dataset", folder=path, seen=seen(inside))
    return Dataset(place, tuple(classes))


def _class_in(folder: Path) -> LabelledClass | None:
    if is_class(folder):
        return read_class(folder)
    return read_site_folder(folder) if is_site_folder(folder) else None
