"""Where the program writes what happened to it: a rotating file in the data folder."""

from __future__ import annotations

import logging
import logging.handlers
from pathlib import Path

LOG_NAME = "crane-inspector.log"
_FORMAT = "%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s"
_ours: list[logging.Handler] = []


class _LogFile(logging.handlers.RotatingFileHandler):
    """A log file whose own failures (disk full) disturb nobody: a log is not worth a traceback on the screen."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        """Go on without this line."""


def write_logs_to(folder: Path) -> None:
    """Send all log records to a file in `folder` (5 files of 2 MB at most), and nowhere else.

    People are told in sentences (`console.show_error`): log records carry tracebacks and other people's English.
    """
    stop_logs()
    file = _LogFile(folder / LOG_NAME, maxBytes=2_000_000, backupCount=4, encoding="utf-8", delay=True)
    file.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.setLevel(logging.INFO)
    root.addHandler(file)
    _ours.append(file)


def stop_logs() -> None:
    """Close the log file. Idempotent."""
    while _ours:
        handler = _ours.pop()
        logging.getLogger().removeHandler(handler)
        handler.close()
