"""``pack keygen|sign|trust``: whose packs a station loads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.outputs import OverwriteOption, refuse_existing
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.store import is_public_key, save_settings
from crane_desktop.settings.texts import text


def keygen(
    out: Annotated[Path, typer.Option("-o", "--out", help=text("app.help.out_file", HELP_LANGUAGE), metavar="FILE")],
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a new private key and print the public one, which stations are told to trust."""
    from crane_desktop.model.signature import new_key

    workbench = open_invocation(data_dir, as_json=as_json)
    public = new_key(out)
    if as_json:
        workbench.console.data({"file": str(out), "public_key": public})
    else:
        workbench.console.say(text("app.key_made", workbench.language, file=out, signer=public))


def sign(
    file: Annotated[Path, typer.Argument(help=text("app.help.pack_file", HELP_LANGUAGE))],
    key: Annotated[Path, typer.Option(help=text("app.help.key_file", HELP_LANGUAGE), metavar="FILE")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help=text("app.help.signed_out", HELP_LANGUAGE), metavar="FILE")
    ] = None,
    overwrite: OverwriteOption = False,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign a pack, itself where no other file was named; its content stays as it is."""
    from crane_desktop.model.packs import sign_pack

    workbench = open_invocation(data_dir, as_json=as_json)
    written = out or file
    if out is not None and out != file:
        refuse_existing(out, overwrite=overwrite)
    signature = sign_pack(file, key, written).signature
    public = signature.key if signature else ""
    if as_json:
        workbench.console.data({"file": str(written), "public_key": public})
    else:
        workbench.console.say(text("app.pack_signed", workbench.language, file=written, signer=public))


def trust(
    keys: Annotated[
        list[str] | None, typer.Argument(help=text("app.help.public_keys", HELP_LANGUAGE), metavar="[KEY]...")
    ] = None,
    require: Annotated[
        bool | None, typer.Option("--require/--no-require", help=text("app.help.require_signed", HELP_LANGUAGE))
    ] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add makers' public keys to those that this station trusts, and say whether it loads signed packs only."""
    workbench = open_invocation(data_dir, as_json=as_json)
    for key in keys or ():
        if not is_public_key(key):
            raise InputError("app.no_public_key", key_text=key)
    with workbench.data.lock():
        known = dict.fromkeys((*workbench.settings.trusted_keys, *(keys or ())))
        required = workbench.settings.require_signed if require is None else require
        changed = workbench.settings.model_copy(update={"trusted_keys": tuple(known), "require_signed": required})
        if changed != workbench.settings:
            save_settings(workbench.data.settings_file, changed)
    if as_json:
        workbench.console.data({"trusted_keys": list(known), "require_signed": required})
        return
    for key in known:
        workbench.console.say(key)
    workbench.console.say(
        text("app.signed_only" if required else "app.signed_or_not", workbench.language, keys=len(known))
    )
