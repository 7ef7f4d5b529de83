"""The licences of everything the program is made of, for people to read.

The bundle has them collected beside an ``index.json`` (packaging/supply writes it); a checkout asks the installed
packages.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path, PurePosixPath

from crane_desktop.domain.licences import Component
from crane_desktop.settings.resources import resource_path

INDEX = "index.json"


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
