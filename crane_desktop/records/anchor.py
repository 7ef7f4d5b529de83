"""The anchor: how far the log had come, in a small file outside the database.

A database that lost its newest entries, or was put back from a backup, is sound in itself; only something outside it
can tell. The file has two places that are written in turn, each with a check sum, so that one is always whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crane_desktop.settings.atomic import write_atomic

SYNC_WITHIN_S = 1.0
"""How far the anchor may lie behind the log at a power cut; a killed program loses nothing of it."""

_PLACE_BYTES = 1024
_DIGEST_CHARACTERS = 32
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest entry: its table, id, place in the order, and moment as it is stored."""

    table: str
    row_id: int
    sequence: int | None
    moment: str


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a log had come.

    Attributes
    ----------
    log
        Which log it is.
    record_id, event_id
        Highest ids given.
    records, events
        How many rows there were.
    newest
        None where there was no entry.
    sessions
        Writers whose pictures may lie in the archive without a record: those that are at work, or were killed.
    database, journal
        Inodes of the two files; 0 where they are not known.
    """

    log: int
    record_id: int = 0
    event_id: int = 0
    records: int = 0
    events: int = 0
    newest: Newest | None = None
    sessions: tuple[str, ...] = ()
    database: int = 0
    journal: int = 0


class Anchor:
    """Writes one anchor; lives in the log's own thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._serial = 0
        self._synced_s = 0.0
        self._behind = self._failing = False

    @property
    def behind(self) -> bool:
        """Whether something was written that is not synced yet."""
        return self._behind

    def load(self) -> Mark | None:
        """Return what was marked last, None where there is no anchor or nothing of it can be read."""
        found = _newest_place(self._path)
        if found is None:
            return None
        self._serial, mark = found
        return mark

    def write(self, mark: Mark, *, sync: bool = False) -> None:
        """Mark how far the log has come; on the disk at once where `sync`, else after `SYNC_WITHIN_S`.

        That it cannot be written costs no verdict: the program's own log tells of it.
        """
        self._serial += 1
        sync = sync or time.monotonic() - self._synced_s >= SYNC_WITHIN_S
        try:
            self._put(_place(self._serial, mark), sync=sync)
        except OSError as error:
            if not self._failing:
                _log.error("the anchor of the log cannot be written: %s", error)
            self._failing = True
            return
        self._failing = False
        self._behind = not sync
        if sync:
            self._synced_s = time.monotonic()

    def _put(self, place: bytes, *, sync: bool) -> None:
        try:
            file = self._path.open("r+b", buffering=0)
        except FileNotFoundError:
            write_atomic(self._path, place + place)
            return
        with file:
            file.seek(_PLACE_BYTES * (self._serial % 2))
            file.write(place)
            if sync:
                os.fsync(file.fileno())


def read_mark(path: Path) -> Mark | None:
    """Return what was marked last, None where there is no anchor or nothing of it can be read."""
    found = _newest_place(path)
    return None if found is None else found[1]


def _newest_place(path: Path) -> tuple[int, Mark] | None:
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            content = file.read(2 * _PLACE_BYTES)
    except OSError as error:
        _log.warning("the anchor of the log cannot be read: %s", error)
        return None
    places = [_parsed(content[at : at + _PLACE_BYTES]) for at in (0, _PLACE_BYTES)]
    return max((place for place in places if place is not None), key=lambda place: place[0], default=None)


def _place(serial: int, mark: Mark) -> bytes:
    words = json.dumps({"serial": serial, **asdict(mark)}, separators=(",", ":"))
    line = f"{_digest(words)} {words}".encode("ascii")
    if len(line) > _PLACE_BYTES:
        raise ValueError(f"a mark of {len(line)} bytes")
    return line.ljust(_PLACE_BYTES)


def _parsed(place: bytes) -> tuple[int, Mark] | None:
    try:
        digest, _, words = place.decode("ascii").rstrip().partition(" ")
        if digest != _digest(words):
            return None
        stored: dict[str, Any] = json.loads(words)
        newest = stored.pop("newest")
        serial = int(stored.pop("serial"))
        sessions = tuple(stored.pop("sessions"))
        return serial, Mark(**stored, newest=None if newest is None else Newest(**newest), sessions=sessions)
    except (ValueError, TypeError, KeyError):
        return None


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode("ascii")).hexdigest()[:_DIGEST_CHARACTERS]
