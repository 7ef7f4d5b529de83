"""What lies beside the pictures of a data set and is no picture that can be read: it is counted, and named."""

from __future__ import annotations

from pathlib import Path

from crane_desktop.camera.pictures.listing import entries_passed_over, natural_key
from crane_desktop.evaluation.datasets.samples import Dataset

_LISTED = frozenset({"visa", "meta"})
"""Layouts whose file names every picture: what else lies there is not meant."""


def passed_over_in(dataset: Dataset) -> tuple[str, ...]:
    """Return the names, from the set's folder on, of what its folders hold beside pictures, in natural order."""
    if dataset.layout in _LISTED:
        return ()
    found: set[str] = set()
    for place in _places(dataset):
        try:
            names = entries_passed_over(place)
        except OSError:
            continue  # its pictures tell when they are read
        found |= {(place.relative_to(dataset.folder) / name).as_posix() for name in names}
    return tuple(sorted(found, key=natural_key))


def _places(dataset: Dataset) -> set[Path]:
    """Return the folders of the pictures; in ``test`` also those that have not one."""
    samples = [sample for one in dataset.classes for sample in (*one.test, *one.train_good)]
    places = {sample.file.parent for sample in samples if sample.file.is_relative_to(dataset.folder)}
    tests = {place.parent for place in places if place.parent.name == "test"}
    return places | {folder for test in tests for folder in test.iterdir() if folder.is_dir()}
