"""Which of the libraries that a library needs are nowhere to be found, looked for as the system's loader does."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from crane_desktop.camera.genicam.binaries import Binary, DamagedError, read_binary

_LINUX_FOLDERS = (
    "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib",
    "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu",
)  # fmt: skip
_LINUX_CACHE = Path("/etc/ld.so.cache")
_MOST_LOOKED_AT = 200


@dataclass(frozen=True, slots=True)
class MissingLibrary:
    """A library that is not there, and the file that needs it."""

    name: str
    needed_by: str


def missing_libraries(path: Path, binary: Binary) -> list[MissingLibrary]:
    """Return what keeps `path` from loading; empty also for another system's file, which nobody can tell here."""
    own = "Windows" if sys.platform == "win32" else "Linux"
    if binary.system != own:
        return []
    missing: dict[str, MissingLibrary] = {}
    seen: set[str] = set()
    waiting = [(path, binary)]
    while waiting and len(seen) < _MOST_LOOKED_AT:
        file, what = waiting.pop(0)
        for name in what.needed:
            if name in seen:
                continue
            seen.add(name)
            found = _find(name, file, what, path)
            if found is None:
                missing[name] = MissingLibrary(name, file.name)
            elif found.is_absolute() and _is_a_makers(found):
                inner = _readable(found)
                if inner is not None:
                    waiting.append((found, inner))
    return list(missing.values())


def _find(name: str, file: Path, what: Binary, producer: Path) -> Path | None:
    """Return where the loader would find it; a path that is not absolute stands for "the system has it"."""
    if sys.platform == "win32":
        return _find_on_windows(name, producer)
    if "/" in name:
        return Path(name) if Path(name).is_file() else None
    for folder in _linux_folders(file, what):
        if (folder / name).is_file():
            return folder / name
    return Path(name) if name.encode() in _cached_names() else None


def _linux_folders(file: Path, what: Binary) -> Iterator[Path]:
    own = str(file.resolve().parent)
    for folder in what.search:
        yield Path(folder.replace("$ORIGIN", own).replace("${ORIGIN}", own))
    for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":"):
        if folder:
            yield Path(folder)
    yield from map(Path, _LINUX_FOLDERS)


@cache
def _cached_names() -> frozenset[bytes]:
    """Return the names in the loader's cache: they stand in it as they are, each ended by a zero."""
    try:
        content = _LINUX_CACHE.read_bytes()
    except OSError:
        return frozenset()
    return frozenset(part for part in content.split(b"\0") if b".so" in part)


def _find_on_windows(name: str, producer: Path) -> Path | None:
    if name.lower().startswith(("api-ms-win-", "ext-ms-")):
        return Path(name)  # names that Windows answers without a file
    folders = [producer.parent, *map(Path, os.environ.get("PATH", "").split(os.pathsep))]
    folders.append(Path(os.environ.get("SYSTEMROOT", "C:/Windows")) / "System32")
    return next((folder / name for folder in folders if (folder / name).is_file()), None)


def _is_a_makers(found: Path) -> bool:
    """Whether it came with the driver: the system's own libraries are whole."""
    if sys.platform == "win32":
        return "system32" not in str(found).lower()
    return str(found.parent) not in _LINUX_FOLDERS


def _readable(path: Path) -> Binary | None:
    try:
        return read_binary(path)
    except (OSError, DamagedError):
        return None
