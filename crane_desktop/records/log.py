"""The log of verdicts and events that the line writes: durable when `append` returns."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field, replace

from filelock import FileLock, Timeout
from sqlalchemy.exc import DBAPIError

from crane_desktop.domain.errors import CraneError, InputError, StationFault, technical
from crane_desktop.domain.events import Event
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.anchor import SYNC_WITHIN_S
from crane_desktop.records.archive import Archive
from crane_desktop.records.migrate import opening_error
from crane_desktop.records.picture_pool import PictureJob, PicturePool
from crane_desktop.records.writer import Writer
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import KeepImages

PICTURES_WITHIN_S = 5.0
"""How long an entry waits for its pictures; then it is recorded without them."""

_OPEN_WITHIN_S = 60.0
_MIB = 2**20
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    """Entries on their way. Its future is the hinge: cancelled before the commit, or running and then done."""

    entries: Sequence[LogEntry | Event]
    clean_up: bool = False
    future: Future[list[int]] = field(default_factory=Future)

    @property
    def pictures(self) -> list[PictureJob]:
        """The pictures that its entries have."""
        kept = (entry.pictures for entry in self.entries if isinstance(entry, LogEntry))
        return [one for one in kept if isinstance(one, PictureJob)]

    def drop_pictures(self) -> None:
        """Take away those whose entries will not be written."""
        for one in self.pictures:
            one.give_up()


class SqliteInspectionLog:
    """Implements `domain.ports.InspectionLog` on SQLite with an archive of pictures.

    One thread of its own holds the only connection that writes; any thread may call `append`. Pictures are written by
    a pool of threads before that, so that no event waits behind them; `begin_pictures` begins with them ahead.

    Parameters
    ----------
    data
        The data folder, prepared; its log is made or brought up to date.
    keep_images
        Which parts' pictures are archived.
    reserve_mb
        Free disk space in MiB that pictures never take; verdicts may.
    clean_up
        Whether `clean_up` is done now.
    quarantine_days
        How long pictures stay in quarantine; 0: for ever.

    Raises
    ------
    InputError
        If the log cannot be used: damaged, too new, not ours, unwritable, or already being written.
    """

    def __init__(
        self,
        data: DataDir,
        *,
        keep_images: KeepImages = "not_ok",
        reserve_mb: int = 500,
        clean_up: bool = True,
        quarantine_days: int = 90,
    ) -> None:
        self._data = data
        self._jobs: queue.Queue[_Job | None] = queue.Queue()
        self._guard = threading.Lock()
        self._closed = False
        self._keep_images = keep_images
        archive = Archive(data.records, data.images)
        self._pictures = PicturePool(data, archive, reserve_mb * _MIB)
        opened: Future[None] = Future()
        writer = self._writer = Writer(data, archive, quarantine_days)
        self._thread = threading.Thread(
            target=self._own, args=(writer, opened, clean_up), name="crane-log", daemon=True
        )
        self._thread.start()
        try:
            opened.result(_OPEN_WITHIN_S)
        except TimeoutError:
            self._refuse_more()
            raise InputError("records.slow_to_open", path=data.log_file, seconds=_OPEN_WITHIN_S) from None
        except CraneError:
            self._thread.join(_OPEN_WITHIN_S)
            raise

    def append(self, entries: Sequence[LogEntry | Event], timeout_s: float = 10.0) -> list[int]:
        """Write verdicts, with the pictures they name, and events; return the id of each, in order.

        Verdicts and events are numbered apart. Either every entry is durable or none is. What does not get its
        pictures onto the disk in time is recorded without them.

        Raises
        ------
        StationFault
            If they could not be written in time. Where the disk hangs in the very commit even after a second
            `timeout_s`, the verdicts may still turn up in the log later; nobody was told of them.
        """
        if not entries:
            return []
        begun = [self.begin_pictures(entry) if isinstance(entry, LogEntry) else entry for entry in entries]
        job = _Job(tuple(begun))
        deadline_s = time.monotonic() + min(timeout_s / 2, PICTURES_WITHIN_S)
        for pictures in job.pictures:
            if not pictures.wait(max(0.0, deadline_s - time.monotonic())):
                pictures.give_up()
        fault = next((pictures.fault for pictures in job.pictures if pictures.fault is not None), None)
        if fault is not None:
            job.drop_pictures()
            raise fault
        return self._done(job, timeout_s)

    def begin_pictures(self, entry: LogEntry) -> LogEntry:
        """Begin to write the pictures of `entry`; see `domain.ports.PictureKeeper`."""
        if entry.pictures is not None or entry.frame is None or self._keep_images == "none":
            return entry
        if self._keep_images == "not_ok" and entry.inspection.verdict is Verdict.OK:
            return entry
        return replace(entry, pictures=self._pictures.begin(entry))

    def clean_up(self, timeout_s: float = _OPEN_WITHIN_S) -> tuple[StationFault, ...]:
        """Quarantine what a crash has left, if that was not done yet; only a run that is to begin has any use for it.

        Returns
        -------
        tuple of StationFault
            `findings`.

        Raises
        ------
        InputError
            If the database turns out to be damaged.
        StationFault
            If it was not done in time.
        """
        self._done(_Job((), clean_up=True), timeout_s)
        return self.findings

    @property
    def findings(self) -> tuple[StationFault, ...]:
        """What people must know before they rely on the log, as the clean-up found it.

        It is not the one that was written last, or pictures lie in the archive that no record names.
        """
        return self._writer.findings

    def note(self, event: Event, timeout_s: float = 2.0) -> int:
        """Write one event and return its id; as `append` does.

        Raises
        ------
        StationFault
            If it could not be written in time.
        """
        return self.append([event], timeout_s)[0]

    def close(self, timeout_s: float = 10.0) -> None:
        """Write what was handed in, close the database and end the thread, within `timeout_s`. Idempotent."""
        self._refuse_more()
        if threading.current_thread() is not self._thread:
            self._thread.join(timeout_s)
            if self._thread.is_alive():
                _log.error("the log did not close within %s s: the disk hangs", timeout_s)
        self._pictures.close()

    def _done(self, job: _Job, timeout_s: float) -> list[int]:
        with self._guard:
            closed = self._closed
            if not closed:
                self._jobs.put(job)
        if closed:
            job.drop_pictures()
            raise StationFault("records.closed")
        try:
            return job.future.result(timeout_s)
        except TimeoutError:
            return self._last_word(job, timeout_s)

    def _last_word(self, job: _Job, timeout_s: float) -> list[int]:
        """The caller's patience is over: take the job back, or wait for the commit that has begun."""
        fault = StationFault("records.too_slow", path=self._data.log_file, seconds=timeout_s)
        if job.future.cancel():
            raise fault
        try:
            return job.future.result(timeout_s)
        except TimeoutError:
            raise fault from None

    def _refuse_more(self) -> None:
        with self._guard:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)

    # -- the owner thread -----------------------------------------------------------------------------

    def _own(self, writer: Writer, opened: Future[None], clean_up: bool) -> None:
        try:
            with only_writer(self._data), closing(writer):
                writer.open()
                if clean_up:
                    writer.clean_up()
                opened.set_result(None)
                while (job := self._next_job(writer)) is not None:
                    _do(writer, job)
                self._pictures.close()  # before the writer: what the pool leaves behind belongs to this session
        except DBAPIError as error:
            opened.set_exception(opening_error(error, self._data.log_file))
        except CraneError as error:
            opened.set_exception(error)
        except OSError as error:
            detail = technical(error)
            opened.set_exception(InputError("records.unopenable", path=self._data.log_file, detail=detail))
        except Exception as error:  # noqa: BLE001 - the thread's last defence: the opener must not wait in vain
            _log.critical("the log could not be opened", exc_info=error)
            opened.set_exception(StationFault("records.broken", detail=technical(error)))

    def _next_job(self, writer: Writer) -> _Job | None:
        while not writer.is_idle:
            try:
                return self._jobs.get(timeout=SYNC_WITHIN_S)
            except queue.Empty:
                writer.tidy()
        return self._jobs.get()


