"""Modules, classes and functions stay small enough to be read at one go."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted((ROOT / "crane_desktop").rglob("*.py"))


def _lines(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1  # type: ignore[attr-defined]


def _too_long(path: Path) -> list[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = []
    for node in ast.walk(tree):
        limit = {ast.ClassDef: 300, ast.FunctionDef: 60, ast.AsyncFunctionDef: 60}.get(type(node))
        if limit is not None and _lines(node) > limit:
            found.append(f"{path.name}:{node.name} has {_lines(node)} lines, at most {limit}")  # type: ignore[attr-defined]
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_too_long(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 500
    assert _too_long(path) == []


def test_most_modules_are_small() -> None:
    sizes = sorted(len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES if p.name != "__init__.py")
    assert statistics.median(sizes) <= 130
    assert sizes[int(0.9 * len(sizes))] <= 350


def test_the_size_check_can_fail(tmp_path: Path) -> None:
    long = tmp_path / "long.py"
    long.write_text("def f():\n" + "    a = 1\n" * 70)
    assert _too_long(long)
