"""The licences of everything the program is made of, for people to read.

The bundle has them collected beside an ``index.json`` (packaging/supply writes it); a checkout asks the installed
packages.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from crane_desktop.settings.resources import resource_path

INDEX = "index.json"

Texts: TypeAlias = tuple[tuple[PurePosixPath, Path], ...]
"""Licence texts: names for people, and files."""


@dataclass(frozen=True, slots=True, eq=False)
class Component:
    """One thing that the program is made of.

    Attributes
    ----------
    licence
        SPDX expression, or what its maker calls it.
    find_texts
        Looks for its licence texts; asked late, because a package of ten thousand files takes its time.
    """

    name: str
    version: str
    licence: str
    find_texts: Callable[[], Texts]

    def text(self) -> str:
        """Return all licence texts one after the other, each under its name."""
        return "\n\n".join(f"=== {name} ===\n\n{_read(file)}" for name, file in self.find_texts())


@cache
def components() -> tuple[Component, ...]:
    """Return everything the program is made of, by name."""
    folder = resource_path("licences")
    index = folder / INDEX
    if index.is_file():
        found = list(_collected(folder, index))
    else:  # a checkout only: the window of the bundle does not wait for these imports
        from crane_desktop.settings.distributions import installed

        found = installed()
    return tuple(sorted(found, key=lambda one: one.name.lower()))


def _collected(folder: Path, index: Path) -> Iterator[Component]:
    for one in json.loads(index.read_text(encoding="utf-8")):
        texts = tuple((PurePosixPath(text["name"]), folder / text["file"]) for text in one["texts"])
        yield Component(one["name"], one["version"], one["licence"], partial(tuple, texts))


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").strip()
    except OSError as error:
        return f"({error.strerror})"
