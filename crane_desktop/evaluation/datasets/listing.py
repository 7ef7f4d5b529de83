"""What data sets have in common that name their pictures in a file: safe paths, and no picture twice."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from crane_desktop.domain.errors import InputError, Phrase, phrase, technical
from crane_desktop.evaluation.datasets.samples import GOOD, Dataset, LabelledClass, Sample
from crane_desktop.settings.regular_file import read_regular

_LARGEST_LIST = 64_000_000
"""A quarter of a million pictures."""

DEFECTIVE = "defective"
"""The kind of a defect that the file does not name."""


@dataclass(frozen=True, slots=True)
class Row:
    """What the file says about one picture.

    Attributes
    ----------
    place
        Where it says so, for people: ``"line 7"``.
    image, mask
        As written; the mask is empty where there is none.
    """

    place: str | Phrase
    train: bool
    group: str
    defect: str
    image: str
    mask: str = ""


def damaged(listing: Path, place: str | Phrase, detail: Phrase) -> InputError:
    """Return the error for a file that does not hold what it should."""
    return InputError("training.list_damaged", file=listing, place=place, detail=detail)


def read_text(listing: Path) -> str:
    """Read a list's file.

    Raises
    ------
    InputError
        If it cannot be read, or is not UTF-8.
    """
    try:
        return read_regular(listing, _LARGEST_LIST).decode("utf-8-sig")
    except OSError as error:
        raise InputError("training.list_unreadable", file=listing, detail=technical(error)) from error
    except UnicodeDecodeError as error:
        raise damaged(
            listing, phrase("training.list.byte", number=error.start), phrase("training.list.not_utf8")
        ) from error


def dataset_of(listing: Path, root: Path, rows: Iterable[Row], layout: str) -> Dataset:
    """Return the data set that the rows describe; every file is looked for, none is read.

    Classes without test pictures are left out. A class may lack good test pictures only where masks say where its
    pictures are good (sets for segmentation are like that): it then has pixel figures only.

    Raises
    ------
    InputError
        If a path leaves `root`, a file is missing or named twice, or nothing can be measured on a class.
    """
    files = _Files(listing, root.resolve())
    groups: dict[str, tuple[list[Sample], list[Sample]]] = {}
    for row in rows:
        train, test = groups.setdefault(row.group, ([], []))
        (train if row.train else test).append(files.sample(row))
    files.all_there()
    classes = [LabelledClass(name, _sorted(groups[name][1]), tuple(_good(groups[name][0]))) for name in sorted(groups)]
    classes = [labelled for labelled in classes if labelled.test]
    for labelled in classes:
        _can_be_measured(listing, labelled)
    if not classes:
        raise InputError("training.list_without_tests", file=listing)
    return Dataset(root, tuple(classes), layout)


def _sorted(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    return tuple(sorted(samples, key=lambda sample: (sample.defect, str(sample.file))))


def _good(samples: Iterable[Sample]) -> Iterator[Sample]:
    return (sample for sample in _sorted(samples) if sample.is_good)


def _can_be_measured(listing: Path, labelled: LabelledClass) -> None:
    good = sum(sample.is_good for sample in labelled.test)
    if good == len(labelled.test):
        raise InputError("training.list_all_good", file=listing, name=labelled.name)
    if not good and not labelled.has_masks:
        raise InputError("training.list_none_good", file=listing, name=labelled.name)


@dataclass(slots=True)
class _Files:
    """Turns names into files, and remembers what was wrong."""

    listing: Path
    root: Path
    seen: dict[str, str | Phrase] = field(default_factory=dict)
    missing: list[Path] = field(default_factory=list)

    def sample(self, row: Row) -> Sample:
        """Return the picture of a row."""
        file = self._file(row, row.image)
        # Upper and lower case are one file on Windows; normcase knows.
        before = self.seen.setdefault(os.path.normcase(file), row.place)
        if before is not row.place:
            raise InputError("training.list_twice", file=self.listing, picture=row.image, one=before, other=row.place)
        mask = self._file(row, row.mask, may_lack=row.defect == GOOD) if row.mask else None
        if row.defect == GOOD and mask is not None and not mask.is_file():
            mask = None  # lists name masks for good parts too, often without a file
        return Sample(file, row.defect, mask)

    def all_there(self) -> None:
        """Raise where files are missing: names the first."""
        if self.missing:
            first, count = self.missing[0], len(self.missing)
            raise InputError("training.list_files_missing", file=self.listing, missing=first, count=count)

    def _file(self, row: Row, name: str, *, may_lack: bool = False) -> Path:
        """Return the file of that name below the root. A list comes from somebody else: it may point nowhere else."""
        path = PurePosixPath(name.replace("\\", "/"))  # lists made on Windows
        try:
            if not path.parts or path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                raise InputError("training.list_leaves_folder", file=self.listing, place=row.place, path=name)
            file = (self.root / path).resolve()
            inside, there = file.is_relative_to(self.root), file.is_file()
        except (OSError, ValueError, RuntimeError) as error:  # a NUL, half a surrogate, links in a circle
            raise damaged(self.listing, row.place, phrase("training.list.bad_path")) from error
        if not inside:
            raise InputError("training.list_leaves_folder", file=self.listing, place=row.place, path=name)
        if not there and not may_lack:
            self.missing.append(self.root / path)
        return file
