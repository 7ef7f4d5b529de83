"""Licence texts, for people to read in one piece."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.domain.licences import Component


def component(*files: tuple[str, Path]) -> Component:
    return Component("x", "1.0", "MIT", lambda: tuple((PurePosixPath(name), file) for name, file in files))


def test_the_texts_come_one_after_the_other_each_under_its_name(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(f"text of {name}\n")
    both = component(("LICENSE", tmp_path / "a"), ("third_party/y/NOTICE", tmp_path / "b"))
    assert both.text() == "=== LICENSE ===\n\ntext of a\n\n=== third_party/y/NOTICE ===\n\ntext of b"


def test_without_texts_there_is_nothing_to_read() -> None:
    assert component().text() == ""


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=st.binary(max_size=200))
def test_any_bytes_can_be_shown(tmp_path: Path, raw: bytes) -> None:
    file = tmp_path / "LICENSE"
    file.write_bytes(raw)
    shown = component(("LICENSE", file)).text()
    assert shown.startswith("=== LICENSE ===\n\n")
    shown.encode("utf-8")


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"one\r\ntwo\r\n", "one\ntwo"),
        (b"\n\n  MIT \n\n", "MIT"),
        ("著作権".encode(), "著作権"),
        ("©".encode("latin-1"), "\N{REPLACEMENT CHARACTER}"),
        (b"", ""),
    ],
)
def test_line_ends_margins_and_old_encodings_do_no_harm(tmp_path: Path, raw: bytes, shown: str) -> None:
    (tmp_path / "LICENSE").write_bytes(raw)
    assert component(("L", tmp_path / "LICENSE")).text() == f"=== L ===\n\n{shown}"


def test_a_text_that_is_gone_is_told_and_does_not_hide_the_others(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("here")
    shown = component(("gone", tmp_path / "a"), ("folder", tmp_path), ("there", tmp_path / "b")).text()
    gone, folder, there = shown.split("\n\n=== ")
    assert gone.endswith("(No such file or directory)")
    assert folder.startswith("folder")
    assert folder.endswith(")")
    assert there == "there ===\n\nhere"


def test_an_error_without_a_system_text_is_told_by_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path) -> bytes:
        raise OSError("the drive was pulled out")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert component(("L", tmp_path)).text().endswith("(the drive was pulled out)")


def test_texts_are_looked_for_only_when_somebody_reads_them() -> None:
    asked: list[int] = []

    def find() -> tuple[tuple[PurePosixPath, Path], ...]:
        asked.append(1)
        return ()

    one = Component("x", "1", "MIT", find)
    assert asked == []
    one.text()
    assert asked == [1]
