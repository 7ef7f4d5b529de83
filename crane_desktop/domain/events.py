"""What the log keeps beside verdicts: everything that must be provable later, in one order with them.

An event is a fact with a kind, a moment and plain values; nothing in it is translated. ``kind`` is stored as text, so
that a log outlives the program: names are never given a second meaning. What each kind carries stands in `DETAILS`
and beside the function that makes it; a proof of the log checks it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.health import Gap
from crane_desktop.domain.scans import Scan
from crane_desktop.domain.verdicts import JudgedBy, Verdict

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
"""What JSON knows."""


class EventKind(StrEnum):
    """What happened."""

    RUN_BEGUN = "run_begun"
    RUN_PROGRESS = "run_progress"
    """How many frames a run has had, and its losses by cause so far; written while they change."""
    RUN_ENDED = "run_ended"
    CAMERA_GAP = "camera_gap"
    ALARM_RAISED = "alarm_raised"
    ALARM_RETURNED = "alarm_returned"
    ALARM_ACKNOWLEDGED = "alarm_acknowledged"
    RECIPE_CHANGED = "recipe_changed"
    PACK_CHANGED = "pack_changed"
    IMPORTED = "imported"
    EXPORTED = "exported"
    SCANNED = "scanned"
    COUNTS_RESET = "counts_reset"
    UNCLEAN_END = "unclean_end"
    COMEBACK_CONFIRMED = "comeback_confirmed"
    LOG_INCOMPLETE = "log_incomplete"
    """The log is not the one that was written last, or does not reach as far."""
    LOG_SETTLED = "log_settled"
    """Of entries whose writing failed with an unknown outcome it is known now whether the log holds them."""
    PICTURES_MOVED = "pictures_moved"
    PICTURES_UNNAMED = "pictures_unnamed"
    """Pictures lie in the archive that no record names."""


class RunEnd(StrEnum):
    """Why a run ended."""

    SOURCE_ENDED = "source_ended"
    """The source had nothing more to give."""
    STOPPED = "stopped"
    """Somebody asked for it."""
    FAILED = "failed"
    """Something broke; the event's ``cause`` is the key of its sentence."""
    GIVEN_UP = "given_up"
    """A camera, a model or a disk hung for so long that the line no longer waited for it."""


@dataclass(frozen=True, slots=True)
class Event:
    """One fact.

    Attributes
    ----------
    run
        Id of the run that it belongs to (`new_run_id`), None where it belongs to none.
    details
        By name; what each kind carries stands beside the function that makes it.
    at
        UTC, timezone-aware.
    """

    kind: EventKind
    run: str | None = None
    details: Mapping[str, Plain] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


DETAILS: Mapping[EventKind, Mapping[str, tuple[type, ...]]] = {
    EventKind.RUN_BEGUN: {
        "source_id": (str,),
        "source_kind": (str,),
        "source": (str,),
        "every_part": (bool,),
        "recipe": (str,),
        "recipe_version": (int,),
        "recipe_sha256": (str, type(None)),
        "pack": (str,),
        "pack_version": (str,),
        "pack_sha256": (str,),
        "profile": (str,),
        "device": (str,),
        "software_version": (str,),
    },
    EventKind.RUN_PROGRESS: {"frames": (int,), "verdicts": (dict,), "losses": (dict,), "not_recorded": (int,)},
    EventKind.RUN_ENDED: {
        "frames": (int,),
        "verdicts": (dict,),
        "losses": (dict,),
        "not_recorded": (int,),
        "why": (str,),
        "cause": (str, type(None)),
    },
    EventKind.CAMERA_GAP: {"start": (str,), "end": (str,), "attempts": (int,), "cause": (str,)},
    EventKind.ALARM_RAISED: {"alarm": (str,), "source": (str,), "severity": (str,), "detail": (str,)},
    EventKind.ALARM_RETURNED: {"alarm": (str,), "source": (str,)},
    EventKind.ALARM_ACKNOWLEDGED: {"alarm": (str,), "source": (str,)},
    EventKind.RECIPE_CHANGED: {"recipe": (str,), "recipe_version": (int,), "recipe_sha256": (str,), "change": (str,)},
    EventKind.PACK_CHANGED: {"pack": (str,), "pack_version": (str,), "pack_sha256": (str,), "change": (str,)},
    EventKind.IMPORTED: {"what": (str,), "file": (str,)},
    EventKind.EXPORTED: {"what": (str,), "file": (str,)},
    EventKind.SCANNED: {"text": (str,), "symbology": (str,)},
    EventKind.COUNTS_RESET: {"since": (str,), "verdicts": (dict,)},
    EventKind.UNCLEAN_END: {"begun": (str, type(None))},
    EventKind.COMEBACK_CONFIRMED: {"pack": (str, type(None)), "recipe": (str, type(None)), "source": (str,)},
    EventKind.LOG_INCOMPLETE: {"why": (str,), "expected": (int,), "found": (int,)},
    EventKind.LOG_SETTLED: {"records": (list,), "events": (list,), "recorded": (bool,)},
    EventKind.PICTURES_MOVED: {"pictures": (int,), "folder": (str,), "why": (str,)},
    EventKind.PICTURES_UNNAMED: {"pictures": (int,)},
}
"""The details that every event of a kind has, and their types; it may have more."""


