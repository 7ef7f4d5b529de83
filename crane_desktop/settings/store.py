"""Typed settings: what the program remembers between two starts. Damage costs one setting, never all."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.settings.atomic import free_name, write_atomic
from crane_desktop.settings.regular_file import read_regular

FORMAT_VERSION = 1
_LARGEST_FILE = 1_000_000

KeepImages = Literal["all", "not_ok", "none"]
_PUBLIC_KEY = r"^[0-9a-f]{64}$"
_PublicKey: TypeAlias = Annotated[str, Field(pattern=_PUBLIC_KEY)]


class PackChoice(BaseModel):
    """How a station judged: pack (None: the default one), profile, recipe, and the pack's content by its SHA-256.

    The content is kept because a pack's name may be given to another one; None where it could not be read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pack: str | None
    profile: str
    recipe: str | None
    pack_sha256: str | None


class Settings(BaseModel):
    """The settings of a station; replaced as a whole, never changed in place.

    Attributes
    ----------
    language
        None follows the system.
    overlay_opacity, overlay_visible, outlines_visible
        How heatmap and outlines lie on the picture; opacity in [0, 1].
    source
        What was inspected last; at first the simulated line, at a rate that is calm to look at.
    pack, recipe
        Chosen last; None means the default.
    profile
        How packs are run: one of those that they offer.
    previous
        What was chosen before that: the way back.
    keep_images
        Which parts' pictures are archived.
    reserve_mb
        Free disk space in MB below which pictures are no longer archived; verdicts still are.
    producers
        GenTL producer files (native code) that people of this station chose; those that a recipe may name.
    quarantine_days
        How long pictures stay in quarantine that a crash or a refused batch left without a record; 0: for ever.
    trusted_keys
        Public keys (64 hexadecimal digits) of makers whose packs this station trusts.
    require_signed
        Whether it loads no other packs than theirs.
    window_geometry
        Qt's own description of the window's place, as base64 text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format_version: Literal[1] = 1
    language: Literal["ja", "en"] | None = None
    overlay_opacity: float = Field(default=0.5, ge=0.0, le=1.0)
    overlay_visible: bool = True
    outlines_visible: bool = True
    source: SourceChoice = SourceChoice(rate_hz=4.0)
    pack: str | None = None
    recipe: str | None = None
    profile: str = "full"
    previous: PackChoice | None = None
    keep_images: KeepImages = "not_ok"
    reserve_mb: int = Field(default=500, ge=100)
    producers: tuple[str, ...] = ()
    quarantine_days: int = Field(default=90, ge=0, le=36_500)
    trusted_keys: tuple[_PublicKey, ...] = ()
    require_signed: bool = False
    window_geometry: str = ""


_MOST_PRODUCERS = 16


def with_producer(producers: tuple[str, ...], chosen: str | None) -> tuple[str, ...]:
    """Return the producers that people of this station chose, with one more; the newest stay."""
    if not chosen or chosen in producers:
        return producers
    return (*producers, chosen)[-_MOST_PRODUCERS:]


def is_public_key(key: str) -> bool:
    """Return whether `key` can be one of `Settings.trusted_keys`."""
    return re.fullmatch(_PUBLIC_KEY, key) is not None


def load_settings(path: Path) -> tuple[Settings, list[InputError]]:
    """Read the settings; what cannot be used is replaced by its default and told.

    A file with anything unusable in it is kept beside as ``NAME.damaged.json`` before it can be overwritten.

    Returns
    -------
    Settings
        Defaults where the file is absent or tells nothing.
    list of InputError
        One note for every thing that was not taken over; not raised, since the program can go on.
    """
    try:
        raw = read_regular(path, _LARGEST_FILE)
    except InputError:  # no file, or one without end: neither can be set aside
        return Settings(), [InputError("settings.damaged", file=path)]
    except FileNotFoundError:
        return Settings(), []
    except OSError as error:
        return Settings(), [InputError("settings.unreadable", file=path, reason=technical(error))]
    settings, notes = _rescued(path, raw)
    if notes:
        notes += _set_aside(path, raw)
    return settings, notes


def save_settings(path: Path, settings: Settings) -> None:
    """Write the settings; the file is replaced whole or not at all.

    Raises
    ------
    InputError
        If the file cannot be written; the old one is untouched.
    """
    content = json.dumps(settings.model_dump(mode="json"), indent=2) + "\n"
    try:
        write_atomic(path, content.encode("ascii"))
    except OSError as error:
        raise InputError("settings.unwritable", file=path, reason=technical(error)) from error


def _rescued(path: Path, raw: bytes) -> tuple[Settings, list[InputError]]:
    try:
        stored = json.loads(raw.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Settings(), [InputError("settings.damaged", file=path)]
    if not isinstance(stored, dict):
        return Settings(), [InputError("settings.damaged", file=path)]
    notes: list[InputError] = []
    version = stored.pop("format_version", FORMAT_VERSION)
    if version != FORMAT_VERSION:
        notes.append(InputError("settings.other_version", file=path, version=version, known=FORMAT_VERSION))
    good: dict[str, Any] = {}
    for key, value in stored.items():
        try:
            Settings.model_validate({key: value})
        except ValidationError:
            notes.append(InputError("settings.key_not_used", file=path, setting=key))
        else:
            good[key] = value
    return Settings.model_validate(good), notes


def _set_aside(path: Path, raw: bytes) -> list[InputError]:
    beside = path.with_name(f"{path.stem}.damaged{os.extsep}json")
    try:
        beside = _kept_before(beside, raw) or free_name(beside)
        write_atomic(beside, raw)
    except OSError as error:
        return [InputError("settings.unwritable", file=beside, reason=technical(error))]
    return [InputError("settings.set_aside", file=beside)]


def _kept_before(beside: Path, raw: bytes) -> Path | None:
    """Return where the same content lies already; what else was kept there is somebody's settings too."""
    kept = [beside, *beside.parent.glob(f"{beside.stem} (*){beside.suffix}")]
    return next((file for file in kept if file.is_file() and file.read_bytes() == raw), None)
