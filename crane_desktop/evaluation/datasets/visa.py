"""VisA's layout: a CSV file says which picture is for what (Zou et al., ECCV 2022, `spot-diff`).

``split_csv/1cls.csv`` and its siblings have the columns object, split, label, image and mask; paths start at the
set's folder. Masks hold a number for each defect.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from crane_desktop.domain.errors import InputError, Phrase, phrase
from crane_desktop.evaluation.datasets.listing import Row, damaged, dataset_of, read_text
from crane_desktop.evaluation.datasets.samples import GOOD, Dataset

SPLITS = "split_csv"
USUAL = "1cls.csv"
"""The split that zero-shot methods are measured on."""
_COLUMNS = ("object", "split", "label", "image", "mask")
_SPLIT = {"train": True, "test": False}
_LABEL = {"normal": GOOD, "anomaly": "anomaly"}


def find_split(folder: Path) -> Path | None:
    """Return the CSV file of a set in VisA's layout, or None where the folder is none.

    Raises
    ------
    InputError
        If there are several splits, and not the usual one among them: one must be named.
    """
    usual = folder / SPLITS / USUAL
    if usual.is_file():
        return usual
    found = sorted((folder / SPLITS).glob("*.csv"))
    if len(found) > 1:
        raise InputError("training.many_splits", folder=folder / SPLITS, known=", ".join(file.name for file in found))
    return found[0] if found else None


def read_visa(split: Path) -> Dataset:
    """Read a split of VisA; no picture is read yet.

    Raises
    ------
    InputError
        If the file is damaged, or names what it must not (see `dataset_of`).
    """
    root = split.parent.parent if split.parent.name == SPLITS else split.parent
    return dataset_of(split, root, _rows(split), "visa")


def _rows(split: Path) -> Iterator[Row]:
    lines = csv.DictReader(io.StringIO(read_text(split), newline=""), strict=True)
    try:
        absent = [column for column in _COLUMNS if column not in (lines.fieldnames or ())]
        if absent:
            raise damaged(split, _line(1), phrase("training.list.no_column", columns=", ".join(absent)))
        for line in lines:
            yield _row(split, _line(lines.line_num), line)
    except csv.Error as error:
        raise damaged(split, _line(lines.line_num), phrase("training.list.no_csv")) from error


def _line(number: int) -> Phrase:
    return phrase("training.list.line", number=number)


def _row(split: Path, place: Phrase, line: dict[str, str | None]) -> Row:
    group, part, label, image, mask = ((line[column] or "").strip() for column in _COLUMNS)
    if None in line or line["image"] is None:
        raise damaged(split, place, phrase("training.list.columns"))
    if part not in _SPLIT:
        raise damaged(split, place, phrase("training.list.bad_split", found=part, known=", ".join(_SPLIT)))
    if label not in _LABEL:
        raise damaged(split, place, phrase("training.list.bad_label", found=label, known=", ".join(_LABEL)))
    if not group or not image:
        raise damaged(split, place, phrase("training.list.empty"))
    return Row(place, _SPLIT[part], group, _LABEL[label], image, mask)