def new_run_id() -> str:
    """Return a name for a run that no other run has: its beginning (UTC) and eight random digits."""
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


def run_begun(
    run: str, judged_by: JudgedBy, *, source_id: str, source_kind: str, source: str, every_part: bool, profile: str
) -> Event:
    """A run has its source and takes frames from now on.

    Carries where the frames come from (`source` is its description for people), whether every frame is a part that
    gets a verdict (`every_part`) or the newest wins, and who judges: recipe, pack, profile, device, program.
    """
    details: dict[str, Plain] = {
        "source_id": source_id,
        "source_kind": source_kind,
        "source": source,
        "every_part": every_part,
        "recipe": judged_by.recipe,
        "recipe_version": judged_by.recipe_version,
        "recipe_sha256": judged_by.recipe_sha256,
        "pack": judged_by.pack,
        "pack_version": judged_by.pack_version,
        "pack_sha256": judged_by.pack_sha256,
        "profile": profile,
        "device": judged_by.device,
        "software_version": judged_by.software_version,
    }
    return Event(EventKind.RUN_BEGUN, run, details)


def run_progress(run: str, balance: Balance, not_recorded: int) -> Event:
    """How a run's counts stand, all of them since its beginning.

    Carries ``frames``, ``verdicts`` by verdict, ``losses`` by cause, and how many of the verdicts NONE are in no
    record because the log did not take them (``not_recorded``).
    """
    return Event(EventKind.RUN_PROGRESS, run, _counts(balance, not_recorded))


def run_ended(run: str, balance: Balance, not_recorded: int, why: RunEnd, cause: str | None = None) -> Event:
    """A run's last word: its counts as `run_progress` carries them, why it ended, and the key of what broke it."""
    return Event(EventKind.RUN_ENDED, run, _counts(balance, not_recorded) | {"why": why.value, "cause": cause})


def told_counts(details: Mapping[str, object]) -> tuple[Balance, int]:
    """Return the balance that `run_progress` or `run_ended` carries, and how many of its verdicts were not recorded.

    Raises
    ------
    ValueError
        If they are no counts of this program's.
    """
    frames, not_recorded = _count(details.get("frames")), _count(details.get("not_recorded"))
    verdicts = {Verdict(name): count for name, count in _counted(details.get("verdicts")).items()}
    losses = {LossCause(name): count for name, count in _counted(details.get("losses")).items()}
    return Balance(frames, verdicts, losses), not_recorded


def camera_gap(run: str, gap: Gap) -> Event:
    """The camera was away and is back: from when to when (ISO 8601, UTC), how many attempts it took, and the cause."""
    details: dict[str, Plain] = {
        "start": gap.start.isoformat(),
        "end": gap.end.isoformat(),
        "attempts": gap.attempts,
        "cause": gap.cause,
    }
    return Event(EventKind.CAMERA_GAP, run, details)


def alarm_raised(alarm: str, source: str, severity: str, detail: str = "", run: str | None = None) -> Event:
    """An alarm has begun: the key of its sentence, what it is about, how much it matters, its untranslated detail."""
    details: dict[str, Plain] = {"alarm": alarm, "source": source, "severity": severity, "detail": detail}
    return Event(EventKind.ALARM_RAISED, run, details)


def alarm_returned(alarm: str, source: str, run: str | None = None) -> Event:
    """An alarm's cause has ceased; key and source tell which."""
    return Event(EventKind.ALARM_RETURNED, run, {"alarm": alarm, "source": source})


