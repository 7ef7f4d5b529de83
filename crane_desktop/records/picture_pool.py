"""Pictures are encoded and written ahead of their rows, several at a time: the log's owner waits for none of them."""

from __future__ import annotations

import logging
import os
import queue
import shutil
import threading
import time
from collections.abc import Callable

from crane_desktop.domain.errors import StationFault, technical
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records.archive import Archive, PictureFiles
from crane_desktop.records.faults import disk_fault, is_disk_full
from crane_desktop.settings.data_dir import DataDir

THREADS = 4
"""A disk takes several syncs in the time of one (measured: 260 small files a second by one thread, 1200 by four)."""

COMPRESSED_AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
"""The other half of the cores is the model's."""

CALM_AFTER = 8
"""So many pictures in a row must find the pool free before it compresses again: one that is compressed while a full
queue waits behind it holds up all of that."""

STUCK_AFTER_S = 5.0
"""A disk that has not taken one file in this time takes none: no more is handed to it until it moves again."""

_CLOSE_WITHIN_S = 5.0
_log = logging.getLogger(__name__)


class PictureJob:
    """The pictures of one entry; implements `domain.ports.PicturesUnderWay`."""

    def __init__(
        self, entry: LogEntry, files: PictureFiles, forget: Callable[[PictureFiles], None], *, compress: bool
    ) -> None:
        self._entry: LogEntry | None = entry
        self._files = files
        self._forget = forget
        self._guard = threading.Lock()
        self._over = threading.Event()
        self._written = False
        self.compress = compress
        self.fault: StationFault | None = None
        self.not_kept: str | None = None

    def wait(self, timeout_s: float) -> bool:
        """Wait until they are over; False after `timeout_s`."""
        return self._over.wait(timeout_s)

    def give_up(self) -> None:
        """Wait no longer: what is written goes away, what is being written as soon as the disk lets go of it."""
        if self.end(not_kept="disk_slow"):
            return
        if self.take() is not None:
            self.not_kept = "disk_slow"
            self._forget(self._files)

    @property
    def entry(self) -> LogEntry | None:
        """What is to be written, None once it is over."""
        return self._entry

    @property
    def files(self) -> PictureFiles:
        """Where they come to lie."""
        return self._files

    def end(self, *, fault: StationFault | None = None, not_kept: str | None = None) -> bool:
        """Note how it ended, once: written where neither is told; False where it had been over."""
        with self._guard:
            if self._over.is_set():
                return False
            self.fault, self.not_kept = fault, not_kept
            self._written = fault is None and not_kept is None
            self._entry = None  # the pixels are free
            self._over.set()
            return True

    def take(self) -> PictureFiles | None:
        """Return the files that lie there under their temporary names, once; from then on they are the caller's."""
        with self._guard:
            written, self._written = self._written, False
        return self._files if written else None


class PicturePool:
    """A few threads that write pictures, first come, first served. Any thread may `begin`.

    Where more pictures are under way than half the processor's cores, the next ones are stored uncompressed, in a tenth
    of the time and twice the space: a line that is faster than the compression keeps its pictures all the same.

    Parameters
    ----------
    reserve_bytes
        Free disk space that pictures never take.
    """

    def __init__(self, data: DataDir, archive: Archive, reserve_bytes: int) -> None:
        self._data = data
        self._archive = archive
        self._reserve_bytes = reserve_bytes
        self._jobs: queue.SimpleQueue[PictureJob | None] = queue.SimpleQueue()
        self._guard = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._unfinished: set[PictureJob] = set()
        self._moved_s = time.monotonic()
        self._calm = CALM_AFTER
        self._was_short = self._closed = False

    def begin(self, entry: LogEntry) -> PictureJob:
        """Begin to write the pictures of an entry that has some; returns at once."""
        files = self._archive.place(entry)
        with self._guard:
            self._calm = self._calm + 1 if len(self._unfinished) < COMPRESSED_AT_ONCE else 0
            job = PictureJob(entry, files, self._archive.forget, compress=self._calm >= CALM_AFTER)
            now_s = time.monotonic()
            if not self._unfinished:
                self._moved_s = now_s
            if self._closed or now_s - self._moved_s > STUCK_AFTER_S:
                job.give_up()
                return job
            self._unfinished.add(job)
            if len(self._threads) < THREADS:
                self._start_thread()
        self._jobs.put(job)
        return job

    def close(self) -> None:
        """Write what was begun, end the threads; bounded. Idempotent."""
        with self._guard:
            self._closed = True
            threads = list(self._threads)
        for _ in threads:
            self._jobs.put(None)
        deadline_s = time.monotonic() + _CLOSE_WITHIN_S
        for thread in threads:
            thread.join(max(0.0, deadline_s - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            self._archive.may_have_left = True
            _log.error("pictures are still being written: the disk hangs")

    def _start_thread(self) -> None:
        number = len(self._threads) + 1
        # A thread that hangs in a dead disk must not keep the program alive.
        thread = threading.Thread(target=self._work, name=f"crane-pictures-{number}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._do(job)
            with self._guard:
                self._unfinished.discard(job)
                self._moved_s = time.monotonic()

    def _do(self, job: PictureJob) -> None:
        entry = job.entry
        if entry is None:
            return
        try:
            if self._short_of_space():
                job.end(not_kept="disk_reserve")
                return
        except OSError as error:
            job.end(fault=disk_fault(error, self._data.records))
            return
        try:
            self._archive.write(entry, job.files, compress=job.compress)
        except OSError as error:
            if is_disk_full(error):
                # A verdict matters more than its picture: the row may still find room.
                _log.warning("no space for pictures: %s", error)
                job.end(not_kept="disk_full")
            else:
                job.end(fault=disk_fault(error, self._data.images))
        except Exception as error:  # noqa: BLE001 - the thread must live on; what failed was not acknowledged
            _log.critical("writing pictures failed unexpectedly", exc_info=error)
            job.end(fault=StationFault("records.broken", detail=technical(error)))
        else:
            if not job.end():
                self._archive.forget(job.files)

    def _short_of_space(self) -> bool:
        short = shutil.disk_usage(self._data.records).free < self._reserve_bytes
        with self._guard:
            changed, self._was_short = short != self._was_short, short
        if changed and short:
            _log.warning("disk space is below the reserve: pictures are no longer kept, verdicts are")
        elif changed:
            _log.info("disk space is above the reserve again: pictures are kept")
        return short
