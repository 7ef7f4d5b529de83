"""The package's copyright file, with the notices of everything in it, and its changelog."""

from __future__ import annotations

import json
import os
import re
import subprocess
import textwrap
from email.utils import formatdate
from pathlib import Path
from typing import Any

from desktop_files import ID, ROOT

LICENCES = Path("_internal/crane_desktop/resources/licences")
"""Where the bundle keeps the licence texts of everything in it."""


def released_at() -> int:
    """Return the second that dates the package: SOURCE_DATE_EPOCH, else the last commit's, else the changelog's."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given:
        return int(given)
    done = subprocess.run(["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else int((ROOT / "CHANGELOG.md").stat().st_mtime)


def changelog(version: str, maintainer: str) -> str:
    """Return the changes of the newest version of CHANGELOG.md in Debian's form."""
    newest = re.split(r"^## .*$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)[1]
    points = [" ".join(point.split()) for point in re.split(r"^- ", newest, flags=re.MULTILINE) if point.strip()]
    changes = "\n".join(
        textwrap.fill(point, 78, initial_indent="  * ", subsequent_indent="    ", break_long_words=False)
        for point in points
    )
    when = formatdate(released_at())
    return f"{ID} ({version}) stable; urgency=medium\n\n{changes}\n\n -- {maintainer}  {when}\n"


def copyright_file(bundle: Path, place: str) -> str:
    """Return the copyright file: our licence in full, and where each component's own stands.

    Parameters
    ----------
    place
        Where the bundle will lie.
    """
    ours = (ROOT / "LICENSE").read_text(encoding="utf-8")
    holder = next(line for line in ours.splitlines() if line.startswith("Copyright"))
    words = ours.split(holder)[1].strip()
    folder = bundle / LICENCES
    index: list[dict[str, Any]] = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    components = [f" {one['name']} {one['version']} ({one['licence']})\n" for one in index]
    return (
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n"
        "Upstream-Name: CraneInspector\n"
        f"Comment: {place}/_internal holds works of others under licences of their own. Their notices and the\n"
        f" whole texts lie in {place}/{LICENCES}, a folder each:\n"
        f"{''.join(components)}"
        f"\nFiles: *\n{holder.replace('(c) ', '').replace('Copyright ', 'Copyright: ')}\nLicense: Expat\n"
        + "".join(f" {line}\n" if line.strip() else " .\n" for line in words.splitlines())
    )