def alarm_acknowledged(alarm: str, source: str, run: str | None = None) -> Event:
    """Somebody has said that he saw an alarm; key and source tell which."""
    return Event(EventKind.ALARM_ACKNOWLEDGED, run, {"alarm": alarm, "source": source})


def recipe_changed(recipe: str, recipe_version: int, recipe_sha256: str, change: str, **more: Plain) -> Event:
    """A recipe has a new version: which, the checksum of its content, what was done (``change``), and `more`."""
    details: dict[str, Plain] = {"recipe": recipe, "recipe_version": recipe_version, "recipe_sha256": recipe_sha256}
    return Event(EventKind.RECIPE_CHANGED, None, {**more, **details, "change": change})


def pack_changed(pack: str, pack_version: str, pack_sha256: str, change: str, **more: Plain) -> Event:
    """A model pack was installed, chosen or removed (``change``), with `more` about it."""
    details: dict[str, Plain] = {"pack": pack, "pack_version": pack_version, "pack_sha256": pack_sha256}
    return Event(EventKind.PACK_CHANGED, None, {**more, **details, "change": change})


def imported(what: str, file: str, **more: Plain) -> Event:
    """Something came in from outside: ``what`` (recipe, pack, settings...) from which file."""
    return Event(EventKind.IMPORTED, None, {**more, "what": what, "file": file})


def exported(what: str, file: str, **more: Plain) -> Event:
    """Something went out: ``what`` (records, recipe...) into which file."""
    return Event(EventKind.EXPORTED, None, {**more, "what": what, "file": file})


def scanned(scan: Scan) -> Event:
    """A code was read, or typed by hand: its text, and the AIM identifier that the reader sent before it."""
    return Event(EventKind.SCANNED, None, {"text": scan.text, "symbology": scan.symbology}, scan.at)


def counts_reset(since: datetime, verdicts: Mapping[Verdict, int]) -> Event:
    """Somebody had the counters begin anew: since when they had counted (ISO 8601, UTC), and what they showed."""
    counted: dict[str, Plain] = {verdict.value: count for verdict, count in verdicts.items() if count}
    return Event(EventKind.COUNTS_RESET, None, {"since": since.isoformat(), "verdicts": counted})


def unclean_end(begun: str | None) -> Event:
    """The window's session before this one was ended by force: when it had begun, as far as that is known."""
    return Event(EventKind.UNCLEAN_END, None, {"begun": begun})


def comeback_confirmed(pack: str | None, recipe: str | None, source: str) -> Event:
    """After an unclean end somebody has looked at what the station came back with, and said that it is right."""
    return Event(EventKind.COMEBACK_CONFIRMED, None, {"pack": pack, "recipe": recipe, "source": source})


def log_incomplete(why: str, expected: int, found: int) -> Event:
    """The log is another one, or ends too early: the key of its sentence, the record it should reach, and does."""
    return Event(EventKind.LOG_INCOMPLETE, None, {"why": why, "expected": expected, "found": found})


def log_settled(records: Sequence[int], events: Sequence[int], *, recorded: bool) -> Event:
    """What became of entries that were told as not recorded while nobody could know: the numbers they had been given.

    `recorded` says whether the log holds them after all.
    """
    details: dict[str, Plain] = {"records": list(records), "events": list(events), "recorded": recorded}
    return Event(EventKind.LOG_SETTLED, None, details)


def pictures_moved(pictures: int, folder: str, why: str) -> Event:
    """Pictures were moved within the records folder: how many, where to, and why (crash, set_aside, taken_in)."""
    return Event(EventKind.PICTURES_MOVED, None, {"pictures": pictures, "folder": folder, "why": why})


def pictures_unnamed(pictures: int) -> Event:
    """So many pictures lie in the archive that no record names, more than a crash can leave; they were not touched."""
    return Event(EventKind.PICTURES_UNNAMED, None, {"pictures": pictures})


def _counts(balance: Balance, not_recorded: int) -> dict[str, Plain]:
    return {
        "frames": balance.frames,
        "verdicts": {verdict.value: count for verdict, count in balance.verdicts.items() if count},
        "losses": {cause.value: count for cause, count in balance.losses.items() if count},
        "not_recorded": not_recorded,
    }


def _counted(value: object) -> dict[str, int]:
    if not isinstance(value, dict):
        raise ValueError(f"no counts: {value!r:.60}")  # noqa: TRY004 - a value of a file, not of a caller
    return {str(name): _count(count) for name, count in value.items()}


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"no count: {value!r:.60}")
    return value
