"""A thing that the program is made of, with its licence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

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


def _read(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n").strip()
    except OSError as error:
        return f"({error.strerror or error})"
