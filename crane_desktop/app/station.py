"""The station behind the window: loads, starts and stops in the background and answers at once."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from crane_desktop import __version__
from crane_desktop.app.judge import Judge, load_judge
from crane_desktop.app.recipes import recipe_names
from crane_desktop.app.workbench import Workbench
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.ports import InspectionLog
from crane_desktop.domain.station import (
    HistoryRecord,
    HistoryRow,
    Progress,
    SourceChoice,
    StationState,
    StationView,
)
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.line import Line
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader

_STOP_WITHIN_S = 15.0
_log = logging.getLogger(__name__)


class LiveStation:
    """Implements `domain.station.Station` with the real rooms.

    One worker thread does everything slow that changes the line (load, start, stop), in the order asked;
    a second one reads the log, so that a history page never waits for a model.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._work = ThreadPoolExecutor(1, thread_name_prefix="crane-station")
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="crane-reader")
        self._guard = threading.Lock()
        self._judge: Judge | None = None
        self._line: Line | None = None
        self._history_log: SqliteInspectionLog | None = None
        self._reader: RecordReader | None = None
        self._progress: Progress | None = None
        self._alarm: CraneError | None = None
        self._seen_fault: CraneError | None = None
        self._busy: StationState | None = None
        self._run_id = 0
        self._closed = False

    # -- what the window sees -------------------------------------------------------------------------

    def view(self) -> StationView:
        """Return the newest snapshot; cheap, never blocks."""
        with self._guard:
            line, judge, run_id = self._line, self._judge, self._run_id
            now = StationView(
                state=self._state(),
                progress=self._progress,
                alarm=self._alarm,
                run_id=run_id,
                scorer=judge.scorer.info if judge else None,
                recipe=judge.recipe.name if judge else None,
            )
        if line is None:
            return now
        shot = line.snapshot()
        if shot.fault is not None and shot.fault is not self._seen_fault:
            self._seen_fault = shot.fault
            self._raise_alarm(shot.fault)
        return replace(
            now,
            alarm=self._alarm,
            balance=shot.balance,
            pace=shot.pace,
            newest=shot.newest,
            latest_ng=shot.latest_ng,
            source=shot.source,
        )

    def _state(self) -> StationState:
        if self._busy is not None:
            return self._busy
        if self._line is not None and not self._line.snapshot().finished:
            return StationState.RUNNING
        if self._judge is None:
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
        return self._reads.submit(lambda: recipe_names(self._bench.data))

    def devices(self, cti: str | None = None) -> Future[Sequence[tuple[str, str]]]:
        """List cameras as (device id, description)."""
        return self._reads.submit(lambda: self._devices(cti))

    def history(self, before: int | None, limit: int, verdict: Verdict | None) -> Future[Sequence[HistoryRow]]:
        """Return a page of records, newest first."""
        return self._reads.submit(lambda: self._open_reader().page(before=before, limit=limit, verdict=verdict))

    def record(self, record_id: int) -> Future[HistoryRecord]:
        """Open one record with its pictures."""
        return self._reads.submit(lambda: self._open_reader().record(record_id))

    def close(self) -> None:
        """Stop the line, close the log, end both threads. Idempotent."""
        if self._closed:
            return
        self._closed = True
        self._work.submit(self._shut_down)
        self._reads.submit(self._close_reader)
        self._work.shutdown(wait=True, cancel_futures=False)
        self._reads.shutdown(wait=True, cancel_futures=False)

    # -- the worker's side ----------------------------------------------------------------------------

    def _do(self, busy: StationState, job: Callable[[], None]) -> None:
        if self._closed:
            return
        with self._guard:
            self._busy = busy
        self._work.submit(self._guarded, job)

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except CraneError as error:
            self._raise_alarm(error)
        except Exception as error:  # noqa: BLE001 - the worker's last line of defence: logged whole, shown briefly
            _log.critical("unexpected failure of the station", exc_info=error)
            self._raise_alarm(StationFault("app.unexpected", error=f"{type(error).__name__}: {error}"))
        finally:
            with self._guard:
                self._busy = None
                self._progress = None

    def _raise_alarm(self, error: CraneError) -> None:
        _log.error("alarm: %s", error)
        with self._guard:
            self._alarm = error

    def _show_progress(self, key: str, fraction: float) -> None:
        with self._guard:
            self._progress = Progress(key, fraction)

    def _load(self, pack: str | None, recipe: str | None) -> None:
        self._stop()
        judge = load_judge(self._bench, pack, recipe, self._show_progress)
        with self._guard:
            old, self._judge = self._judge, judge
        if old is not None:
            old.scorer.close()

    def _start(self, choice: SourceChoice) -> None:
        from crane_desktop.camera.sources import make_source

        self._stop()
        if self._judge is None:
            self._load(None, None)
        judge = self._judge
        if judge is None:
            raise StationFault("app.no_model")
        line = Line(
            make_source(choice),
            judge.scorer,
            judge.recipe,
            self._open_log(),
            software_version=__version__,
            judge_ready=judge.ready,
        )
        line.start()
        with self._guard:
            self._line, self._seen_fault, self._alarm = line, None, None
            self._run_id += 1

    def _stop(self) -> None:
        if self._line is not None and not self._line.stop(timeout_s=_STOP_WITHIN_S):
            raise StationFault("app.line_does_not_stop")

    def _shut_down(self) -> None:
        self._guarded(self._stop)
        if self._history_log is not None:
            self._history_log.close()
        if self._judge is not None:
            self._judge.scorer.close()

    def _open_log(self) -> InspectionLog:
        if self._history_log is None:
            self._history_log = SqliteInspectionLog(self._bench.data, keep_images=self._bench.settings.keep_images)
        return self._history_log

    def _open_reader(self) -> RecordReader:
        if self._reader is None:
            self._reader = RecordReader(self._bench.data)
        return self._reader

    def _close_reader(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _packs(self) -> list[str]:
        from crane_desktop.model.packs import list_packs

        return [path.stem for path in list_packs(self._bench.data.packs)]

    @staticmethod
    def _devices(cti: str | None) -> list[tuple[str, str]]:
        from crane_desktop.camera.genicam.discover import list_devices

        return [(device.device_id, device.words()) for device in list_devices(cti)]
