"""The line behind the window: which model is loaded, which run is on, and the snapshot of both."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from dataclasses import replace
from datetime import UTC, datetime

from crane_desktop.app.station.carried import Carried
from crane_desktop.app.station.worker import Worker
from crane_desktop.domain.alarms import AlarmSeverity
from crane_desktop.domain.balance import Counts
from crane_desktop.domain.errors import CraneError, StationFault
from crane_desktop.domain.events import Event, counts_reset
from crane_desktop.domain.ports import FrameSource
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.verdicts import Reason
from crane_desktop.pipeline.board import LineSnapshot
from crane_desktop.recipe.model import Recipe
from crane_desktop.services.alarms import AlarmList, LineAlarms
from crane_desktop.services.camera_setup import CameraOwner
from crane_desktop.services.model_loading import LoadedModel, load_model
from crane_desktop.services.recipe_source import RecipeChoice, recipe_choice
from crane_desktop.services.run import LOG, Run, check_choice, does_not_stop, prepare_run
from crane_desktop.services.workbench import Workbench

STATION, MODEL, LINE = "station", "model", "line"
"""What alarms are about."""

_STOP_WITHIN_S = 10.0
_log = logging.getLogger(__name__)


class LiveLine:
    """Implements `domain.station_ports.LineControl` with the real rooms.

    Parameters
    ----------
    earlier
        Returns what the log has counted since the counters were last reset; asked once, on the worker's thread.
    note
        Writes an event into the log; must return at once.
    """

    def __init__(
        self,
        workbench: Workbench,
        worker: Worker,
        cameras: CameraOwner,
        alarms: AlarmList,
        earlier: Callable[[], Counts] = Counts,
        note: Callable[[Event], None] = lambda _event: None,
    ) -> None:
        self._workbench = workbench
        self._worker = worker
        self._cameras = cameras
        self._alarms = alarms
        self._guard = threading.Lock()
        self._wanted: tuple[str | None, str | None] = (None, None)
        self._model: LoadedModel | None = None
        self._asked: RecipeChoice | None = None
        self._following = threading.Lock()
        self._seen_of_model: tuple[StationFault | None, Reason | None] = (None, None)
        self._line_alarms = LineAlarms(alarms, LINE)
        self._run: Run | None = None
        self._stuck: StationFault | None = None
        self._load_failed = False
        self._run_id = 0
        self._earlier: Callable[[], Counts] | None = earlier
        self._note = note
        self._carried = Carried()

    # -- what the window sees and asks for ------------------------------------------------------------------

    def view(self) -> StationView:
        """Return the newest snapshot; cheap, never blocks."""
        with self._guard:
            model, run, run_id = self._model, self._run, self._run_id
            carried, asked = self._carried, self._asked
        shot = run.line.snapshot() if run is not None else None
        shown = carried.shown(shot)
        self._follow(model, shot)
        now = StationView(
            state=self._state(model, shot),
            progress=self._worker.progress,
            alarms=self._alarms.view(),
            run_id=run_id,
            scorer=model.scorer.info if model else None,
            recipe=model.recipe.name if model else None,
            recipe_source=asked.choice if asked else None,
            counts=shown.counts,
            newest=shown.newest,
            carried=shown.carried,
            latest_ng=shown.latest_ng,
        )
        if shot is None:
            return now
        return replace(
            now,
            balance=shot.balance,
            pace=shot.pace,
            overload=shot.overload is not None,
            source=shot.source,
            source_status=None if shot.finished else shot.source_status,
        )

    def load(self, pack: str | None = None, recipe: str | None = None) -> None:
        """Load a pack in the background; a failed load keeps the last good one."""
        self._worker.do(StationState.INITIALIZED, lambda: self._load(pack, recipe))

    def start(self, source: SourceChoice) -> None:
        """Start the line in the background."""
        self._worker.do(StationState.INITIALIZED, lambda: self._start(source))

    def stop(self) -> None:
        """Ask the line to stop; it finishes what it has taken."""
        self._worker.do(StationState.STOPPING, self._stop)

    def reset_counts(self) -> None:
        """Have counters and the latest NG parts begin anew, and note it."""
        at = datetime.now(UTC)
        with self._guard:
            shot = self._run.line.snapshot() if self._run is not None else None
            before = self._carried.shown(shot).counts
            self._carried = self._carried.reset(shot, at)
        self._note(counts_reset(before.since or at, before.verdicts))

    def failed(self, error: CraneError) -> None:
        """Note what a job of the worker failed with."""
        if error is not self._stuck:
            self._alarms.raise_momentary(error, STATION)

    # -- what the other ports ask for -----------------------------------------------------------------------

    def recipe(self) -> Recipe | None:
        """Return the recipe in use."""
        with self._guard:
            return self._model.recipe if self._model is not None else None

    def use_saved(self, recipe: Recipe) -> None:
        """Use a recipe that was saved as it is now, from the next start on."""
        with self._guard:
            if self._model is not None and self._model.recipe.name == recipe.name:
                self._model = replace(self._model, recipe=recipe)

    def source_in_use(self) -> FrameSource | None:
        """Return the source that the line runs on; None where none runs."""
        with self._guard:
            run = self._run
        return None if run is None or run.line.snapshot().finished else run.source

    def shut_down(self) -> None:
        """Stop the line and release the model; on the worker's thread."""
        if self._stuck is None:
            self._worker.guarded(self._stop)
        if self._model is not None:
            self._model.scorer.close()

    # -- the worker's side ----------------------------------------------------------------------------------

    def _load(self, pack: str | None, recipe: str | None) -> None:
        self._wanted = (pack, recipe)
        self._recall()
        self._stop()
        self._load_failed = True
        model = load_model(self._workbench, pack, recipe, self._worker.show_progress, in_use=self._model)
        self._load_failed = False
        asked = recipe_choice(self._workbench, model.recipe)
        with self._guard:
            old, self._model = self._model, model
            self._asked = asked
        if old is not None and old.base is not model.base:
            old.scorer.close()
        self._alarms.mended(STATION)
        if asked is not None and asked.missing is not None:
            self._alarms.raise_momentary(asked.missing, STATION)

    def _start(self, choice: SourceChoice) -> None:
        self._recall()
        self._stop()
        self._cameras.release()
        check_choice(choice)
        if self._model is None:
            # What was asked for and could not be loaded, never another model that happens to be there.
            self._load(*self._wanted)
        model = self._model
        if model is None:
            raise StationFault("app.no_model")
        self._alarms.follow(LOG, self._workbench.log.open(), AlarmSeverity.WARNING)
        with self._cameras.granted_to_line(self.source_in_use):
            bench = self._workbench
            run = prepare_run(bench.recipes, choice, model, bench.log, language=bench.language)
            run.line.start()
            with self._guard:
                self._carried = self._carried.after(self._run.line.snapshot() if self._run is not None else None)
                self._run = run
                self._run_id += 1
        for source in (STATION, LINE):
            self._alarms.mended(source)

    def _recall(self) -> None:
        """Go on counting where the log says that the last session ended; before the first run of this one."""
        if self._earlier is None:
            return
        try:
            counts = self._earlier()
        except (CraneError, CancelledError, TimeoutError) as error:
            _log.warning("the counters begin anew: %s", error)
            counts = Counts()
        self._earlier = None
        with self._guard:
            if self._carried.counts.since is None:  # nobody has reset them meanwhile
                self._carried = Carried(replace(counts, since=counts.since or datetime.now(UTC)))

    def _stop(self) -> None:
        if self._stuck is not None:
            raise self._stuck
        if self._run is not None and not self._run.stop(_STOP_WITHIN_S):
            self._stuck = does_not_stop()
            self._alarms.raise_alarm(self._stuck, STATION)
            raise self._stuck

    # -- inside ---------------------------------------------------------------------------------------------

    def _state(self, model: LoadedModel | None, shot: LineSnapshot | None) -> StationState:
        busy = self._worker.busy
        if busy is not None:
            return busy
        if self._stuck is not None:
            return StationState.ERROR
        if shot is not None and not shot.finished:
            return shot.state
        if model is None:
            return StationState.ERROR if self._load_failed else StationState.PREOPERATIONAL
        return StationState.READY

    def _follow(self, model: LoadedModel | None, shot: LineSnapshot | None) -> None:
        """Bring the alarms to what line and model say of themselves now."""
        with self._following:
            if shot is not None:
                self._line_alarms.follow(shot)
            of_model = (None, None) if model is None else (model.scorer.notice, model.scorer.unfit)
            if of_model != self._seen_of_model:
                self._seen_of_model = of_model
                self._alarms.follow(MODEL, () if model is None else model.faults())
