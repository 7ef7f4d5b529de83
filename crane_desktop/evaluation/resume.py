"""Where an evaluation keeps what it has found, so that the same command goes on after a kill."""

from __future__ import annotations

import hashlib
import json
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.evaluation.datasets.samples import Dataset
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.regular_file import at_home

_FORMAT = 1


def fingerprint(dataset: Dataset) -> str:
    """Return a name for a data set's test part: other files, labels, sizes or times of change are another name.

    Pictures are not read for it: that would take as long as scoring them.
    """
    facts: list[object] = []
    for labelled in dataset.classes:
        facts.append(labelled.name)
        for sample in labelled.test:
            facts.append([sample.defect, _stamp(sample.file), _stamp(sample.mask_file)])
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _stamp(file: Path | None) -> list[object] | None:
    if file is None:
        return None
    try:
        found = file.stat()
    except OSError:
        return [str(file)]  # reading it will say what is wrong
    return [str(file), found.st_size, found.st_mtime_ns]


@contextmanager
def work_folder(folder: Path | None, info: ScorerInfo, dataset: Dataset, memory: str = "") -> Iterator[Path]:
    """Give the folder for this model, run this way, on these pictures; nobody else has it meanwhile.

    Parameters
    ----------
    folder
        Where work is kept, a subfolder for each evaluation; None: nowhere, it goes away at the end.
    memory
        Name (SHA-256) of the good parts that the model remembers. `info` only counts them: where there are some, and
        no name, nobody can tell whether kept work is of the same ones, and it begins anew.

    Raises
    ------
    InputError
        If it cannot be written, or the same evaluation runs already.
    """
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="crane-evaluation-") as passing:
            yield Path(passing)
        return
    unknown = info.good_parts and not memory
    scorer = {**asdict(info), "memory": secrets.token_hex(16) if unknown else memory}
    key = {"format": _FORMAT, "scorer": scorer, "dataset": fingerprint(dataset)}
    text = json.dumps(key, indent=1).encode()
    place = at_home(folder).absolute() / hashlib.sha256(text).hexdigest()[:16]
    try:
        place.mkdir(parents=True, exist_ok=True)
        write_atomic(place / "key.json", text)
        lock = FileLock(place / "lock")
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError("training.evaluated_elsewhere", folder=place) from None
    except OSError as error:
        raise InputError("training.cannot_keep", folder=folder, detail=technical(error)) from error
    try:
        yield place
    finally:
        lock.release()
