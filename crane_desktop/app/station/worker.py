"""One thread that does everything slow that changes the station, in the order asked."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from crane_desktop.domain.errors import CraneError, StationFault, technical
from crane_desktop.domain.station import Progress, StationState

T = TypeVar("T")
_log = logging.getLogger(__name__)


class GivenUpError(Exception):
    """The station is being closed: whatever was under way need not go on."""


class Worker:
    """Runs jobs one after the other and tells which is on.

    Parameters
    ----------
    on_error
        Told what a job of `do` failed with; must return at once.
    """

    def __init__(self, on_error: Callable[[CraneError], None]) -> None:
        self._on_error = on_error
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crane-station")
        self._guard = threading.Lock()
        self._jobs: deque[StationState] = deque()
        self._progress: Progress | None = None
        self._closed = threading.Event()

    @property
    def busy(self) -> StationState | None:
        """What the station is while the oldest job is not done; None where there is none."""
        with self._guard:
            return self._jobs[0] if self._jobs else None

    @property
    def progress(self) -> Progress | None:
        """How far the job is that is on."""
        with self._guard:
            return self._progress

    def do(self, busy: StationState, job: Callable[[], None]) -> None:
        """Have a job done in its turn; what it fails with goes to `on_error`."""
        if not self._closed.is_set():
            self.ask(busy, lambda: self.guarded(job))

    def ask(self, busy: StationState, job: Callable[[], T]) -> Future[T]:
        """Have a job done in its turn, and its answer or failure in a future; `GivenUpError` after the end."""
        with self._guard:
            try:
                asked = self._pool.submit(self._next, job)
            except RuntimeError:  # the thread has ended
                asked = Future()
                asked.set_exception(GivenUpError())
            else:
                self._jobs.append(busy)
            return asked

    def show_progress(self, key: str, fraction: float) -> None:
        """Note how far the job is; ends it where the station is being closed.

        Raises
        ------
        GivenUpError
            If it is.
        """
        if self._closed.is_set():
            raise GivenUpError
        with self._guard:
            self._progress = Progress(key, fraction)

    def guarded(self, job: Callable[[], None]) -> None:
        """Do a job here and now; raises nothing."""
        try:
            job()
        except GivenUpError:
            _log.info("a job was given up: the station is being closed")
        except CraneError as error:
            self._on_error(error)
        except Exception as error:  # noqa: BLE001 - the worker's last line of defence: logged whole, shown briefly
            _log.critical("unexpected failure of the station", exc_info=error)
            self._on_error(StationFault("app.unexpected", error=technical(error)))

    def begin_to_close(self, last: Callable[[], None]) -> Future[None]:
        """Take no more jobs, give up those that wait, and do a last one."""
        self._closed.set()
        return self._pool.submit(last)

    def shut_down(self, *, wait: bool) -> None:
        """End the thread."""
        self._pool.shutdown(wait=wait, cancel_futures=True)

    def _next(self, job: Callable[[], T]) -> T:
        try:
            if self._closed.is_set():
                raise GivenUpError
            return job()
        finally:
            with self._guard:
                self._jobs.popleft()
                self._progress = None
