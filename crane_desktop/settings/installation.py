"""How this copy of the program was installed: a small file beside it that the installer writes."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from crane_desktop.domain.errors import InputError

MARK = "installation.json"
ON_WINDOWS = sys.platform == "win32"


def shared_data_dir() -> Path | None:
    """Return the folder that all accounts share, or None where each account has its own.

    Only Windows' installer can ask for it: ``{"data": "machine"}`` beside the program.

    Raises
    ------
    InputError
        If the mark is damaged: a guess would split the station's records over two folders.
    """
    if not getattr(sys, "frozen", False) or not ON_WINDOWS:
        return None
    file = Path(sys.executable).parent / MARK
    try:
        said = json.loads(file.read_bytes())["data"]
    except FileNotFoundError:  # unpacked, not installed
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError("settings.installation_damaged", file=file) from error
    if said not in ("machine", "user"):
        raise InputError("settings.installation_damaged", file=file)
    return Path(os.environ.get("PROGRAMDATA") or r"C:\ProgramData") / "CraneInspector" if said == "machine" else None