def _do(writer: Writer, job: _Job) -> None:
    future = job.future
    if future.cancelled():
        job.drop_pictures()
        return
    try:
        if job.clean_up:
            writer.clean_up()
        ids: list[int] | None = []
        if job.entries:
            ids = writer.write(job.entries, future.set_running_or_notify_cancel)
        elif not future.set_running_or_notify_cancel():
            return
    except CraneError as error:
        job.drop_pictures()
        _refuse(future, error)
    except Exception as error:  # noqa: BLE001 - the thread must live on; whatever failed was not acknowledged
        _log.critical("writing verdicts failed unexpectedly", exc_info=error)
        job.drop_pictures()
        _refuse(future, StationFault("records.broken", detail=technical(error)))
    else:
        if ids is not None:
            future.set_result(ids)


def _refuse(future: Future[list[int]], error: CraneError) -> None:
    # A picture that could not be written fails before the future runs; a cancelled one needs no answer.
    if future.running() or future.set_running_or_notify_cancel():
        future.set_exception(error)


@contextmanager
def only_writer(data: DataDir) -> Iterator[None]:
    """Keep every other writer out: two would take each other's fresh pictures for a crash's leftovers.

    Raises
    ------
    InputError
        If there is one already.
    """
    lock = FileLock(data.records / ".writer.lock", timeout=0, is_singleton=False)
    try:
        lock.acquire()
    except Timeout:
        raise InputError("records.in_use", path=data.records) from None
    try:
        yield
    finally:
        with suppress(OSError):
            lock.release()
