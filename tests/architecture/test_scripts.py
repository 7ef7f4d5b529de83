"""Scripts that no test runs still name what there is: each can be imported, and does nothing when it is."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import HANG_S

ROOT = Path(__file__).resolve().parents[2]


def _has_a_main(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return any(isinstance(node, ast.If) and "__name__" in ast.unparse(node.test) for node in tree.body)


TESTS = [path for path in sorted((ROOT / "tests").rglob("*.py")) if not path.name.startswith(("test_", "conftest"))]
PACKAGING = [
    path
    for path in sorted((ROOT / "packaging").rglob("*.py"))
    if _has_a_main(path) and path.parent.name not in ("files", "hooks")
]


def _imports(paths: list[Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Import scripts in one process of their own, each as one that is started beside its neighbours."""
    code = (
        "import runpy, sys, traceback\n"
        "bad = []\n"
        "for path in sys.argv[1:]:\n"
        "    sys.path.insert(0, path.rpartition('/')[0])\n"
        "    try:\n"
        "        runpy.run_path(path, run_name='imported')\n"
        "    except BaseException:\n"
        "        bad.append(path + '\\n' + traceback.format_exc())\n"
        "    sys.path.remove(path.rpartition('/')[0])\n"
        "sys.exit('\\n'.join(bad) or 0)\n"
    )
    words = [sys.executable, "-B", "-c", code, *map(Path.as_posix, paths)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.run(
        words, cwd=folder, env=environment, capture_output=True, text=True, timeout=HANG_S, check=False
    )


@pytest.mark.slow
@pytest.mark.parametrize("paths", [TESTS, PACKAGING], ids=["tests", "packaging"])
def test_every_script_can_be_imported_and_does_nothing_then(paths: list[Path], tmp_path: Path) -> None:
    assert len(paths) >= 10
    done = _imports(paths, tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_script_that_names_what_is_gone_is_found(tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text("import json\n")
    (tmp_path / "old.py").write_text("from json import no_such_thing\n")
    done = _imports([tmp_path / "good.py", tmp_path / "old.py"], tmp_path)
    assert done.returncode == 1
    assert "no_such_thing" in done.stderr
    assert "good.py" not in done.stderr
