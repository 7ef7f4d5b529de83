"""Every fragment of the release notes has both languages, and they become one section."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from eventually import HANG_S

NEWS = Path(__file__).resolve().parents[2] / "packaging" / "news"
JAPANESE = re.compile(r"[\u3041-\u30ff]")


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A repository with these fragments, to make notes in."""
    shutil.copytree(NEWS, tmp_path / "packaging" / "news")
    (tmp_path / "CHANGELOG.md").write_text("# Changelog\n\n<!-- news -->\n\n## 0.0.1\n- old\n", encoding="utf-8")
    return tmp_path


def make(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    script = repository / "packaging" / "news" / "make.py"
    return subprocess.run(
        [sys.executable, str(script), *words], capture_output=True, encoding="utf-8", timeout=HANG_S, check=False
    )


def test_every_fragment_has_both_languages() -> None:
    names = {language: {file.name for file in (NEWS / language).glob("*.md")} for language in ("ja", "en")}
    assert names["ja"] == names["en"]
    for name in names["en"]:
        assert re.fullmatch(r"(\d+|\+[a-z-]+)\.(feature|fix|security)\.md", name)
        assert not JAPANESE.search((NEWS / "en" / name).read_text(encoding="utf-8"))
        assert JAPANESE.search((NEWS / "ja" / name).read_text(encoding="utf-8"))


def test_a_draft_changes_nothing_but_its_file(copied: Path) -> None:
    (copied / "packaging" / "news" / "en" / "7.fix.md").write_text("Mended thing.\n", encoding="utf-8")
    (copied / "packaging" / "news" / "ja" / "7.fix.md").write_text("直したこと。\n", encoding="utf-8")
    before = {file: file.read_bytes() for file in copied.rglob("*") if file.is_file()}
    done = make(copied, "--draft", "--out", str(copied / "notes.md"))
    assert done.returncode == 0, done.stderr
    notes = (copied / "notes.md").read_text(encoding="utf-8")
    assert "- Mended thing." in notes
    assert "- 直したこと。" in notes
    assert {file: file.read_bytes() for file in before} == before


def test_a_release_moves_the_fragments_into_the_changelog(copied: Path) -> None:
    (copied / "packaging" / "news" / "en" / "7.fix.md").write_text("Mended thing.\n", encoding="utf-8")
    (copied / "packaging" / "news" / "ja" / "7.fix.md").write_text("直したこと。\n", encoding="utf-8")
    done = make(copied)
    assert done.returncode == 0, done.stderr
    changelog = (copied / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.index("- Mended thing.") < changelog.index("## 0.0.1")
    assert "直したこと" not in changelog
    assert "直したこと" in (copied / "packaging" / "news" / "NOTES.ja.md").read_text(encoding="utf-8")
    assert not list((copied / "packaging" / "news").glob("*/*.md"))


def test_one_language_alone_is_refused(copied: Path) -> None:
    (copied / "packaging" / "news" / "en" / "8.fix.md").write_text("Alone.\n", encoding="utf-8")
    done = make(copied, "--draft", "--out", str(copied / "notes.md"))
    assert done.returncode == 2
    assert "8.fix.md" in done.stderr
