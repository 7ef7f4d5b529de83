"""``bench``: how fast is this station."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, DataDirOption, JsonOption, PackOption
from crane_desktop.cli.progress_bar import progress_bar
from crane_desktop.domain.errors import InputError
from crane_desktop.services.packs.find import pack_path
from crane_desktop.settings.texts import text


def bench(
    pack: PackOption = None,
    profile: Annotated[
        list[str] | None, typer.Option(help=text("app.help.bench_profile", HELP_LANGUAGE), metavar="NAME")
    ] = None,
    against: Annotated[
        Path | None, typer.Option(help=text("app.help.against", HELP_LANGUAGE), metavar="FILE.py")
    ] = None,
    repeats: Annotated[int, typer.Option(min=3, help=text("app.help.repeats", HELP_LANGUAGE))] = 20,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print one object per measurement."""
    names = profile or []
    work = open_invocation(data_dir, as_json=as_json, profile=names[0] if names else None)
    path = pack_path(work, pack)
    if len(names) > 1 or against is not None:
        measured = _side_by_side(work, path, names or [work.settings.profile], against, repeats)
    else:
        measured = _parts(work, path, repeats)
    for figure in measured:
        if as_json:
            work.console.data(figure)
        else:
            work.console.say("  ".join(f"{k}={v}" for k, v in figure.items()))


def _parts(work: Invocation, path: Path, repeats: int) -> Iterator[dict[str, Any]]:
    from crane_desktop.model.bench import bench_scorer
    from crane_desktop.services.model_check import open_scorer

    scorer = open_scorer(work, path)
    try:
        yield from bench_scorer(scorer, repeats)
    finally:
        scorer.close()


def _side_by_side(
    work: Invocation, path: Path, profiles: list[str], against: Path | None, repeats: int
) -> Iterator[dict[str, Any]]:
    from crane_desktop.model.manifest import FULL
    from crane_desktop.model.side_by_side import Contender, figures, run_side_by_side
    from crane_desktop.services.model_check import trust_of

    if against is not None and not against.is_file():
        raise InputError("model.no_published", file=against, detail="-")
    trust = trust_of(work)
    contenders = [Contender(name, path, name, trust) for name in dict.fromkeys(profiles)]
    if against is not None:
        contenders.insert(0, Contender(against.stem, path, FULL, trust, against.absolute()))
    with progress_bar(text("app.benching", work.language)) as on_progress:
        results = run_side_by_side(contenders, repeats, lambda part: on_progress(round(1000 * part), 1000))
    return figures(results)
