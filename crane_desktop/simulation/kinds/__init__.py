"""One painter a kind of part."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from numpy.random import Generator

from crane_desktop.simulation.kinds import (
    anything,
    baked,
    board,
    cast,
    cells,
    circuit,
    figure,
    knitted,
    label,
    metal,
    natural,
    plastic,
    seal,
    sheet,
    stone,
    tile,
    tray,
    woven,
)
from crane_desktop.simulation.painting.surface import Surface

Painter: TypeAlias = Callable[[int, int | None, Generator, Generator], Surface]
"""(size_px, feature to leave out or None, the design's generator, this part's generator) -> surface."""

PAINTERS: Mapping[str, Painter] = {
    "machined_metal": metal.paint,
    "printed_board": board.paint,
    "woven": woven.paint,
    "cast_surface": cast.paint,
    "moulded_plastic": plastic.paint,
    "ceramic_tile": tile.paint,
    "wood": natural.wood,
    "leather": natural.leather,
    "painted_panel": sheet.painted,
    "knurled_pin": sheet.knurled,
    "perforated_sheet": sheet.perforated,
    "rubber_seal": seal.paint,
    "blister_pack": cells.blister,
    "solar_cell": cells.solar,
    "random_texture": anything.paint,
    "knitted": knitted.paint,
    "speckled_stone": stone.paint,
    "bare_circuit": circuit.paint,
    "moulded_figure": figure.paint,
    "baked_good": baked.paint,
    "part_tray": tray.paint,
    "printed_label": label.paint,
}
