"""What the program stands on, as the installed packages tell it: their closure, licences and licence texts.

What comes inside of a package without a package of its own is named in ``resources/licences/beside.json``.
"""

from __future__ import annotations

import json
import platform
import re
import sysconfig
from collections.abc import Iterable, Iterator
from functools import partial
from importlib import metadata
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from crane_desktop.domain.licences import Component, Texts
from crane_desktop.settings.resources import resource_path

PROGRAM = "crane-desktop"
_BESIDE = "beside.json"
_GIVEN_TO = {"pyside6-essentials": ("LGPL-3.0-only.txt", "GPL-3.0-only.txt"), "shiboken6": ("LGPL-3.0-only.txt",)}
"""Texts of packages that come without any."""

_LONGEST_NAME = 80
_LICENCE_FILE = re.compile(r"licen[cs]e|copying|copyright|legal.code|notice|authors|(3rd|third).?party", re.IGNORECASE)
_NO_TEXT = {".py", ".pyc", ".pyi", ".so", ".json", ".pdf", ".h", ".html"}


def installed() -> list[Component]:
    """Return everything the program is made of as it is installed here."""
    return [*map(_component, required()), *beside()]


def required(name: str = PROGRAM) -> list[Distribution]:
    """Return the installed distributions that `name` needs to run here, and itself, sorted by name.

    What is required for other systems and what is not installed (the frozen program may come without a package's
    data) is left out.
    """
    found: dict[str, Distribution | None] = {}
    waiting = [name]
    while waiting:
        key = canonicalize_name(waiting.pop())
        if key in found:
            continue
        try:
            found[key] = one = metadata.distribution(key)
        except metadata.PackageNotFoundError:
            found[key] = None
            continue
        wanted = map(Requirement, one.requires or ())
        waiting += [need.name for need in wanted if need.marker is None or need.marker.evaluate({"extra": ""})]
    return [one for _, one in sorted(found.items()) if one is not None]


def licence_of(distribution: Distribution) -> str:
    """Return the licence as the package's data state it, an SPDX expression where there is one; "" for nothing."""
    about = distribution.metadata.json
    expression, named = about.get("license_expression"), str(about.get("license") or "")
    if expression:
        return str(expression)
    # Old packages put the licence's whole text where its name belongs.
    short = named if named and len(named) <= _LONGEST_NAME and "\n" not in named else ""
    classifiers = about.get("classifier") or []
    return short or ", ".join(c.rsplit(" :: ", 1)[-1] for c in classifiers if c.startswith("License ::"))


def licence_files(distribution: Distribution) -> Iterator[tuple[PurePosixPath, Path]]:
    """Yield the files of licence text that came with a package: name for people, and where it lies."""
    for file in sorted(distribution.files or (), key=str):
        folders = file.parts[:-1]
        meant = _LICENCE_FILE.search(file.name) or "licenses" in folders
        if not meant or file.suffix.lower() in _NO_TEXT or "sboms" in folders:
            continue
        lies_at = Path(str(distribution.locate_file(file)))
        if lies_at.is_file():
            yield _short(file), lies_at


def _component(one: Distribution) -> Component:
    name = one.metadata["Name"]
    given = _GIVEN_TO.get(canonicalize_name(name), ())
    return Component(name, one.version, licence_of(one), lambda: tuple(licence_files(one)) or _ours(given))


def beside() -> Iterator[Component]:
    """Yield what comes inside of packages without being one: Qt, Python itself, and the like."""
    stated: list[dict[str, Any]] = json.loads(resource_path("licences", _BESIDE).read_text(encoding="utf-8"))
    for one in stated:
        find = _python_licence if one["texts"] == ["python"] else partial(_ours, one["texts"])
        yield Component(one["name"], _version(one["version_of"]), one["licence"], find)


def _short(file: PurePosixPath) -> PurePosixPath:
    """``x-1.0.dist-info/licenses/third_party/y/LICENSE`` is ``third_party/y/LICENSE`` for people."""
    parts = file.parts
    if parts[0].endswith(".dist-info"):
        parts = parts[2:] if len(parts) > 2 and parts[1] == "licenses" else parts[1:]
    return PurePosixPath(*parts)


def _version(of: str | None) -> str:
    if of == "python":
        return platform.python_version()
    try:
        return "" if of is None else metadata.version(of)
    except metadata.PackageNotFoundError:
        return ""


def _ours(names: Iterable[str]) -> Texts:
    return tuple((PurePosixPath(name), resource_path("licences", name)) for name in names)


def _python_licence() -> Texts:
    """Python's own, where this system's Python keeps it."""
    places = (Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_config_var("base") or "."))
    files = (place / name for place in places for name in ("LICENSE.txt", "LICENSE"))
    return tuple((PurePosixPath("LICENSE.txt"), file) for file in files if file.is_file())[:1]
