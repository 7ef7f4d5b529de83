"""``update check``: what a release on a USB stick is worth, and what to do with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from crane_desktop import __version__
from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.usage import Command, Group
from crane_desktop.settings.texts import text

commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)


@commands.callback()
def update() -> None:
    """Keep `check` a command of its own: typer would fold a single one into its group."""


@commands.command("check", cls=Command, help=text("app.help.update_check", HELP_LANGUAGE))
def check(
    folder: Annotated[Path, typer.Argument(help=text("app.help.update_folder", HELP_LANGUAGE))],
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove a release and say whether it is newer; nothing of it is executed."""
    from packaging.version import Version

    from crane_desktop.cli.progress_bar import progress_bar
    from crane_desktop.services.releases import check_files, installers_of, read_release

    workbench = open_invocation(data_dir, as_json=as_json)
    release = read_release(folder, workbench.settings.trusted_keys)
    with progress_bar(text("app.checking_release", workbench.language)) as progress:
        check_files(folder, release, progress)
    offered, here = Version(release.version), Version(__version__)
    relation = "newer" if offered > here else "older" if offered < here else "same"
    installers = installers_of(release, sys.platform)
    if as_json:
        workbench.console.data(
            {
                "ok": True,
                "version": release.version,
                "installed": __version__,
                "relation": relation,
                "date": release.date,
                "signed_by": release.signature.key,
                "files": [one.name for one in release.files],
                "installers": installers,
            }
        )
        return
    workbench.console.say(
        text(
            f"app.release_{relation}", workbench.language, version=release.version, date=release.date, here=__version__
        )
    )
    if not installers:
        workbench.console.say(text("app.release_not_for_here", workbench.language))
    elif relation != "same":
        key = "app.release_install_windows" if sys.platform == "win32" else "app.release_install_linux"
        workbench.console.say(text(key, workbench.language, file=folder / installers[0]))
