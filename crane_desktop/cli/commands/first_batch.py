"""``first-batch``: which parts of a batch that nobody has labelled are odd."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image

from crane_desktop.cli.invocation import Invocation, open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption
from crane_desktop.cli.outputs import OverwriteOption, refuse_existing
from crane_desktop.cli.progress_bar import watched
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.shown import shown_name
from crane_desktop.services.first_batch import FirstBatch, pictures_of, rank_first_batch
from crane_desktop.settings.texts import text


def first_batch(
    images: Annotated[Path, typer.Argument(help=text("app.help.first_batch_images", HELP_LANGUAGE), metavar="DIR")],
    maps: Annotated[
        Path | None, typer.Option(help=text("app.help.first_batch_maps", HELP_LANGUAGE), metavar="DIR")
    ] = None,
    overwrite: OverwriteOption = False,
    significant_bits: BitsOption = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Rank the pictures of a folder by how odd each is among the others; nothing is learned."""
    workbench = open_invocation(data_dir, as_json=as_json)
    if maps is not None:
        refuse_existing(maps, overwrite=overwrite)
    with watched(text("app.first_batch_comparing", workbench.language), workbench.console) as watch:
        found = rank_first_batch(images, significant_bits, watch)
    if maps is not None:
        _write_maps(found, images, significant_bits, maps)
    _tell(found, workbench)


def _tell(found: FirstBatch, workbench: Invocation) -> None:
    language, console = workbench.language, workbench.console
    if console.as_json:
        console.data(found.as_dict(language))
        return
    for part in found.parts:
        mark = f"  {text('app.first_batch_suspect', language)}" if part.suspect else ""
        console.say(f"{part.rank:3d}  {part.oddness:6.2f}  {shown_name(part.name)}{mark}")
    for sentence in found.sentences(language):
        console.say(sentence)


def _write_maps(found: FirstBatch, images: Path, significant_bits: int | None, folder: Path) -> None:
    """Write each picture with its map laid over it, named so that the oddest stand first.

    Raises
    ------
    InputError
        If the folder cannot be written, or a picture can no longer be read.
    """
    from crane_desktop.camera.pictures.listing import list_folder
    from crane_desktop.overlay.render import with_heatmap

    parts = {part.name: part for part in found.parts}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, pixels in pictures_of(list_folder(images).files, significant_bits):
            part = parts.get(name)
            if part is not None:  # else it came after the others had been compared
                png = io.BytesIO()
                Image.fromarray(with_heatmap(pixels, part.scored.anomaly_map)).save(png, "PNG")
                (folder / f"{part.rank:03d} {name}.png").write_bytes(png.getvalue())
    except OSError as error:
        raise InputError("app.maps_unwritable", folder=folder, reason=technical(error)) from error
