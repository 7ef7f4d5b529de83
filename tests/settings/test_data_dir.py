"""The data folder: its layout, its proof of writability, its lock."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.settings import data_dir
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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no other accounts' homes")
def test_the_home_of_nobody_is_told_in_both_languages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRANE_DATA_DIR", "~no such account/データ")
    with pytest.raises(InputError, match="data_dir_unwritable") as caught:
        default_data_dir()
    for language in LANGUAGES:
        assert "~no such account/データ" in error_text(caught.value, language)


def test_the_users_own_home_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("CRANE_DATA_DIR", "~/検査")
    assert default_data_dir() == tmp_path / "検査"


def test_a_relative_folder_is_bound_to_where_the_program_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CRANE_DATA_DIR", "here")
    found = default_data_dir()
    monkeypatch.chdir("/")
    assert found == tmp_path / "here"


def test_an_empty_word_asks_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRANE_DATA_DIR", "")
    assert default_data_dir().name == "CraneInspector"


@pytest.mark.parametrize("name", ["a%20b", "検査 ライン１", "a#?&;'", "with space ", "ａ" * 80, "-v", "..b"])
def test_any_name_of_a_folder_can_be_used_and_locked(tmp_path: Path, name: str) -> None:
    data = DataDir(tmp_path / name)
    data.prepare()
    with data.lock():
        assert (data.root / "recipes").is_dir()
    assert [p for p in data.root.rglob("*") if p.is_file() and p.name != ".lock"] == []


def test_making_a_layout_touches_nothing(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    places = (data.settings_file, data.proofs_file, data.recipes, data.references, data.packs, data.log_file, data.logs)
    assert list(tmp_path.iterdir()) == []
    assert len({*places, data.records, data.images}) == 9, "no two things lie in one place"
    assert all(data.root in place.parents for place in places)


def test_an_endless_name_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="data_dir_unwritable"):
        DataDir(tmp_path / ("x" * 300)).prepare()


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX links")
@pytest.mark.parametrize("to", ["nowhere", "data"])
def test_a_link_to_nowhere_or_to_itself_is_told(tmp_path: Path, to: str) -> None:
    (tmp_path / "data").symlink_to(tmp_path / to)
    with pytest.raises(InputError, match="data_dir_unwritable"):
        DataDir(tmp_path / "data").prepare()


@pytest.mark.parametrize("place", ["references", "packs", "records", "images", "logs"])
def test_a_disk_that_takes_no_file_is_told_before_the_first_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    data = DataDir(tmp_path)
    kept, refused = tempfile.TemporaryFile, getattr(data, place)

    def trial(*, dir: Path) -> object:  # noqa: A002
        if dir == refused:
            raise OSError(30, "Read-only file system")
        return kept(dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", trial)
    with pytest.raises(InputError) as caught:
        data.prepare()
    assert caught.value.params == {"folder": refused, "reason": "Read-only file system"}


def test_a_lock_that_is_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / ".lock").mkdir()
    with pytest.raises(InputError, match="data_dir_unwritable"), DataDir(tmp_path).lock():
        pytest.fail("locked a folder")


@pytest.mark.parametrize("error", [OSError(95, "Operation not supported"), NotImplementedError("no locks here")])
def test_a_file_system_without_locks_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse(_lock: object) -> None:
        raise error

    monkeypatch.setattr(data_dir.FileLock, "acquire", refuse)
    with pytest.raises(InputError, match="data_dir_unwritable") as caught, DataDir(tmp_path).lock():
        pytest.fail("locked")
    assert (getattr(error, "strerror", None) or str(error)) in str(caught.value)


def test_what_goes_wrong_inside_lets_the_folder_go(tmp_path: Path) -> None:
    with pytest.raises(KeyError), DataDir(tmp_path).lock():
        raise KeyError("inside")
    with DataDir(tmp_path).lock():
        pass
