"""Files in a command's place: the desktop's double-click on a pack or a recipe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption
from crane_desktop.settings.regular_file import at_home
from crane_desktop.settings.texts import text


def open_files(
    files: Annotated[list[Path], typer.Argument(help=text("app.help.open_files", HELP_LANGUAGE))],
    data_dir: DataDirOption = None,
) -> None:
    """Open the window and ask whether these packs and recipes shall be taken in."""
    from crane_desktop.cli.start import start

    raise typer.Exit(start(data_dir, None, [at_home(file).absolute() for file in files]))
