"""``pack fetch``: published weights, on a machine with a network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption
from crane_desktop.cli.progress_bar import progress_bar
from crane_desktop.settings.texts import text

_MB = 1_000_000


class Variant(StrEnum):
    """Crane, or Crane with DINOv2."""

    CRANE = "crane"
    CRANE_PLUS = "crane-plus"


def fetch(
    out: Annotated[Path, typer.Option("-o", "--out", help=text("app.help.out_folder", HELP_LANGUAGE), metavar="DIR")],
    variant: Annotated[Variant, typer.Option(help=text("app.help.variant", HELP_LANGUAGE))] = Variant.CRANE,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Download what ``pack build`` takes: CLIP, and DINOv2 for crane-plus. Nothing else here uses a network."""
    from crane_desktop.model.fetch import PUBLISHED
    from crane_desktop.model.fetch import fetch as fetch_weights

    workbench = open_invocation(data_dir, as_json=as_json)
    for published in PUBLISHED:
        if published.part == "dino" and variant is Variant.CRANE:
            continue
        label = text("app.fetching", workbench.language, file=published.repo)
        with progress_bar(label) as on_progress:
            fetched = fetch_weights(published, out, _in_megabytes(on_progress))
        if as_json:
            workbench.console.data({**asdict(fetched), "file": str(fetched.file)})
            continue
        words = text(
            "app.fetched",
            workbench.language,
            file=fetched.file,
            size=fetched.size // _MB,
            repo=fetched.repo,
            commit=fetched.commit,
        )
        workbench.console.say(words)


def _in_megabytes(on_progress: Callable[[int, int], None]) -> Callable[[str, int, int], None]:
    return lambda _name, done, of: on_progress(done // _MB, of // _MB)
