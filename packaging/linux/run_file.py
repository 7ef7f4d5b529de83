"""The self-extracting installer for every other Linux: one file, no root's rights needed."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from pathlib import Path

from debian_notices import released_at
from debian_package import program_version
from desktop_files import PLACE_OF_PROGRAM, link_bundle, room_bytes, write_desktop_files
from shell_words import with_words
from system_needs import PACKAGES, glibc_floor

# Every distribution can unpack xz; zstd is a program that some do not bring.
LEVELS = {"xz": 1, "zstd": 10, "gzip": 9}
"""Compressions that makeself knows, best first, and their levels."""

_ALWAYS_THERE = "libc6"


def build_run_file(
    bundle: Path, out: Path, *, version: str | None = None, compression: str = "xz", level: int | None = None
) -> Path:
    """Build the self-extracting installer of a bundle and return its path; parameters as for the package.

    Raises
    ------
    subprocess.CalledProcessError
        If makeself fails.
    """
    version = version or program_version()
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"CraneInspector-{version}-linux.run"
    with tempfile.TemporaryDirectory(prefix=".run.", dir=out) as work:
        inside = Path(work) / "CraneInspector"
        inside.mkdir()
        link_bundle(bundle, inside / "program")
        _hold_once(inside / "program")
        write_desktop_files(inside / "share", PLACE_OF_PROGRAM)
        for name in ("install.sh", "uninstall.sh"):
            (inside / name).write_text(_script(name, bundle, version), encoding="utf-8")
            (inside / name).chmod(0o755)
        fresh = Path(work) / target.name
        _pack(inside, fresh, version, compression, LEVELS[compression] if level is None else level)
        fresh.replace(target)
    return target


def _hold_once(program: Path) -> None:
    """Turn further names of a file, the two programs', into links: makeself would pack each as a file of its own."""
    first: dict[int, Path] = {}
    for path in sorted(program.iterdir(), reverse=True):
        if path.is_file() and not path.is_symlink():
            known = first.setdefault(path.stat().st_ino, path)
            if known is not path:
                path.unlink()
                path.symlink_to(known.name)


def _script(name: str, bundle: Path, version: str) -> str:
    facts = {
        "VERSION": version,
        "GLIBC": glibc_floor(bundle),
        "MIB": str(room_bytes(bundle) >> 20),
        "LIBRARIES": " ".join(
            library for package, libraries in PACKAGES.items() if package != _ALWAYS_THERE for library in libraries
        ),
    }
    script = with_words(name)
    for fact, value in facts.items():
        script = script.replace(f"@{fact}@", value)
    return script


def _pack(inside: Path, target: Path, version: str, compression: str, level: int) -> None:
    when = released_at()
    # The order, dates and owners of files must not depend on who builds, nor where.
    order = f"--sort=name --mtime=@{when} --owner=0 --group=0 --numeric-owner"
    dated = time.strftime("%Y-%m-%d", time.gmtime(when))
    words = ["--quiet", "--sha256", f"--{compression}", "--complevel", str(level), "--packaging-date", dated]
    words += ["--tar-format", "gnu", "--tar-extra", order]
    start = ["sh", "./install.sh"]  # by name of the shell, because /tmp may forbid to start programs
    subprocess.run(
        ["makeself", *words, str(inside), str(target), f"CraneInspector {version}", *start],
        check=True,
        env={**os.environ, "TZ": "UTC"},
        stdout=subprocess.DEVNULL,
    )
