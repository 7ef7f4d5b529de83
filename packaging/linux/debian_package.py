"""The Debian package: the bundle in /opt, two links in /usr/bin, and what the desktop is told."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import debian_notices
from desktop_files import ID, ROOT, link_bundle, room_bytes, write_desktop_files
from shell_words import HERE, with_words, words
from system_needs import depends

PLACE = "opt/crane-inspector"
PROGRAMS = ("crane-inspector", "CraneInspector")
# The project has no mail address; a name that can never exist says so.
MAINTAINER = "The CraneInspector authors <maintainers@crane-inspector.invalid>"
LEVELS = {"zstd": 10, "xz": 1, "gzip": 9}
"""Compressions that dpkg-deb knows, best first, and their levels: beyond these, much time buys little room."""

_SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def program_version() -> str:
    """Return the program's version from its one source."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from crane_desktop import __version__

    return __version__


def debian_version(version: str) -> str:
    """Return `version` so that dpkg sorts what comes before a release before it: 1.0rc1 becomes 1.0~rc1."""
    before = re.sub(r"(?<=\d)[.-]?(a|b|rc)(?=\d)", r"~\1", version)
    return re.sub(r"(?<=\d)[.-]?dev(?=\d)", "~~dev", before)


def build_package(
    bundle: Path, out: Path, *, version: str | None = None, compression: str = "zstd", level: int | None = None
) -> Path:
    """Build the package of a bundle and return its path.

    Parameters
    ----------
    bundle
        The bundle's folder; it is only read.
    out
        Folder that gets the package; must lie on the bundle's disk for speed, since files are linked there.
    version
        Another version than the program's own, to rehearse upgrades.
    compression, level
        As dpkg-deb takes them; the level of a release where none is given.

    Raises
    ------
    subprocess.CalledProcessError
        If dpkg-deb fails.
    """
    version = debian_version(version or program_version())
    out.mkdir(parents=True, exist_ok=True)
    target = out / f"{ID}_{version}_amd64.deb"
    with tempfile.TemporaryDirectory(prefix=".deb.", dir=out) as work:
        root = Path(work) / "root"
        _lay_out(bundle, root, version)
        _write_control(bundle, root, version)
        fresh = Path(work) / target.name
        how = [f"-Z{compression}", f"-z{LEVELS[compression] if level is None else level}"]
        subprocess.run(
            ["dpkg-deb", "--root-owner-group", *how, "--build", str(root), str(fresh)],
            check=True,
            stdout=subprocess.DEVNULL,
            # Files carry no younger date than this, so that the same bundle gives the same package to the byte.
            env={**os.environ, "SOURCE_DATE_EPOCH": str(debian_notices.released_at())},
        )
        fresh.replace(target)
    return target


def _lay_out(bundle: Path, root: Path, version: str) -> None:
    root.mkdir(mode=0o755)
    link_bundle(bundle, root / PLACE)
    share = root / "usr" / "share"
    write_desktop_files(share, f"/usr/bin/{PROGRAMS[1]}")
    programs = root / "usr" / "bin"
    programs.mkdir(parents=True)
    for name in PROGRAMS:
        (programs / name).symlink_to(f"/{PLACE}/{name}")
    notes = share / "doc" / ID
    (notes / "copyright").write_text(debian_notices.copyright_file(bundle, f"/{PLACE}"), encoding="utf-8")
    history = debian_notices.changelog(version, MAINTAINER)
    (notes / "changelog.gz").write_bytes(gzip.compress(history.encode(), mtime=0))
    overrides = share / "lintian" / "overrides" / ID
    overrides.parent.mkdir(parents=True)
    shutil.copyfile(HERE / "files" / "lintian-overrides", overrides)
    for path in (share, programs, *share.rglob("*"), root / "usr", root / PLACE.split("/")[0]):
        path.chmod(0o755 if path.is_dir() else 0o644)


def _write_control(bundle: Path, root: Path, version: str) -> None:
    files = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
    folder = root / "DEBIAN"
    folder.mkdir(mode=0o755)
    (folder / "control").write_text(control(bundle, version, _installed_kib(root)), encoding="utf-8")
    # With these sums ``dpkg --verify crane-inspector`` says whether an installed program is still whole.
    sums = [f"{_md5(path)}  {path.relative_to(root).as_posix()}\n" for path in files]
    (folder / "md5sums").write_text("".join(sums), encoding="utf-8")
    for name in _SCRIPTS:
        (folder / name).write_text(with_words(name), encoding="utf-8")
        (folder / name).chmod(0o755)
    for name in ("control", "md5sums"):
        (folder / name).chmod(0o644)


def control(bundle: Path, version: str, installed_kib: int) -> str:
    """Return the package's control file."""
    return "\n".join(
        [
            f"Package: {ID}",
            f"Version: {version}",
            "Section: science",
            "Priority: optional",
            "Architecture: amd64",
            f"Maintainer: {MAINTAINER}",
            f"Installed-Size: {installed_kib}",
            f"Depends: {', '.join(depends(bundle))}",
            "Recommends: fonts-noto-cjk | fonts-japanese-gothic",
            f"Description: {words()['summary']['en']}",
            *(f" {line}" for line in textwrap.wrap(words()["description"]["en"], 78)),
            " .",
            f" {words()['description']['ja']}",
            "",
        ]
    )


def _installed_kib(root: Path) -> int:
    """Return the size as dpkg-gencontrol counts it: every file in whole KiB, and one for each folder and link."""
    others = sum(1 for path in root.rglob("*") if path.is_dir() or path.is_symlink())
    return room_bytes(root, 1024) // 1024 + others


def _md5(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
