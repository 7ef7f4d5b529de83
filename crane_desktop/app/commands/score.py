"""``score``: raw model output for single images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from crane_desktop.app.judge import pack_path
from crane_desktop.app.options import HELP_LANGUAGE, DataDirOption, JsonOption, PackOption
from crane_desktop.app.workbench import open_workbench
from crane_desktop.settings.texts import text


def score(
    images: Annotated[list[Path], typer.Argument(help=text("app.help.images", HELP_LANGUAGE), metavar="IMAGE...")],
    pack: PackOption = None,
    out: Annotated[Path | None, typer.Option(help=text("app.help.out_maps", HELP_LANGUAGE), metavar="DIR")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print each image's score; write its smoothed anomaly map as float32 ``.npy`` at model resolution."""
    from crane_desktop.camera.decode import read_image
    from crane_desktop.model.scorer import load_scorer

    bench = open_workbench(data_dir, as_json=as_json)
    pictures = [(path, read_image(path)) for path in images]
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    scorer = load_scorer(pack_path(bench, pack))
    try:
        for path, picture in pictures:
            scored = scorer.score(picture.pixels)
            target = None if out is None else out / f"{path.stem}.npy"
            if target is not None:
                np.save(target, scored.anomaly_map.values)
            if as_json:
                bench.console.data(
                    {"file": str(path), "score": scored.score, "map": None if target is None else str(target)}
                )
            else:
                bench.console.say(f"{scored.score:.6f}  {scored.anomaly_map.peak:.6f}  {path}")
    finally:
        scorer.close()
