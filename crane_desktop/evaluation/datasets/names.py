"""What people call their folders: good, OK, 良品; NG, defective, 不良品; test, train, masks. Any case and width."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from pathlib import Path

from crane_desktop.domain.errors import InputError, technical

GOOD_NAMES = frozenset(
    {"good", "ok", "okay", "normal", "pass", "passed", "良品", "良", "ok品", "正常", "正常品", "合格", "合格品"}
)
DEFECTIVE_NAMES = frozenset(
    {"defective", "defect", "defects", "bad", "ng", "fail", "failed", "faulty", "anomaly", "anomalous", "abnormal"}
    | {"不良品", "不良", "ng品", "欠陥", "欠陥品", "異常", "異常品", "不合格", "不合格品"}
)
TEST_NAMES = frozenset({"test", "テスト", "評価"})
TRAIN_NAMES = frozenset({"train", "学習"})
MASK_NAMES = frozenset({"ground_truth", "groundtruth", "ground truth", "ground-truth", "masks", "mask", "マスク"})
_MOST_NAMED = 12


def folded(name: str) -> str:
    """Return a name without what does not make it another word: case, width, blanks around it."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, by name.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    return [entry for entry in entries(folder) if entry.is_dir()]


def called(folder: Path, names: Iterable[str]) -> list[Path]:
    """Return the folders in a folder that have one of these (folded) names."""
    wanted = frozenset(names)
    return [entry for entry in folders(folder) if folded(entry.name) in wanted]


def entries(folder: Path) -> list[Path]:
    """Return what a folder holds, by name.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        # Names that start with a dot are remarks of the file system (macOS puts "._001.png" beside "001.png").
        return sorted((e for e in folder.iterdir() if not e.name.startswith(".")), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError("training.folder_unreadable", folder=folder, detail=technical(error)) from error


def seen(places: Iterable[Path]) -> str:
    """Return the names of folders for a sentence that says what was there; a dash where there was none."""
    names = [place.name for place in places]
    more = f", … ({len(names)})" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more or "-"
