"""``pack fetch|build|verify|info|install|use|back|compare|list|keygen|sign|trust``: model packs."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crane_desktop.cli.commands import comparing, fetching, profiles, signing
from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.outputs import OverwriteOption, refuse_existing
from crane_desktop.cli.usage import Command, Group
from crane_desktop.domain.errors import InputError
from crane_desktop.settings.texts import text

if TYPE_CHECKING:
    from crane_desktop.model.selfcheck import Check
    from crane_desktop.services.packs.install import Installed

commands = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
_PackFile = Annotated[str, typer.Argument(metavar="NAME|FILE", help=text("app.help.pack_option", HELP_LANGUAGE))]


class Variant(StrEnum):
    """Crane, or Crane with DINOv2."""

    CRANE = "crane"
    CRANE_PLUS = "crane-plus"


class Average(StrEnum):
    """How the layers' answers are averaged."""

    SOFTMAX = "softmax"
    LOGITS = "logits"


class ContextMode(StrEnum):
    """Whether the image's own embedding joins the prompt."""

    STATIC = "static"
    GUIDED = "guided"


commands.command("fetch", cls=Command, help=text("app.help.pack_fetch", HELP_LANGUAGE))(fetching.fetch)


@commands.command("build", cls=Command, help=text("app.help.pack_build", HELP_LANGUAGE))
def build(
    clip: Annotated[Path, typer.Option(help=text("app.help.clip", HELP_LANGUAGE), metavar="FILE")],
    prompts: Annotated[Path, typer.Option(help=text("app.help.prompts", HELP_LANGUAGE), metavar="FILE")],
    out: Annotated[Path, typer.Option("-o", "--out", help=text("app.help.out_file", HELP_LANGUAGE), metavar="FILE")],
    variant: Annotated[Variant, typer.Option(help=text("app.help.variant", HELP_LANGUAGE))] = Variant.CRANE,
    dino: Annotated[Path | None, typer.Option(help=text("app.help.dino", HELP_LANGUAGE), metavar="FILE")] = None,
    average: Annotated[Average | None, typer.Option(help=text("app.help.average", HELP_LANGUAGE))] = None,
    context: Annotated[ContextMode, typer.Option(help=text("app.help.context", HELP_LANGUAGE))] = ContextMode.STATIC,
    profile: Annotated[
        list[str] | None,
        typer.Option(help=text("app.help.build_profile", HELP_LANGUAGE), metavar="NAME:PX[:PRECISION[:BATCH]]"),
    ] = None,
    overwrite: OverwriteOption = False,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Build a pack from published weights; nothing is downloaded."""
    from crane_desktop.model.build import build_pack

    workbench = open_invocation(data_dir, as_json=as_json)
    refuse_existing(out, overwrite=overwrite)
    chosen = average or (Average.LOGITS if variant is Variant.CRANE_PLUS else Average.SOFTMAX)
    wishes = [profiles.profile_wish(words) for words in profile or ()]
    build_pack(variant.value, clip, prompts, dino, chosen.value, context.value, out, wishes)
    _print(workbench, out, "app.pack_built")


@commands.command("verify", cls=Command, help=text("app.help.pack_verify", HELP_LANGUAGE))
def verify(pack: _PackFile, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Prove that a pack is whole and gives its golden scores on this station."""
    from crane_desktop.model.packs import find_pack, verify_pack
    from crane_desktop.services.model_check import trust_of

    workbench = open_invocation(data_dir, as_json=as_json)
    path = find_pack(pack, workbench.data.packs)
    verify_pack(path, trust_of(workbench))
    checks = _proven(workbench, path)
    ok = all(check.ok for check in checks)
    if as_json:
        workbench.console.data({"ok": ok, "pack": str(path), "checks": [check.as_dict() for check in checks]})
    else:
        workbench.console.say(text("app.pack_good" if ok else "app.pack_fails_here", workbench.language, pack=path))
    raise typer.Exit(0 if ok else 1)


@commands.command("info", cls=Command, help=text("app.help.pack_info", HELP_LANGUAGE))
def info(pack: _PackFile, data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """Show a pack's manifest."""
    from crane_desktop.model.packs import find_pack

    workbench = open_invocation(data_dir, as_json=as_json)
    _print(workbench, find_pack(pack, workbench.data.packs), "app.pack_info")


@commands.command("install", cls=Command, help=text("app.help.pack_install", HELP_LANGUAGE))
def install(
    file: Annotated[Path, typer.Argument(help=text("app.help.pack_file", HELP_LANGUAGE))],
    replace: Annotated[bool, typer.Option("--replace", help=text("app.help.pack_replace", HELP_LANGUAGE))] = False,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify a pack, have it give its golden scores on this station, and copy it into the data folder."""
    from crane_desktop.services.packs.install import install_proven

    workbench = open_invocation(data_dir, as_json=as_json)
    with workbench.data.lock():
        done = install_proven(workbench, file, replace=replace)
    _print(workbench, done.file, "app.pack_installed")
    for sentence in _replaced(workbench, done):
        workbench.console.note(sentence)


commands.command("use", cls=Command, help=text("app.help.pack_use", HELP_LANGUAGE))(profiles.use)
commands.command("back", cls=Command, help=text("app.help.pack_back", HELP_LANGUAGE))(profiles.back)
commands.command("compare", cls=Command, help=text("app.help.pack_compare", HELP_LANGUAGE))(comparing.compare)
commands.command("keygen", cls=Command, help=text("app.help.pack_keygen", HELP_LANGUAGE))(signing.keygen)
commands.command("sign", cls=Command, help=text("app.help.pack_sign", HELP_LANGUAGE))(signing.sign)
commands.command("trust", cls=Command, help=text("app.help.pack_trust", HELP_LANGUAGE))(signing.trust)


@commands.command("list", cls=Command, help=text("app.help.pack_list", HELP_LANGUAGE))
def list_all(data_dir: DataDirOption = None, as_json: JsonOption = False) -> None:
    """List the packs of this station."""
    from crane_desktop.model.packs import list_packs

    workbench = open_invocation(data_dir, as_json=as_json)
    damaged = False
    for path in list_packs(workbench.data.packs):
        try:
            _print(workbench, path, "app.pack_info")
        except InputError as error:  # one damaged file hides none of the others
            workbench.console.show_error(error)
            damaged = True
    raise typer.Exit(2 if damaged else 0)


def _replaced(workbench: Invocation, done: Installed) -> Iterator[str]:
    """Yield what people must know where a pack took another's place: whose it was, and where it is kept."""
    from crane_desktop.model.packs import read_manifest
    from crane_desktop.services.packs.makers import shown, signer_of

    language, manifest = workbench.language, read_manifest(done.file)
    if done.replaced is not None:
        yield text(
            "app.pack_takes_place",
            language,
            pack=manifest.name,
            old=done.replaced.version,
            old_signer=shown(done.replaced.signer) or text("app.pack_no_signer", language),
            new=manifest.pack_version,
            new_signer=shown(signer_of(manifest)) or text("app.pack_no_signer", language),
        )
    if done.kept is not None:
        yield text("app.pack_replaced", language, pack=manifest.name, file=done.kept)


def _proven(workbench: Invocation, path: Path) -> list[Check]:
    from crane_desktop.services.model_check import open_scorer, prove

    scorer = open_scorer(workbench, path)
    try:
        return prove(workbench, scorer, path)
    finally:
        scorer.close()


def _print(workbench: Invocation, path: Path, key: str) -> None:
    from crane_desktop.model.packs import read_manifest

    manifest = read_manifest(path)
    if workbench.console.as_json:
        workbench.console.data({"file": str(path), **manifest.model_dump(mode="json")})
        return
    words = text(
        key,
        workbench.language,
        name=manifest.name,
        version=manifest.pack_version,
        variant=manifest.variant,
        size=manifest.config.image_size_px,
        file=path,
    )
    demo = text("app.for_demonstration", workbench.language) if manifest.for_demonstration else ""
    workbench.console.say(words + demo)
