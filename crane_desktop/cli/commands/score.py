"""``score``: raw model output for single images."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray

from crane_desktop.cli.invocation import open_invocation
from crane_desktop.cli.options import HELP_LANGUAGE, BitsOption, DataDirOption, JsonOption, PackOption, ProfileOption
from crane_desktop.domain.errors import InputError, technical
from crane_desktop.domain.shown import shown_name
from crane_desktop.services.packs.find import pack_path
from crane_desktop.settings.texts import text


def score(
    images: Annotated[list[Path], typer.Argument(help=text("app.help.images", HELP_LANGUAGE), metavar="IMAGE...")],
    pack: PackOption = None,
    profile: ProfileOption = None,
    significant_bits: BitsOption = None,
    out: Annotated[Path | None, typer.Option(help=text("app.help.out_maps", HELP_LANGUAGE), metavar="DIR")] = None,
    data_dir: DataDirOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print each image's score; write its smoothed anomaly map as float32 ``.npy`` at model resolution."""
    from crane_desktop.camera.decode import look_at_first
    from crane_desktop.services.model_check import open_scorer

    workbench = open_invocation(data_dir, as_json=as_json, profile=profile)
    pack_file = pack_path(workbench, pack)
    maps = None if out is None else _Maps(out)
    look_at_first(images[0], significant_bits)  # a wrong path is told at once, before the model is loaded
    scorer = open_scorer(workbench, pack_file)
    try:
        for name, pixels in _pictures(images, significant_bits):
            scored = scorer.score(pixels)
            target = None if maps is None else maps.write(name, scored.anomaly_map.values)
            if as_json:
                workbench.console.data(
                    {"file": str(name), "score": scored.score, "map": None if target is None else str(target)}
                )
            else:
                workbench.console.say(f"{scored.score:.6f}  {scored.anomaly_map.peak:.6f}  {shown_name(str(name))}")
    finally:
        scorer.close()


def _pictures(images: list[Path], significant_bits: int | None) -> Iterator[tuple[Path, NDArray[np.uint8]]]:
    from crane_desktop.camera.decode import read_parts

    for path in images:
        for name, picture in read_parts(path, significant_bits):
            yield path.with_name(name), picture.pixels


class _Maps:
    """The folder of anomaly maps: one ``.npy`` an image, named after it.

    Raises
    ------
    InputError
        If the folder cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: set[str] = set()
        self._guarded(lambda: folder.mkdir(parents=True, exist_ok=True))

    def write(self, image: Path, values: NDArray[np.float32]) -> Path:
        """Write an image's map; a second image of the same name in one call gets a number, so that none is lost."""
        names = itertools.chain((image.stem,), (f"{image.stem}-{number}" for number in itertools.count(2)))
        name = next(name for name in names if name.casefold() not in self._written)
        self._written.add(name.casefold())
        target = self._folder / f"{name}.npy"
        self._guarded(lambda: np.save(target, values, allow_pickle=False))
        return target

    def _guarded(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            reason = technical(error)
            raise InputError("app.maps_unwritable", folder=self._folder, reason=reason) from error
