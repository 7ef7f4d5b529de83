"""Where an installed program keeps its data: the installer's mark beside it decides, and damage is told."""

from __future__ import annotations

import sys
from pathlib import Path, PureWindowsPath

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.settings import installation
from crane_desktop.settings.data_dir import default_data_dir
from crane_desktop.settings.texts import LANGUAGES, error_text


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The mark's place beside a frozen program on Windows."""
    program = tmp_path / "Program Files" / "検査" / "CraneInspector.exe"
    program.parent.mkdir(parents=True)
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(installation, "ON_WINDOWS", True)
    monkeypatch.setenv("PROGRAMDATA", str(tmp_path / "ProgramData"))
    monkeypatch.delenv("CRANE_DATA_DIR", raising=False)
    return program.parent / "installation.json"


def test_installed_for_everybody_all_accounts_share_the_data(mark: Path, tmp_path: Path) -> None:
    mark.write_text('{"data": "machine"}\n')
    assert default_data_dir() == tmp_path / "ProgramData" / "CraneInspector"


@pytest.mark.parametrize("content", ['{"data": "user"}\n', None])
def test_installed_for_one_account_or_only_unpacked_it_is_the_users_own(
    content: str | None, mark: Path, tmp_path: Path
) -> None:
    if content is not None:
        mark.write_text(content)
    assert tmp_path not in default_data_dir().parents
    assert default_data_dir().name == "CraneInspector"


def test_what_the_environment_says_comes_first(mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mark.write_text('{"data": "machine"}')
    monkeypatch.setenv("CRANE_DATA_DIR", str(tmp_path / "asked"))
    assert default_data_dir() == tmp_path / "asked"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b'{"data": "elsewhere"}',
        b'{"data": ["user"]}',
        b'{"data": null}',
        b"\xff\xfe",
        b"[" * 100_000,
    ],
    ids=lambda content: f"{content[:24]!r}",
)
def test_a_damaged_mark_is_told_and_never_guessed_at(content: bytes, mark: Path) -> None:
    mark.write_bytes(content)
    with pytest.raises(InputError, match="installation_damaged") as caught:
        default_data_dir()
    for language in LANGUAGES:
        assert str(mark) in error_text(caught.value, language)


def test_a_mark_that_cannot_be_read_is_told(mark: Path) -> None:
    mark.mkdir()
    with pytest.raises(InputError, match="installation_damaged"):
        default_data_dir()


@pytest.mark.parametrize("value", ["", None])
def test_without_the_systems_word_for_it_the_shared_folder_is_still_no_relative_one(
    value: str | None, mark: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Relative to wherever the program was started, each start would find other records."""
    mark.write_text('{"data": "machine"}')
    if value is None:
        monkeypatch.delenv("PROGRAMDATA")
    else:
        monkeypatch.setenv("PROGRAMDATA", value)
    assert PureWindowsPath(str(default_data_dir()).replace("/", "\\")) == PureWindowsPath(
        r"C:\ProgramData\CraneInspector"
    )


@pytest.mark.parametrize("missing", ["frozen", "windows"])
def test_from_source_or_on_another_system_the_mark_means_nothing(
    missing: str, mark: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark.write_text('{"data": "machine"}')
    if missing == "frozen":
        monkeypatch.setattr(sys, "frozen", False)
    else:
        monkeypatch.setattr(installation, "ON_WINDOWS", False)
    assert tmp_path not in default_data_dir().parents
