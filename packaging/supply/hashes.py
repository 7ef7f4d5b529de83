"""Write hashes.lock: every wheel that a build of the bundle may use, by its SHA-256.

``python packaging/supply/hashes.py [--wheels FOLDER]...`` needs uv, and an index that it can reach. Then, where the
bundle is built: ``pip install --require-hashes --only-binary :all: -r packaging/supply/hashes.lock``.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.markers import Marker
from packaging.tags import Tag, compatible_tags, cpython_tags
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LOCK = HERE / "hashes.lock"
PYTHONS = ((3, 11), (3, 12), (3, 13))
_GLIBC_MINORS = range(5, 37)
_LINUX = [f"manylinux_2_{minor}_x86_64" for minor in _GLIBC_MINORS]
_LINUX += ["manylinux1_x86_64", "manylinux2010_x86_64", "manylinux2014_x86_64", "linux_x86_64"]
_ONLY_FOR_CUDA = ("cuda-", "nvidia-", "triton")
"""What torch's wheel on PyPI asks for on Linux and the one for CPUs, which the bundle is built from, does not."""

_HEAD = """\
# Every wheel that a build may use on Linux x86_64 and Windows amd64 with Python 3.11 to 3.13, by its SHA-256:
# pip install --require-hashes --only-binary :all: -r packaging/supply/hashes.lock. Made by packaging/supply/hashes.py.
"""


def usable_tags() -> frozenset[Tag]:
    """Return the tags of all wheels that one of our Pythons takes on one of our systems."""
    tags: set[Tag] = set()
    for platforms in (_LINUX, ["win_amd64"]):
        for python in PYTHONS:
            tags.update(cpython_tags(python, platforms=platforms))
            tags.update(compatible_tags(python, f"cp{python[0]}{python[1]}", platforms))
    return frozenset(tags)


def entries(pylock: dict[str, Any], own: Iterable[Path]) -> Iterator[tuple[str, list[str]]]:
    """Yield requirement lines (name, version, marker) with the hashes of their usable wheels.

    Parameters
    ----------
    pylock
        A lock in the form of PEP 751, of which only wheels are looked at.
    own
        Wheels from elsewhere: they take the place of the index's for the same system.

    Raises
    ------
    ValueError
        If a package has no usable wheel, or the index tells no hash of it.
    """
    usable = usable_tags()
    kept = [(*parse_wheel_filename(wheel.name), hashlib.sha256(wheel.read_bytes()).hexdigest()) for wheel in own]
    for package in pylock["packages"]:
        name = canonicalize_name(package["name"])
        if name.startswith(_ONLY_FOR_CUDA) or not _wanted(package.get("marker")):
            continue
        ours = [
            (tags, sha256)
            for own_name, version, _, tags, sha256 in kept
            if own_name == name and version.public == package["version"]
        ]
        replaced = {tag.platform.split("_")[0] for tags, _ in ours for tag in tags}
        hashes = [sha256 for _, sha256 in ours]
        for wheel in package.get("wheels", ()):
            tags = _tags(wheel["url"].rsplit("/", 1)[-1]) & usable
            if tags and not any(tag.platform.split("_")[0] in replaced for tag in tags):
                hashes.append(wheel["hashes"]["sha256"])
        if not hashes:
            raise ValueError(f"{name} {package['version']} has no wheel for our systems")
        marker = f" ; {package['marker']}" if "marker" in package else ""
        yield f"{name}=={package['version']}{marker}", sorted(set(hashes))


def read_lock(lock: Path = LOCK) -> dict[str, tuple[str, list[str]]]:
    """Return version and hashes by name of a lock that `main` wrote."""
    found: dict[str, tuple[str, list[str]]] = {}
    for line in lock.read_text(encoding="utf-8").replace(" \\\n", "").splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = line.split("--hash=sha256:")
            name, version = requirement.split(";")[0].strip().split("==")
            found[name] = (version, [one.strip() for one in hashes])
    return found


def _wanted(marker: str | None) -> bool:
    """Whether a package is needed on one of our systems with one of our Pythons."""
    if marker is None:
        return True
    systems = (
        {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
        {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
    )
    versions = [f"{major}.{minor}" for major, minor in PYTHONS]
    python = {"implementation_name": "cpython", "platform_python_implementation": "CPython", "extra": ""}
    return any(
        Marker(marker).evaluate({**python, **system, "python_version": one, "python_full_version": f"{one}.0"})
        for system in systems
        for one in versions
    )


def _tags(wheel: str) -> frozenset[Tag]:
    try:
        return parse_wheel_filename(wheel)[3]
    except InvalidWheelFilename:
        return frozenset()


def _compiled() -> dict[str, Any]:
    uv = shutil.which("uv")
    if uv is None:
        sys.exit("uv is not installed: pip install uv, then run this again")
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "pylock.toml")
        sources = ["pyproject.toml", str(HERE / "build-tools.in")]
        options = ["--universal", "--python-version", "3.11", "--only-binary", ":all:", "--quiet"]
        options += ["--constraint", "packaging/requirements.lock", "--output-file", str(out)]
        subprocess.run([uv, "pip", "compile", *sources, *options], check=True, cwd=ROOT)
        return tomllib.loads(out.read_text(encoding="utf-8"))


def main() -> None:
    """Read the command line, ask the index, and write the lock."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wheels", type=Path, action="append", default=[], help="folder with wheels of no index")
    own = [wheel for folder in parser.parse_args().wheels for wheel in sorted(folder.glob("*.whl"))]
    lines = [
        " \\\n    ".join([name, *(f"--hash=sha256:{one}" for one in hashes)])
        for name, hashes in entries(_compiled(), own)
    ]
    LOCK.write_text(_HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
