"""What the user set in the window, kept between starts.

Settings are a convenience: a damaged file never keeps a line from running. Every key that still makes
sense is rescued, the others fall back to their defaults, and each such case is reported as a note.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.settings.atomic import write_atomic
from crane_desktop.settings.texts import Language

FORMAT_VERSION = 1
KeepImages = Literal["all", "not_ok", "none"]
"""Which parts' pictures are archived."""


class SourceSettings(BaseModel):
    """The source that was chosen last; the fields of `domain.station.SourceChoice`."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    kind: Literal["demo", "folder", "genicam"] = "demo"
    path: str | None = None
    cti: str | None = None
    device: str | None = None
    trigger: Literal["free", "software", "hardware"] = "free"
    rate_hz: Annotated[float, Field(gt=0, le=10_000)] | None = None


class Settings(BaseModel):
    """All settings, with their defaults.

    Attributes
    ----------
    language
        None follows the system.
    overlay_opacity
        Of the heatmap, in [0, 1].
    reserve_mb
        Free disk space in MiB that pictures never take: it is left for verdicts.
    window_geometry
        The window's place, as Qt's own bytes in base64.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)

    format_version: Annotated[int, Field(ge=1)] = FORMAT_VERSION
    language: Language | None = None
    overlay_opacity: Annotated[float, Field(ge=0.0, le=1.0)] = 0.5
    overlay_visible: bool = True
    source: SourceSettings = SourceSettings()
    pack: str | None = None
    recipe: str | None = None
    keep_images: KeepImages = "not_ok"
    reserve_mb: Annotated[int, Field(ge=0, le=10_000_000)] = 1024
    window_geometry: str | None = None


def load_settings(path: Path) -> tuple[Settings, list[str]]:
    """Read the settings; return them with a note, for the log, on everything that could not be used.

    Never raises for what is in the file, or for a file that cannot be read.
    """
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Settings(), []
    except (OSError, ValueError, RecursionError) as error:
        return Settings(), [f"{path} cannot be read, defaults are used: {error}"]
    if not isinstance(found, dict):
        return Settings(), [f"{path} holds no settings, defaults are used"]
    notes: list[str] = []
    version = found.pop("format_version", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        notes.append(f"{path} has format {version!r}, this program writes {FORMAT_VERSION}")
    source = _rescue(SourceSettings, found.pop("source", {}), "source.", notes)
    return Settings(**(_rescue(Settings, found, "", notes) | {"source": SourceSettings(**source)})), notes


def save_settings(path: Path, settings: Settings) -> None:
    """Write the settings, whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    try:
        write_atomic(path, settings.model_dump_json(indent=2).encode())
    except OSError as error:
        detail = error.strerror or str(error)
        raise InputError("settings.not_saved", path=path, detail=detail) from error


def _rescue(model: type[BaseModel], found: object, prefix: str, notes: list[str]) -> dict[str, Any]:
    """Return the values of `found` that `model` takes one by one; note the others."""
    if not isinstance(found, dict):
        notes.append(f"{prefix.rstrip('.')} is no group of settings, defaults are used")
        return {}
    good: dict[str, Any] = {}
    for name in model.model_fields:
        if name not in found:
            continue
        try:
            good[name] = getattr(model.model_validate({name: found[name]}), name)
        except ValidationError as error:
            notes.append(f"{prefix}{name} is unusable, its default is used: {error.errors()[0]['msg']}")
    return good
