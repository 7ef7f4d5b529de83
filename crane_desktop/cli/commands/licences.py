"""``licences``: what the program is made of, and under which terms."""

from __future__ import annotations

from typing import Annotated

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.texts import text


def licences(
    name: Annotated[str | None, typer.Argument(help=text("app.help.licences_name", HELP_LANGUAGE))] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what the program is made of, or show the licence text of one component."""
    from crane_desktop.settings.licences import components

    workbench = open_invocation(data_dir, as_json=as_json)
    chosen = [one for one in components() if name is None or one.name.lower() == name.lower()]
    if not chosen:
        raise InputError("app.no_component", component=name)
    for one in chosen:
        if as_json:
            texts = [str(file) for _, file in one.find_texts()]
            workbench.console.data({"name": one.name, "version": one.version, "licence": one.licence, "texts": texts})
        elif name is None:
            workbench.console.say(f"{one.name} {one.version}  ({one.licence})")
        else:
            workbench.console.say(one.text())
