"""The fence between the rooms stands: the real tree keeps every contract, a seeded violation breaks each."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from eventually import HANG_S

ROOT = Path(__file__).resolve().parents[2]

#: contract id -> (file that gets the line, the forbidden line)
SEEDS = {
    "layers": ("domain/balance.py", "import crane_desktop.settings.texts  # noqa"),
    "ports": ("pipeline/__init__.py", "import crane_desktop.records"),
    "qt": ("services/__init__.py", "import PySide6.QtCore"),
    "qt_cli": ("cli/__init__.py", "import PySide6.QtCore"),
    "torch": ("camera/__init__.py", "import torch"),
    "camera": ("pipeline/__init__.py", "import harvesters"),
    "database": ("recipe/__init__.py", "import sqlalchemy"),
    "console": ("services/__init__.py", "import rich"),
    "libraries": ("app/__init__.py", "import torch"),
}


def _lint(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); sys.argv=['lint-imports', '--no-cache']; {code}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=HANG_S,
        check=False,
    )


@pytest.fixture
def copy_of_the_house(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "crane_desktop", tmp_path / "crane_desktop", ignore=shutil.ignore_patterns("__pycache__", "*.pyc")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_a_seeded_violation() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {c["id"] for c in contracts} == set(SEEDS)


def test_the_house_keeps_its_contracts(copy_of_the_house: Path) -> None:
    done = _lint(copy_of_the_house)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("contract", sorted(SEEDS))
def test_a_seeded_violation_is_found(contract: str, copy_of_the_house: Path) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    name = next(c["name"] for c in contracts if c["id"] == contract)
    where, line = SEEDS[contract]
    path = copy_of_the_house / "crane_desktop" / where
    path.write_text(path.read_text(encoding="utf-8") + f"\n{line}\n", encoding="utf-8")
    done = _lint(copy_of_the_house)
    assert done.returncode != 0
    assert f"{name} BROKEN" in done.stdout


def test_window_and_use_cases_do_not_know_each_other(copy_of_the_house: Path) -> None:
    path = copy_of_the_house / "crane_desktop" / "ui" / "__init__.py"
    path.write_text(path.read_text(encoding="utf-8") + "\nimport crane_desktop.services\n", encoding="utf-8")
    assert _lint(copy_of_the_house).returncode != 0


def test_a_new_room_must_declare_its_place(copy_of_the_house: Path) -> None:
    room = copy_of_the_house / "crane_desktop" / "attic"
    room.mkdir()
    (room / "__init__.py").write_text("")
    assert _lint(copy_of_the_house).returncode != 0
