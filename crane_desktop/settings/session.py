"""Whether the window's last session came to its end, or was ended by force: kill -9, a power cut, a crash."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from crane_desktop.settings.atomic import write_atomic

_LARGEST_FILE = 10_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class UncleanEnd:
    """A session that never told its end.

    Attributes
    ----------
    begun
        When it had begun (ISO 8601, UTC); None where the file does not say.
    """

    begun: str | None


def begin_session(file: Path) -> UncleanEnd | None:
    """Note that a session begins; return how the one before ended, None where that was clean or there was none.

    The note reaches the disk before this returns. A disk that takes it not is told in the program's log only.
    """
    before = _unclean(file)
    _write(file, datetime.now(UTC).isoformat(), None)
    return before


def end_session(file: Path) -> None:
    """Note that the session has come to its end; everything else must have been kept before."""
    stored = _read(file)
    begun = stored.get("begun") if stored else None
    _write(file, begun if isinstance(begun, str) else None, datetime.now(UTC).isoformat())


def _unclean(file: Path) -> UncleanEnd | None:
    if not file.exists():
        return None
    stored = _read(file)
    if stored is not None and isinstance(stored.get("ended"), str):
        return None
    begun = stored.get("begun") if stored is not None else None
    return UncleanEnd(begun if isinstance(begun, str) else None)


def _read(file: Path) -> dict[str, object] | None:
    try:
        with file.open("rb") as opened:
            stored = json.loads(opened.read(_LARGEST_FILE).decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return stored if isinstance(stored, dict) else None


def _write(file: Path, begun: str | None, ended: str | None) -> None:
    try:
        write_atomic(file, json.dumps({"begun": begun, "ended": ended}).encode("ascii"))
    except OSError as error:
        _log.error("the session could not be noted in %s: %s", file, error)
