"""Build the bundle: ``python packaging/bundle/build.py [--out dist/CraneInspector] [--work build/bundle] [--anew]``.

The bundle is a folder with two programs that need no Python: ``CraneInspector`` (the window) and ``crane-inspector``
(the command line). A bundle that was built from the same inputs is left as it is.
"""

from __future__ import annotations

import argparse
import filecmp
import hashlib
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import dress  # noqa: E402  # beside this file, wherever it is started from

ROOT = HERE.parents[1]
NAME = "CraneInspector"
STAMP = "_internal/bundle.json"
_INPUTS = (
    "crane_desktop",
    "resources",
    "packaging/bundle",
    "packaging/supply",
    "packaging/requirements.lock",
    "LICENSE",
)
_STRIPPED = ("libpython3*.so*",)
"""Libraries that come with symbols nobody needs at run time."""


def build_bundle(out: Path, work: Path = ROOT / "build" / "bundle", *, anew: bool = False) -> Path:
    """Build the bundle into the folder `out`, or leave the one that is there and up to date.

    Parameters
    ----------
    out
        Becomes the bundle's folder; whatever bundle was there is replaced once the new one is complete.
    work
        For intermediate files, kept between builds.
    anew
        Build even if nothing has changed.

    Returns
    -------
    Path
        `out`, absolute.

    Raises
    ------
    subprocess.CalledProcessError
        If PyInstaller fails; its output says why.
    """
    out, work = out.absolute(), work.absolute()
    work.mkdir(parents=True, exist_ok=True)
    with FileLock(work / "lock"):
        if anew or _stamp(out) != inputs_of_now():
            _replace(out, _freeze(work, beside=out))
    return out


def inputs_of_now() -> dict[str, str]:
    """Return everything that a bundle depends on: program, Python, installed packages, and a hash of our files."""
    whole = hashlib.sha256()
    for file in sorted(_input_files()):
        whole.update(f"{file.relative_to(ROOT).as_posix()}\n{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    packages = sorted({f"{one.name}=={one.version}" for one in importlib.metadata.distributions()})
    return {
        "program": program_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "torch": importlib.metadata.version("torch"),
        "packages_sha256": hashlib.sha256("\n".join(packages).encode()).hexdigest(),
        "files_sha256": whole.hexdigest(),
    }


def program_version() -> str:
    """Return the program's version from its one source."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    from crane_desktop import __version__

    return __version__


def _input_files() -> list[Path]:
    found: list[Path] = []
    for name in _INPUTS:
        place = ROOT / name
        files = [place] if place.is_file() else place.rglob("*")
        found += [file for file in files if file.is_file() and "__pycache__" not in file.parts]
    return found


def _stamp(bundle: Path) -> dict[str, str] | None:
    try:
        stamp: dict[str, str] = json.loads((bundle / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp


def _still(source: Path) -> dict[str, str]:
    """Copy the program into `source`, where nobody changes it while it is being frozen; return what it is."""
    while True:
        inputs = inputs_of_now()
        shutil.rmtree(source, ignore_errors=True)
        for name in ("crane_desktop", "resources"):
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        if inputs == inputs_of_now():
            return inputs


def _freeze(work: Path, *, beside: Path) -> Path:
    """Run PyInstaller and return the finished bundle, in a folder of its own on the disk of `beside`."""
    source = work / "source"
    inputs = _still(source)
    beside.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{NAME}.", dir=beside.parent))
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "1",  # sets are collected in the same order every time
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "315532800"),
        "CRANE_BUNDLE_SOURCE": str(source),
        **_windows_dress(work, inputs["program"]),
    }
    words = ["--noconfirm", "--log-level", "WARN", "--distpath", str(fresh), "--workpath", str(work / "pyinstaller")]
    try:
        subprocess.run(
            [sys.executable, "-m", "PyInstaller", *words, str(HERE / "crane_inspector.spec")],
            check=True,
            cwd=work,
            env=environment,
        )
        bundle = fresh / NAME
        _strip(bundle)
        _share(bundle)
        _add_papers(bundle)
        (bundle / STAMP).write_text(json.dumps(inputs, indent=2) + "\n", encoding="utf-8")
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return bundle


def _strip(bundle: Path) -> None:
    """Take the symbols out of the bundle's copy of Python itself; the installed one stays as it is.

    Not out of torch's libraries, though that would make them a fifth smaller: a part of them may only be handed on
    unmodified.
    """
    tool = shutil.which("strip") if sys.platform == "linux" else None
    for pattern in _STRIPPED if tool else ():
        for library in (bundle / "_internal").glob(pattern):
            library.chmod(0o755)
            subprocess.run([str(tool), "--strip-unneeded", str(library)], check=True)


def _share(bundle: Path) -> None:
    """Let the two programs be one file with two names where they are the same, as they are on Linux."""
    first, second = bundle / NAME, bundle / "crane-inspector"
    if sys.platform == "linux" and filecmp.cmp(first, second, shallow=False):
        second.unlink()
        second.hardlink_to(first)


def _add_papers(bundle: Path) -> None:
    """Add the licences of everything in the bundle, and the list of it."""
    sys.path.insert(0, str(HERE.parent / "supply"))
    from papers import write_licences, write_sbom

    ours = bundle / "_internal" / "crane_desktop" / "resources"
    write_licences(ours / "licences")
    write_sbom(ours / "sbom.cdx.json")


def _windows_dress(work: Path, version: str) -> dict[str, str]:
    """Write icon and version resource for Windows; return where the spec finds them."""
    if sys.platform != "win32":
        return {}
    icon, words = work / "crane.ico", work / "version.txt"
    dress.write_icon(ROOT / "resources" / "icons" / "crane.svg", icon)
    dress.write_version_file(version, words)
    return {"CRANE_BUNDLE_ICON": str(icon), "CRANE_BUNDLE_VERSION_FILE": str(words)}


def _replace(out: Path, bundle: Path) -> None:
    old = bundle.with_name("old")
    if out.exists():
        out.rename(old)
    bundle.rename(out)
    shutil.rmtree(bundle.parent, ignore_errors=True)


def main() -> None:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / NAME, help="the bundle's folder")
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "bundle", help="for intermediate files")
    parser.add_argument("--anew", action="store_true", help="build even if nothing has changed")
    asked = parser.parse_args()
    print(build_bundle(asked.out, asked.work, anew=asked.anew))


if __name__ == "__main__":
    main()
