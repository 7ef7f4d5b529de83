"""The data folder: its layout, its proof of writability, its lock."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.settings.data_dir import DataDir, default_data_dir
from crane_desktop.settings.texts import LANGUAGES, error_text

_HOLDER = """
import sys
from pathlib import Path
from crane_desktop.settings.data_dir import DataDir
with DataDir(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(root: Path) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def _end(child: subprocess.Popen[str]) -> None:
    child.kill()
    child.communicate(timeout=30)


def test_prepare_makes_everything_and_is_repeatable(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "検査 ステーション１" / "data")
    data.prepare()
    data.prepare()
    for folder in (data.recipes, data.packs, data.records, data.images, data.logs):
        assert folder.is_dir()
        assert data.root in folder.parents
    assert data.log_file.parent == data.records
    assert [p for p in data.root.rglob("*") if p.is_file()] == []


def test_a_folder_below_a_file_is_refused_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    root = tmp_path / "file" / "data"
    with pytest.raises(InputError) as caught:
        DataDir(root).prepare()
    assert caught.value.key == "settings.data_dir_unwritable"
    for language in LANGUAGES:
        sentence = error_text(caught.value, language)
        assert str(root) in sentence
        assert "--data-dir" in sentence


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, a folder that nobody can write")
def test_a_folder_that_cannot_be_made_is_refused() -> None:
    with pytest.raises(InputError, match="data_dir_unwritable"):
        DataDir(Path("/proc/crane")).prepare()


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs /proc, a folder that nobody can write")
def test_a_folder_that_exists_but_cannot_be_written_is_refused() -> None:
    with pytest.raises(InputError, match="data_dir_unwritable"):
        DataDir(Path("/proc")).prepare()


def test_a_part_of_the_layout_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "recipes").write_text("not a folder")
    with pytest.raises(InputError, match="data_dir_unwritable"):
        DataDir(tmp_path).prepare()


def test_a_second_program_is_refused_until_the_first_one_dies(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.prepare()
    child = _holder(tmp_path)
    try:
        with pytest.raises(InputError) as caught, data.lock():
            pytest.fail("two programs hold the same folder")
        assert caught.value.key == "settings.data_dir_in_use"
        assert str(tmp_path) in error_text(caught.value, "ja")
    finally:
        _end(child)
    with data.lock():
        pass


def test_the_same_program_cannot_hold_it_twice(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    with data.lock(), pytest.raises(InputError, match="data_dir_in_use"), DataDir(tmp_path).lock():
        pytest.fail("held twice")
    with data.lock():
        pass


def test_a_folder_that_cannot_be_locked_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="data_dir_unwritable"), DataDir(tmp_path / "file").lock():
        pytest.fail("locked a file's inside")


def test_the_default_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRANE_DATA_DIR", str(tmp_path / "here"))
    assert default_data_dir() == tmp_path / "here"
    monkeypatch.delenv("CRANE_DATA_DIR")
    assert default_data_dir().name == "CraneInspector"
    assert default_data_dir().is_absolute()
