"""The station behind the window: its ports, their threads, and their common end."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from pathlib import Path

from crane_desktop.app.station.event_queue import EventQueue
from crane_desktop.app.station.live_line import LiveLine
from crane_desktop.app.station.worker import Worker
from crane_desktop.domain.balance import Counts
from crane_desktop.domain.camera_setup import CameraSetup, FeatureValue
from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.findings import Finding
from crane_desktop.domain.history import HistoryRecord, HistoryRow
from crane_desktop.domain.packs import Offer
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import recipe_names
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.alarms import AlarmList
from crane_desktop.services.camera_recipe import save_features
from crane_desktop.services.camera_setup import CameraOwner
from crane_desktop.services.packs.install import look_into, take_in
from crane_desktop.services.workbench import Workbench

_CLOSE_WITHIN_S = 15.0
_EVENTS_WITHIN_S = 3.0
_COUNT_WITHIN_S = 10.0
_log = logging.getLogger(__name__)


class LiveStation:
    """Implements `domain.station_ports.Station` with the real rooms; closes the workbench's log at its end.

    One worker thread does everything slow that changes the line (load, start, stop), in the order asked. A
    second one reads the log and saves recipes, and a third looks for cameras, so that a history page waits for
    neither a model nor a driver.
    """

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._reads = ThreadPoolExecutor(1, thread_name_prefix="crane-reader")
        self._looks = ThreadPoolExecutor(1, thread_name_prefix="crane-cameras")
        self._closed = False
        self._events = EventQueue(workbench.note)
        self.journal = self._events
        self.alarms = AlarmList(self._events.note)
        self._worker = Worker(self._job_failed)
        self._owner = CameraOwner(self._save_features)
        self.records = LiveRecords(workbench, self._reads)
        self.line = LiveLine(workbench, self._worker, self._owner, self.alarms, self.records.counted, self._events.note)
        self.recipes = LiveRecipes(workbench, self._reads)
        self.packs = LivePacks(workbench, self._worker, self._reads)
        self.cameras = LiveCameras(self._owner, self.line, self._looks)

    def close(self) -> None:
        """Stop the line, close the log, end all threads, within seconds. Idempotent.

        A thread that hangs in a driver or a disk is left behind; `app.process.shutdown.leave` then ends the process.
        """
        if self._closed:
            return
        self._closed = True
        last = [self._worker.begin_to_close(self._shut_down), self._reads.submit(self.records.shut_down)]
        self._looks.shutdown(wait=False, cancel_futures=True)
        hung = wait(last, _CLOSE_WITHIN_S).not_done
        self._worker.shut_down(wait=not hung)
        self._reads.shutdown(wait=not hung, cancel_futures=True)
        if hung:
            _log.error("the station did not close within %s s", _CLOSE_WITHIN_S)

    def _job_failed(self, error: CraneError) -> None:
        self.line.failed(error)

    def _shut_down(self) -> None:
        self._worker.guarded(self._owner.release)
        self.line.shut_down()
        self._events.close(_EVENTS_WITHIN_S)
        self._workbench.log.close()

    def _save_features(self, features: Mapping[str, FeatureValue], name: str, based_on: Recipe | None) -> Future[str]:
        def save() -> str:
            recipe = save_features(self._workbench, features, name, based_on)
            self.line.use_saved(recipe)
            return recipe.name

        return self._reads.submit(save)


class LiveRecipes:
    """Implements `domain.station_ports.Recipes`."""

    def __init__(self, workbench: Workbench, pool: ThreadPoolExecutor) -> None:
        self._workbench = workbench
        self._pool = pool

    def names(self) -> Future[Sequence[str]]:
        """List the recipes."""
        return self._pool.submit(lambda: recipe_names(self._workbench.data))


class LivePacks:
    """Implements `domain.station_ports.Packs`."""

    def __init__(self, workbench: Workbench, worker: Worker, pool: ThreadPoolExecutor) -> None:
        self._workbench = workbench
        self._worker = worker
        self._pool = pool

    def names(self) -> Future[Sequence[str]]:
        """List the installed packs."""
        return self._pool.submit(self._names)

    def look_into(self, file: str) -> Future[Offer]:
        """Say what a file would bring."""
        return self._pool.submit(lambda: look_into(self._workbench, Path(file)))

    def take_in(self, offer: Offer) -> Future[Offer]:
        """Prove and install what is offered, in its turn."""
        return self._worker.ask(
            StationState.INITIALIZED, lambda: take_in(self._workbench, offer, self._worker.show_progress)
        )

    def _names(self) -> list[str]:
        from crane_desktop.model.packs import list_packs

        return [path.stem for path in list_packs(self._workbench.data.packs)]


class LiveCameras:
    """Implements `domain.station_ports.Cameras`."""

    def __init__(self, owner: CameraOwner, line: LiveLine, pool: ThreadPoolExecutor) -> None:
        self._owner = owner
        self._line = line
        self._pool = pool

    def devices(self, cti: str | None = None) -> Future[Sequence[tuple[str, str]]]:
        """List cameras as (device id, description)."""
        return self._pool.submit(lambda: self._devices(cti))

    def doctor(self, cti: str | None = None) -> Future[Sequence[Finding]]:
        """Look for what is wrong with drivers and cameras."""
        return self._pool.submit(lambda: self._examine(cti))

    def open(self, choice: SourceChoice) -> Future[CameraSetup]:
        """Open a camera for setting it up; while the line runs on a camera, that one."""
        return self._pool.submit(lambda: self._owner.set_up(choice, self._line.recipe()))

    @staticmethod
    def _devices(cti: str | None) -> list[tuple[str, str]]:
        from crane_desktop.camera.genicam.discover import list_devices

        return [(device.device_id, device.words()) for device in list_devices(cti)]

    def _examine(self, cti: str | None) -> list[Finding]:
        from crane_desktop.camera.genicam.doctor import examine

        return examine(cti, alone=self._owner.looked_at)


class LiveRecords:
    """Implements `domain.station_ports.Records`."""

    def __init__(self, workbench: Workbench, pool: ThreadPoolExecutor) -> None:
        self._workbench = workbench
        self._pool = pool
        self._reader: RecordReader | None = None

    def page(self, before: int | None, limit: int, verdict: Verdict | None) -> Future[Sequence[HistoryRow]]:
        """Return a page of records, newest first."""
        return self._pool.submit(lambda: self._open().page(before=before, limit=limit, verdict=verdict))

    def record(self, record_id: int) -> Future[HistoryRecord]:
        """Open one record with its pictures."""
        return self._pool.submit(lambda: self._with_review_limits(self._open().record(record_id)))

    def counted(self) -> Counts:
        """Return what was counted since the counters were last reset; waits for it, within seconds.

        Raises
        ------
        InputError
            If the log cannot be read.
        TimeoutError, CancelledError
            If it takes too long, or the station is being closed.
        """
        return self._pool.submit(lambda: self._open().counts()).result(_COUNT_WITHIN_S)

    def _with_review_limits(self, record: HistoryRecord) -> HistoryRecord:
        """Add where REVIEW began: it stands in the version of the recipe that the record names."""
        try:
            limits = self._workbench.recipes.by_sha256(record.fields.get("recipe_sha256", "")).thresholds
        except InputError:  # older than recipe versions, or the recipe is gone: the record itself is whole
            return record
        if limits is None or limits.score_ng != record.row.threshold:
            return record
        return replace(record, review=limits.score_review, map_review=limits.map_review)

    def shut_down(self) -> None:
        """Close the reader; on the pool's thread, which opened it."""
        if self._reader is not None:
            self._reader.close()

    def _open(self) -> RecordReader:
        if self._reader is None:
            self._reader = RecordReader(self._workbench.data)
        return self._reader
