"""``meta.json``, the form in which the authors of Crane (and AnomalyCLIP before) keep all their data sets.

``{"train" | "test": {class: [{img_path, mask_path, cls_name, specie_name, anomaly}]}}``; paths start at the file's
folder, ``anomaly`` is 1 or 0, and ``mask_path`` may be empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from crane_desktop.domain.errors import phrase
from crane_desktop.evaluation.datasets.listing import DEFECTIVE, Row, damaged, dataset_of, read_text
from crane_desktop.evaluation.datasets.samples import GOOD, Dataset
from crane_desktop.settings.plain_json import NoJson, parse_json

META = "meta.json"
_NO_KIND = frozenset({"", GOOD, "normal"})


def read_meta(file: Path) -> Dataset:
    """Read a ``meta.json``; no picture is read yet.

    Raises
    ------
    InputError
        If the file is damaged, or names what it must not (see `dataset_of`).
    """
    return dataset_of(file, file.parent, _rows(file), "meta")


def is_meta(file: Path) -> bool:
    """Return whether a file of that name is of this form, and no other program's.

    Raises
    ------
    InputError
        If it cannot be read or is no JSON.
    """
    content = _content(file)
    return isinstance(content, dict) and "test" in content


def _content(file: Path) -> Any:
    try:
        return parse_json(read_text(file))
    except NoJson as error:
        raise damaged(file, phrase("training.list.line", number=error.line), phrase("training.list.no_json")) from error


def _rows(file: Path) -> Iterator[Row]:
    content = _content(file)
    if not isinstance(content, dict) or not isinstance(content.get("test"), dict):
        raise damaged(file, "test", phrase("training.list.no_object"))
    for part in ("train", "test"):
        groups = content.get(part) or {}
        if not isinstance(groups, dict):
            raise damaged(file, part, phrase("training.list.no_object"))
        for group, samples in groups.items():
            if not isinstance(samples, list) or not group:
                raise damaged(file, f"{part}.{group}", phrase("training.list.no_list"))
            for number, sample in enumerate(samples):
                yield _row(file, f"{part}.{group}[{number}]", part == "train", group, sample)


def _row(file: Path, place: str, train: bool, group: str, sample: Any) -> Row:
    if not isinstance(sample, dict):
        raise damaged(file, place, phrase("training.list.no_object"))
    image, mask, kind = (sample.get(key, "") for key in ("img_path", "mask_path", "specie_name"))
    odd = sample.get("anomaly")
    if not all(isinstance(value, str) for value in (image, mask or "", kind)) or not image:
        raise damaged(file, place, phrase("training.list.bad_value", names="img_path, mask_path, specie_name"))
    if odd not in (0, 1) or not isinstance(odd, int):
        raise damaged(file, place, phrase("training.list.bad_value", names="anomaly"))
    defect = GOOD if odd == 0 else (DEFECTIVE if kind in _NO_KIND else kind)
    return Row(place, train, group, defect, image, mask or "")
