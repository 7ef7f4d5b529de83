"""What the papers for contributors name exists: files of the walks, rooms of the table, folders of the package."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "crane_desktop"
PAPER = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def _section(title: str) -> str:
    return PAPER.split(f"### {title}\n", 1)[1].split("\n#", 1)[0]


def _missing(words: str) -> list[str]:
    """A file is named with its room, or alone right after one of the same room."""
    missing, room = [], PACKAGE
    for name in re.findall(r"`([a-z_0-9/]+\.py)`", words):
        here = PACKAGE / name if "/" in name else room / name
        if not here.is_file():
            missing.append(name)
        room = here.parent
    return missing


def test_the_walks_name_real_files() -> None:
    for title in ("A frame from camera to record", "A recipe from file to verdict"):
        assert _missing(_section(title)) == [], title


def test_the_table_has_every_room() -> None:
    table = PAPER.split("| room |", 1)[1].split("\n\n", 1)[0]
    named = set(re.findall(r"`([a-z]+)`", "\n".join(line.split("|")[1] for line in table.splitlines() if "`" in line)))
    assert named == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


def test_a_file_that_is_gone_is_missed() -> None:
    assert _missing("`pipeline/line.py`, `attic.py` and `cli/nowhere.py`") == ["attic.py", "cli/nowhere.py"]
