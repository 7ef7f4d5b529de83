"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias, TypeVar

import typer

from crane_desktop.cli.usage import HELP_LANGUAGE
from crane_desktop.settings.texts import text

__all__ = [
    "HELP_LANGUAGE",
    "BitsOption",
    "CtiOption",
    "DataDirOption",
    "JsonOption",
    "PackOption",
    "ProfileOption",
    "SourceKind",
    "Trigger",
    "before_the_command",
]

T = TypeVar("T")


def before_the_command(context: typer.Context, param: typer.CallbackParam, value: T | None) -> T | None:
    """Return the option's value; where it stands before the command's name, it counts all the same."""
    if value is not None or context.parent is None:
        return value
    given: T | None = context.find_root().params.get(param.name)
    return given


DataDirOption: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--data-dir", help=text("app.help.data_dir", HELP_LANGUAGE), metavar="DIR", callback=before_the_command
    ),
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help=text("app.help.json", HELP_LANGUAGE))]
PackOption: TypeAlias = Annotated[
    str | None, typer.Option("--pack", help=text("app.help.pack_option", HELP_LANGUAGE), metavar="NAME|FILE")
]
ProfileOption: TypeAlias = Annotated[
    str | None, typer.Option("--profile", help=text("app.help.profile", HELP_LANGUAGE), metavar="NAME")
]
BitsOption: TypeAlias = Annotated[
    int | None,
    typer.Option("--significant-bits", min=8, max=16, help=text("app.help.significant_bits", HELP_LANGUAGE)),
]
CtiOption: TypeAlias = Annotated[
    Path | None, typer.Option("--cti", help=text("app.help.cti", HELP_LANGUAGE), metavar="FILE")
]


class SourceKind(StrEnum):
    """Where frames come from."""

    DEMO = "demo"
    FOLDER = "folder"
    GENICAM = "genicam"


class Trigger(StrEnum):
    """What makes the camera take a picture."""

    FREE = "free"
    SOFTWARE = "software"
    HARDWARE = "hardware"
