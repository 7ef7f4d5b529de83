"""The one rule for files that commands write: what is there already is replaced only where that was asked for."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from crane_desktop.cli.options import HELP_LANGUAGE
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.regular_file import at_home
from crane_desktop.settings.texts import text

OverwriteOption: TypeAlias = Annotated[
    bool, typer.Option("--overwrite", help=text("app.help.overwrite", HELP_LANGUAGE))
]


def refuse_existing(out: Path, *, overwrite: bool) -> None:
    """Refuse to write over what lies at `out`, before any work is done for it.

    Raises
    ------
    InputError
        If something of that name is there, and `overwrite` does not allow to replace it.
    """
    if not overwrite and os.path.lexists(at_home(out)):
        raise InputError("records.export_exists", path=out)
