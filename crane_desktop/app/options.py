"""Options that several commands share, declared once."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from crane_desktop.settings.texts import system_language, text

HELP_LANGUAGE = system_language()

DataDirOption: TypeAlias = Annotated[
    Path | None, typer.Option("--data-dir", help=text("app.help.data_dir", HELP_LANGUAGE), metavar="DIR")
]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help=text("app.help.json", HELP_LANGUAGE))]
PackOption: TypeAlias = Annotated[
    str | None, typer.Option("--pack", help=text("app.help.pack_option", HELP_LANGUAGE), metavar="NAME|FILE")
]
CtiOption: TypeAlias = Annotated[Path | None, typer.Option("--cti", help=text("app.help.cti", HELP_LANGUAGE))]


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
