"""Which pack is meant: the one that was named, or the one in use."""

from __future__ import annotations

from pathlib import Path

from crane_desktop.services.workbench import Workbench

DEFAULT_PACK = "demo"


def pack_path(workbench: Workbench, name_or_file: str | None) -> Path:
    """Return the file of a pack named on the command line, or of the one in use.

    Raises
    ------
    InputError
        If there is no such pack.
    """
    from crane_desktop.model.packs import find_pack

    return find_pack(name_or_file or workbench.settings.pack or DEFAULT_PACK, workbench.data.packs)
