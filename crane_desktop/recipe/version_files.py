"""The versions of a recipe as files: each written once, and never again.

``recipes/NAME.versions/v000007-0123456789abcdef.json`` holds version 7 in an envelope that says who made it, when, why
and of which version; a checksum covers all of it. ``head.json`` beside them names the one in use.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.recipe.authorship import Why
from crane_desktop.recipe.differences import Difference
from crane_desktop.recipe.identity import canonical
from crane_desktop.recipe.json_text import recipe_of
from crane_desktop.recipe.model import LARGEST_VERSION, Recipe
from crane_desktop.recipe.names import clean_name
from crane_desktop.settings.plain_json import NoJson, parse_json
from crane_desktop.settings.regular_file import read_regular

ENVELOPE_FORMAT = 2
FOLDER_SUFFIX = ".versions"
HEAD_FILE = "head.json"
_LARGEST_FILE = 4_000_000
_FILE_NAME = re.compile(r"v([0-9]{6,10})-([0-9a-f]{16})\.json")
_STRICT = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
_Number: TypeAlias = Annotated[int, Field(ge=1, le=LARGEST_VERSION)]
_Sha256: TypeAlias = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True, slots=True)
class RecipeVersion:
    """One version of a recipe.

    Attributes
    ----------
    parent_sha256
        The version that was in use before; None: this is the first one.
    when
        UTC.
    file
        Where it is kept.
    differences
        To its parent; None where that cannot be read, and where nobody asked.
    """

    recipe: Recipe
    sha256: str
    parent_sha256: str | None
    who: str
    when: datetime
    why: Why
    file: Path
    differences: tuple[Difference, ...] | None = None

    @property
    def name(self) -> str:
        """The recipe's name."""
        return self.recipe.name

    @property
    def version(self) -> int:
        """Its number."""
        return self.recipe.version


@dataclass(frozen=True, slots=True)
class UnreadableVersion:
    """A version whose file is damaged, gone, or of a later program."""

    name: str
    version: int
    file: Path
    problem: InputError


@dataclass(frozen=True, slots=True)
class VersionFile:
    """A file that should hold a version, by its name."""

    path: Path
    version: int
    sha16: str


@dataclass(frozen=True, slots=True)
class Head:
    """The version in use, as a recipe's folder says."""

    file: VersionFile
    sha256: str


class _Why(BaseModel):
    model_config = _STRICT
    key: str
    params: dict[str, Any]


class _Envelope(BaseModel):
    model_config = _STRICT
    format_version: Literal[2]
    version: _Number
    sha256: _Sha256
    parent_sha256: _Sha256 | None
    who: str
    when: datetime
    why: _Why
    recipe: dict[str, Any]
    checksum: _Sha256


class _Head(BaseModel):
    model_config = _STRICT
    format_version: Literal[2]
    version: _Number
    sha256: _Sha256


def version_files(folder: Path) -> list[VersionFile]:
    """Return the files in a recipe's folder that should hold versions, oldest first."""
    found = [
        VersionFile(path, int(match[1]), match[2])
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := _FILE_NAME.fullmatch(path.name)) and int(match[1]) <= LARGEST_VERSION
    ]
    return sorted(found, key=lambda file: (file.version, file.sha16))


def version_file_name(version: int, sha256: str) -> str:
    """Return what the file of a version is called."""
    return f"v{version:06d}-{sha256[:16]}.json"


def dump_version(made: RecipeVersion) -> bytes:
    """Return a version's file; `read_version` gives an equal one back."""
    envelope: dict[str, Any] = {
        "format_version": ENVELOPE_FORMAT,
        "version": made.version,
        "sha256": made.sha256,
        "parent_sha256": made.parent_sha256,
        "who": made.who,
        "when": made.when.isoformat(),
        "why": {"key": made.why.key, "params": dict(made.why.params)},
        "recipe": made.recipe.model_dump(mode="json"),
    }
    whole = {**envelope, "checksum": _checksum(envelope)}
    return json.dumps(whole, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"


def read_version(file: VersionFile) -> RecipeVersion:
    """Return the version that a file holds.

    Raises
    ------
    InputError
        If the file is gone, damaged, not what its name says, or of a later version of the program.
    """
    name = file.path.parent.name.removesuffix(FOLDER_SUFFIX)
    damaged = InputError("recipe.version_damaged", recipe=name, version=file.version, file=file.path)
    data = _json_object(file.path)
    if data is None:
        raise damaged
    found = data.get("format_version")
    if isinstance(found, int) and found > ENVELOPE_FORMAT:
        raise InputError("recipe.version_too_new", recipe=name, version=file.version, file=file.path)
    try:
        envelope = _Envelope.model_validate(data)
    except ValidationError:
        raise damaged from None
    proven = data.pop("checksum") == _checksum(data)
    if not proven or (envelope.sha256[:16], envelope.version) != (file.sha16, file.version):
        raise damaged
    recipe = recipe_of(envelope.recipe)
    if (recipe.name, recipe.version) != (clean_name(name), file.version):  # somebody renamed or copied the folder
        raise damaged
    return RecipeVersion(
        recipe=recipe,
        sha256=envelope.sha256,
        parent_sha256=envelope.parent_sha256,
        who=envelope.who,
        when=envelope.when,
        why=Why(envelope.why.key, envelope.why.params),
        file=file.path,
    )


def dump_head(version: int, sha256: str) -> bytes:
    """Return the file that names the version in use."""
    return json.dumps({"format_version": ENVELOPE_FORMAT, "version": version, "sha256": sha256}).encode() + b"\n"


def read_head(folder: Path) -> Head | None:
    """Return what a recipe's folder says is in use; None where it says nothing that makes sense."""
    try:
        head = _Head.model_validate(_json_object(folder / HEAD_FILE))
    except ValidationError:
        return None
    path = folder / version_file_name(head.version, head.sha256)
    return Head(VersionFile(path, head.version, head.sha256[:16]), head.sha256)


def _json_object(path: Path) -> dict[str, Any] | None:
    try:
        data = parse_json(read_regular(path, _LARGEST_FILE))
    except (OSError, NoJson, InputError):
        return None
    return data if isinstance(data, dict) else None


def _checksum(envelope: dict[str, Any]) -> str:
    try:
        return hashlib.sha256(canonical(envelope)).hexdigest()
    except ValueError:  # no JSON number: it was not us who wrote it
        return ""
