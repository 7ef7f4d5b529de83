"""Labelled data sets, in every layout that we know.

- The folders of MVTec AD (`mvtec`).
- VisA, whose split is a CSV file (`visa`).
- ``meta.json``, as the authors' code keeps its sets (`meta_json`).

Which one it is shows what is there; the CSV or JSON file itself may be given too.
"""

from __future__ import annotations

from pathlib import Path

from crane_desktop.domain.errors import InputError
from crane_desktop.evaluation.datasets.meta_json import META, is_meta, read_meta
from crane_desktop.evaluation.datasets.mvtec import read_folders
from crane_desktop.evaluation.datasets.samples import GOOD, Dataset, LabelledClass, Sample
from crane_desktop.evaluation.datasets.visa import find_split, read_visa
from crane_desktop.settings.regular_file import at_home

__all__ = ["GOOD", "Dataset", "LabelledClass", "Sample", "read_dataset"]


def read_dataset(path: Path) -> Dataset:
    """Find out what a data set holds; no picture is read yet.

    Parameters
    ----------
    path
        A class (it has a folder ``test``), a folder of classes, a folder with ``meta.json`` or ``split_csv``, or such
        a JSON or CSV file itself.

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
        raise InputError("training.no_dataset", folder=path)
    meta = place / META
    if meta.is_file() and is_meta(meta):
        return read_meta(meta)
    split = find_split(place)
    dataset = read_visa(split) if split is not None else read_folders(place)
    if dataset is None:
        raise InputError("training.no_dataset", folder=path)
    return dataset
