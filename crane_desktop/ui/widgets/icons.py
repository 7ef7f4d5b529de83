"""Our own drawings, from ``resources/icons``."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QIcon

from crane_desktop.settings.resources import resource_path


@cache
def icon(name: str) -> QIcon:
    """Return the icon `name`.

    Raises
    ------
    FileNotFoundError
        If there is no such drawing: a bug of ours that tests find.
    """
    path = resource_path("icons", f"{name}.svg")
    if not path.is_file():
        raise FileNotFoundError(path)
    return QIcon(str(path))
