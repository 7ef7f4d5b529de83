"""The top level and the style checks of the whole house."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from eventually import HANG_S

ROOT = Path(__file__).resolve().parents[2]
ALLOWED = {
    "crane_desktop",
    "resources",
    "packaging",
    "tests",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
}


def _run(*words: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, timeout=HANG_S, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_only_the_agreed_things_stand_at_the_top() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=HANG_S, check=False)
    names = {line.split("/")[0] for line in done.stdout.splitlines()}
    assert {n for n in names if not n.startswith(".")} <= ALLOWED


def test_ruff() -> None:
    _run("ruff", "check", "--no-cache", ".")


def test_ruff_format() -> None:
    _run("ruff", "format", "--no-cache", "--check", ".")


@pytest.mark.slow
def test_mypy_strict() -> None:
    _run("mypy")


@pytest.mark.slow
def test_no_module_on_the_windows_way_imports_torch_or_harvesters_early() -> None:
    """The window must be up before anything heavy is loaded."""
    code = (
        "import sys, crane_desktop.__main__, crane_desktop.cli.cli;"
        "import crane_desktop.app.station, crane_desktop.pipeline.line;"
        "heavy = {'torch', 'open_clip', 'timm', 'harvesters', 'genicam', 'sklearn', 'scipy.stats'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=HANG_S, check=False)
    assert done.returncode == 0, done.stderr
