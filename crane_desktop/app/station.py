"""The station behind the window: loads, starts and stops in the background and answers at once."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from crane_desktop import __version__
from crane_desktop.domain.camera_setup import CameraSetup
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.findings import Finding
from crane_desktop.domain.history import HistoryRecord, HistoryRow
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.ports import FrameSource, InspectionLog
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Progress, StationState, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.board import LineSnapshot
from crane_desktop.pipeline.line import Line
from crane_desktop.plant.camera_line import CameraLineOutput
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import recipe_names
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.camera_setup import CameraDesk
from crane_desktop.services.corrections import corrector_of
from crane_desktop.services.model_loading import LoadedModel, load_model
from crane_desktop.services.packs.install import look_into, take_in
from crane_desktop.services.run import source_with_outputs
from crane_desktop.services.workbench import Workbench

T = TypeVar("T")
_STOP_WITHIN_S = 10.0
_CLOSE_WITHIN_S = 15.0
_log = logging.getLogger(__name__)


class _GivenUpError(Exception):
    """The station is being closed: whatever was loading need not go on."""


class LiveStation:
    """Implements `domain.station.Station` with the real rooms.

    One worker thread does everything slow that changes the line (load, start, stop), in the order asked. A
    second one reads the log and a third looks for cameras, so that a history page waits for neither a model
    nor a driver.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._work = ThreadPoolExecutor(1, thread_name_prefix="crane-station")
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="crane-reader")
        self._looks = ThreadPoolExecutor(1, thread_name_prefix="crane-cameras")
        self._guard = threading.Lock()
        self._cameras = CameraDesk(workbench, self._recipe_kept)
        self._source: FrameSource | None = None
        self._wanted: tuple[str | None, str | None] = (None, None)
        self._model: LoadedModel | None = None
        self._line: Line | None = None
        self._outputs: tuple[CameraLineOutput, ...] = ()
        self._history_log: SqliteInspectionLog | None = None
        self._reader: RecordReader | None = None
        self._progress: Progress | None = None
        self._alarm: CraneError | None = None
        self._seen_fault: CraneError | None = None
        self._seen_notice: CraneError | None = None
        self._jobs: deque[StationState] = deque()
        self._stuck: StationFault | None = None
        self._run_id = 0
        self._closed = False

    # -- what the window sees -------------------------------------------------------------------------

    def view(self) -> StationView:
        """Return the newest snapshot; cheap, never blocks."""
        with self._guard:
            shot = self._line.snapshot() if self._line is not None else None
            if shot is not None and shot.fault is not None and shot.fault is not self._seen_fault:
                self._seen_fault = self._alarm = shot.fault
            model = self._model
            notice = model.scorer.notice if model is not None else None
            if notice is not None and notice is not self._seen_notice:
                self._seen_notice = self._alarm = notice
            now = StationView(
                state=self._state(shot),
                progress=self._progress,
                alarm=self._alarm,
                run_id=self._run_id,
                scorer=model.scorer.info if model else None,
                recipe=model.recipe.name if model else None,
            )
        if shot is None:
            return now
        return replace(
            now,
            balance=shot.balance,
            pace=shot.pace,
            newest=shot.newest,
            latest_ng=shot.latest_ng,
            source=shot.source,
            source_status=None if shot.finished else shot.source_status,
        )

    def _state(self, shot: LineSnapshot | None) -> StationState:
        if self._jobs:
            return self._jobs[0]
        if self._stuck is not None:
            return StationState.ERROR
        if shot is not None and not shot.finished:
            return shot.state
        if self._model is None:
            return StationState.ERROR if self._alarm else StationState.PREOPERATIONAL
        return StationState.READY

    # -- what the window asks for ---------------------------------------------------------------------

    def load(self, pack: str | None = None, recipe: str | None = None) -> None:
        """Load a pack in the background; a failed load keeps the last good one."""
        self._do(StationState.INITIALIZED, lambda: self._load(pack, recipe))

    def start(self, source: SourceChoice) -> None:
        """Start the line in the background."""
        self._do(StationState.INITIALIZED, lambda: self._start(source))

    def stop(self) -> None:
        """Ask the line to stop; it finishes what it has taken."""
        self._do(StationState.STOPPING, self._stop)

    def acknowledge(self) -> None:
        """Take the alarm off the screen."""
        with self._guard:
            self._alarm = None

    def packs(self) -> Future[Sequence[str]]:
        """List the installed packs."""
        return self._reads.submit(self._packs)

    def recipes(self) -> Future[Sequence[str]]:
        """List the recipes."""
        return self._reads.submit(lambda: recipe_names(self._workbench.data))

    def look_into(self, file: str) -> Future[Offer]:
        """Say what a file would bring."""
        return self._reads.submit(lambda: look_into(self._workbench, Path(file)))

    def take_in(self, offer: Offer) -> Future[Offer]:
        """Prove and install what is offered, in its turn."""
        return self._queue(StationState.INITIALIZED, lambda: take_in(self._workbench, offer, self._show_progress))

    def devices(self, cti: str | None = None) -> Future[Sequence[tuple[str, str]]]:
        """List cameras as (device id, description)."""
        return self._looks.submit(lambda: self._devices(cti))

    def doctor(self, cti: str | None = None) -> Future[Sequence[Finding]]:
        """Look for what is wrong with drivers and cameras."""
        return self._looks.submit(lambda: self._examine(cti))

    def camera(self, choice: SourceChoice) -> Future[CameraSetup]:
        """Open a camera for setting it up; while the line runs on a camera, that one."""
        return self._looks.submit(lambda: self._open_camera(choice))

    def history(self, before: int | None, limit: int, verdict: Verdict | None) -> Future[Sequence[HistoryRow]]:
        """Return a page of records, newest first."""
        return self._reads.submit(lambda: self._open_reader().page(before=before, limit=limit, verdict=verdict))

    def record(self, record_id: int) -> Future[HistoryRecord]:
        """Open one record with its pictures."""
        return self._reads.submit(lambda: self._open_reader().record(record_id))

    def close(self) -> None:
        """Stop the line, close the log, end all threads, within seconds. Idempotent.

        A thread that hangs in a driver or a disk is left behind; `app.ending.leave` then ends the process.
        """
        if self._closed:
            return
        self._closed = True
        last = [self._work.submit(self._shut_down), self._reads.submit(self._close_reader)]
        self._looks.shutdown(wait=False, cancel_futures=True)
        hung = wait(last, _CLOSE_WITHIN_S).not_done
        for pool in (self._work, self._reads):
            pool.shutdown(wait=not hung, cancel_futures=True)
        if hung:
            _log.error("the station did not close within %s s", _CLOSE_WITHIN_S)

    # -- the worker's side ----------------------------------------------------------------------------

    def _do(self, busy: StationState, job: Callable[[], None]) -> None:
        if not self._closed:
            self._queue(busy, lambda: self._guarded(job))

    def _queue(self, busy: StationState, job: Callable[[], T]) -> Future[T]:
        with self._guard:
            self._jobs.append(busy)
        return self._work.submit(self._next_job, job)

    def _next_job(self, job: Callable[[], T]) -> T:
        try:
            if self._closed:
                raise _GivenUpError
            return job()
        finally:
            with self._guard:
                self._jobs.popleft()
                self._progress = None

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except _GivenUpError:
            _log.info("loading was given up: the station is being closed")
        except CraneError as error:
            self._raise_alarm(error)
        except Exception as error:  # noqa: BLE001 - the worker's last line of defence: logged whole, shown briefly
            _log.critical("unexpected failure of the station", exc_info=error)
            self._raise_alarm(StationFault("app.unexpected", error=f"{type(error).__name__}: {error}"))

    def _raise_alarm(self, error: CraneError) -> None:
        _log.error("alarm: %s", error)
        with self._guard:
            self._alarm = error

    def _show_progress(self, key: str, fraction: float) -> None:
        if self._closed:
            raise _GivenUpError
        with self._guard:
            self._progress = Progress(key, fraction)

    def _load(self, pack: str | None, recipe: str | None) -> None:
        self._wanted = (pack, recipe)
        self._stop()
        model = load_model(self._workbench, pack, recipe, self._show_progress)
        with self._guard:
            old, self._model = self._model, model
        if old is not None:
            old.scorer.close()
        for fault in model.faults():
            self._raise_alarm(fault)

    def _start(self, choice: SourceChoice) -> None:
        from crane_desktop.services.sources import make_source

        self._stop()
        self._cameras.release()
        make_source(choice)  # what is wrong with the choice is told before a model is loaded
        if self._model is None:
            # What was asked for and could not be loaded, never another model that happens to be there.
            self._load(*self._wanted)
        model = self._model
        if model is None:
            raise StationFault("app.no_model")
        source, outputs = source_with_outputs(choice, model.recipe, corrector_of(self._workbench.data, model.recipe))
        line = Line(
            source,
            model.scorer,
            model.recipe,
            self._open_log(),
            outputs=outputs,
            software_version=__version__,
            judge_ready=model.ready,
        )
        self._outputs = outputs
        line.start()
        with self._guard:
            self._line, self._source, self._seen_fault = line, source, None
            self._alarm = next(reversed(model.faults()), None)
            self._run_id += 1

    def _stop(self) -> None:
        if self._stuck is not None:
            raise self._stuck
        if self._line is not None and not self._line.stop(timeout_s=_STOP_WITHIN_S):
            self._stuck = StationFault("app.line_does_not_stop")
            raise self._stuck
        for output in self._outputs:
            output.close()

    def _open_camera(self, choice: SourceChoice) -> CameraSetup:
        with self._guard:
            running = self._line is not None and not self._line.snapshot().finished
            recipe = self._model.recipe if self._model is not None else None
            source = self._source if running else None
        return self._cameras.open(choice, recipe, source)

    def _recipe_kept(self, recipe: Recipe) -> None:
        """Use a recipe that was saved as it is now, from the next start on."""
        with self._guard:
            if self._model is not None and self._model.recipe.name == recipe.name:
                self._model = replace(self._model, recipe=recipe)

    def _shut_down(self) -> None:
        self._guarded(self._cameras.release)
        if self._stuck is None:
            self._guarded(self._stop)
        if self._history_log is not None:
            self._history_log.close()
        if self._model is not None:
            self._model.scorer.close()

    def _open_log(self) -> InspectionLog:
        if self._history_log is None:
            kept = self._workbench.settings
            self._history_log = SqliteInspectionLog(
                self._workbench.data, keep_images=kept.keep_images, reserve_mb=kept.reserve_mb
            )
        return self._history_log

    def _open_reader(self) -> RecordReader:
        if self._reader is None:
            self._reader = RecordReader(self._workbench.data)
        return self._reader

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _packs(self) -> list[str]:
        from crane_desktop.model.packs import list_packs

        return [path.stem for path in list_packs(self._workbench.data.packs)]

    @staticmethod
    def _devices(cti: str | None) -> list[tuple[str, str]]:
        from crane_desktop.camera.genicam.discover import list_devices

        return [(device.device_id, device.words()) for device in list_devices(cti)]

    @staticmethod
    def _examine(cti: str | None) -> list[Finding]:
        from crane_desktop.camera.genicam.doctor import examine

        return examine(cti)
