"""Whether entries are in the log after their commit failed: that a commit failed says nothing about it."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from enum import Enum, auto

from sqlalchemy import Connection

from crane_desktop.domain.errors import StationFault
from crane_desktop.records.anchor import Newest
from crane_desktop.records.continuity import Given, has

_log = logging.getLogger(__name__)


class Outcome(Enum):
    """What became of entries."""

    DURABLE = auto()
    ABSENT = auto()
    UNKNOWN = auto()


class UnknownOutcomeError(Exception):
    """A commit failed, and it cannot be known yet whether the log holds the entries.

    Attributes
    ----------
    given
        The numbers that the entries had been given.
    fault
        What people are told.
    """

    def __init__(self, given: Sequence[Given], fault: StationFault) -> None:
        super().__init__(str(fault))
        self.given, self.fault = tuple(given), fault


def outcome_of(connection: Connection, given: Sequence[Newest]) -> Outcome:
    """Return whether the log holds all of the entries, by the numbers that they had been given, or none."""
    found = [has(connection, one) for one in given]
    if all(found):
        return Outcome.DURABLE
    # A transaction is all or nothing: some of it is damage, and damage proves nothing.
    return Outcome.UNKNOWN if any(found) else Outcome.ABSENT


def folded_in(connection: Connection) -> bool:
    """Copy the journal into the database and sync that; False where not all of it could be copied."""
    plain = connection.connection.driver_connection  # outside of any transaction, which would stand in its way
    try:
        busy, in_journal, copied = plain.execute("PRAGMA wal_checkpoint(FULL)").fetchone()  # type: ignore[union-attr]
    except sqlite3.Error as error:
        _log.warning("the journal could not be copied into the database: %s", error)
        return False
    return not busy and in_journal == copied
