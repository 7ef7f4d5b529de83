"""Where the program writes what happened to it: a rotating file in the data folder, warnings on stderr."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"


def write_logs_to(folder: Path) -> None:
    """Send all log records to ``crane-inspector.log`` in `folder` (5 files of 2 MB at most)."""
    folder.mkdir(parents=True, exist_ok=True)
    file = logging.handlers.RotatingFileHandler(
        folder / "crane-inspector.log", maxBytes=2_000_000, backupCount=4, encoding="utf-8", delay=True
    )
    file.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(file)


def show_warnings_on_stderr() -> None:
    """Show warnings and worse on stderr, so that stdout carries nothing but results."""
    stderr = logging.StreamHandler()
    stderr.setLevel(logging.WARNING)
    stderr.setFormatter(logging.Formatter("%(levelname)s: %(message)s"))
    logging.getLogger().addHandler(stderr)
