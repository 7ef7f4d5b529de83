"""What is installed is whole: the wheel works from any folder, without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WITHIN_S = 120


def pip(*words: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pip", "--disable-pip-version-check", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation", "-w", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    pip("install", "--quiet", "--no-deps", "--no-index", "--target", folder, wheel)
    return folder


def run(installed: Path, *command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "CRANE_LANGUAGE": "ja",
        "CRANE_DATA_DIR": str(cwd / "station"),
        "OMP_NUM_THREADS": "1",
        "PYTHONUTF8": "1",
    }
    return subprocess.run(
        [*map(str, command)], cwd=cwd, env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )


def test_the_wheel_holds_every_module_and_every_resource(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    modules = {p.relative_to(ROOT).as_posix() for p in (ROOT / "crane_desktop").rglob("*.py")}
    resources = {
        f"crane_desktop/{p.relative_to(ROOT).as_posix()}" for p in (ROOT / "resources").rglob("*") if p.is_file()
    }
    assert held == modules | resources


def test_it_finds_its_own_resources_and_not_the_checkouts(installed: Path, tmp_path: Path) -> None:
    code = (
        "import crane_desktop; from crane_desktop.settings.resources import resource_path as r;"
        "print(crane_desktop.__file__); print(r('texts', 'app.json')); print(r('texts', 'app.json').is_file())"
    )
    done = run(installed, sys.executable, "-c", code, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    module, text, found = done.stdout.splitlines()
    assert Path(module).is_relative_to(installed)
    assert Path(text).is_relative_to(installed)
    assert found == "True"


def test_it_inspects_from_another_folder(installed: Path, tmp_path: Path, tiny_pack: Path) -> None:
    command = installed / "bin" / "crane-inspector"
    done = run(
        *(installed, sys.executable, command, "inspect", "--json", "--frames", "3", "--pack", tiny_pack), cwd=tmp_path
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout.splitlines()[-1])["summary"]["verdicts"] == 3
    assert (tmp_path / "station" / "records" / "log.sqlite3").is_file()  # its migrations came along
    wrong = run(installed, sys.executable, command, "inspect", "--pack", "ない", cwd=tmp_path)
    assert wrong.returncode == 2
    assert "モデルパックはありません" in wrong.stderr
