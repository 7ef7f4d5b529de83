"""What cameras call their features stands in one table: nobody else names one."""

from __future__ import annotations

import ast
from pathlib import Path

import crane_desktop
from crane_desktop.domain import camera_names
from crane_desktop.domain.camera_names import QUANTITIES

TABLE = Path(camera_names.__file__)
KNOWN = frozenset(name for one in QUANTITIES for name in one.names)


def literals(source: str) -> list[str]:
    """Return the standard names that a module spells out, docstrings left aside."""
    tree = ast.parse(source)
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and id(node) not in said and node.value in KNOWN
    ]


def test_no_other_module_names_a_feature() -> None:
    modules = [path for path in Path(crane_desktop.__file__).parent.rglob("*.py") if path != TABLE]
    assert len(modules) > 100
    assert {str(path): found for path in modules if (found := literals(path.read_text(encoding="utf-8")))} == {}


def test_a_name_would_be_found() -> None:
    assert literals('"""ExposureTime"""\nread("ExposureTimeAbs")') == ["ExposureTimeAbs"]
