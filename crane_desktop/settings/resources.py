"""Where the program's own files lie, whether run from a checkout, an installed wheel or the bundle."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def resource_path(*parts: str) -> Path:
    """Return the path of a file in ``resources/``.

    An installed wheel and the bundle carry the folder inside the package; a checkout has it beside it.
    """
    inside = _PACKAGE / "resources"
    root = inside if inside.is_dir() else _PACKAGE.parent / "resources"
    return root.joinpath(*parts)
