"""Make release notes of the fragments: ``python packaging/news/make.py [--draft] [--out dist/RELEASE-NOTES.md]``.

A fragment is a file of a few lines for users, of the same name in ``en/`` and ``ja/``: ``ISSUE.KIND.md`` with the kinds
feature, fix and security. Notes in both languages are written to one file; without ``--draft`` the English section
also goes into CHANGELOG.md, the Japanese into NOTES.ja.md, and the fragments are taken away.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from crane_desktop import __version__  # noqa: E402

LANGUAGES = ("ja", "en")


def fragments(language: str) -> set[str]:
    """Return the names of the fragments in one language."""
    return {file.name for file in (HERE / language).glob("*.md")}


def unpaired() -> set[str]:
    """Return the fragments that lack their other language."""
    return fragments("ja") ^ fragments("en")


def section(language: str, version: str, date: str, *, keep: bool) -> str:
    """Return the next section in one language; without `keep` it is also written into its file."""
    words = ["--version", version, "--date", date, "--config", str(HERE / f"{language}.toml")]
    command = [sys.executable, "-m", "towncrier", "build", *words]
    draft = subprocess.run([*command, "--draft"], check=True, cwd=ROOT, capture_output=True, encoding="utf-8").stdout
    if not keep:
        subprocess.run([*command, "--yes"], check=True, cwd=ROOT)
    return draft.strip() + "\n"


def main() -> int:
    """Read the command line and make."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draft", action="store_true", help="change nothing but --out")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "RELEASE-NOTES.md", help="notes in both languages")
    asked = parser.parse_args()
    if missing := unpaired():
        print(f"only in one language: {', '.join(sorted(missing))}", file=sys.stderr)
        return 2
    date = datetime.now(UTC).strftime("%Y-%m-%d")
    notes = [section(language, __version__, date, keep=asked.draft) for language in LANGUAGES]
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_text("\n".join(notes), encoding="utf-8")
    print(asked.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
