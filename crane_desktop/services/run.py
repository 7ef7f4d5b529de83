"""The one way to prepare a run: source, corrections, outputs, log and line, for whoever asks for it.

Window, command line, several cameras at once and the self-test all come through here, and so will the plant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from crane_desktop import __version__
from crane_desktop.domain.alarms import AlarmSeverity
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.ports import FrameSource, InspectionLog, Output, Scorer
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Result
from crane_desktop.pipeline.line import Line
from crane_desktop.pipeline.sharing import SharedScorer
from crane_desktop.plant.camera_line import CameraLineOutput
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import RecipeStore
from crane_desktop.services.alarms import AlarmList, LineAlarms
from crane_desktop.services.corrections import corrector_of
from crane_desktop.services.model_loading import LoadedModel, load_model
from crane_desktop.services.sources import make_source
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.texts import Language

LOG = "log"
"""What alarms about the log itself are about."""


@dataclass(frozen=True, slots=True)
class Run:
    """A line that is ready to start, with the outputs that its verdicts are reported to."""

    line: Line
    source: FrameSource
    outputs: tuple[Output, ...] = ()

    def stop(self, timeout_s: float) -> bool:
        """Stop the line, then bring its outputs to their safe state; False where a thread of the line hangs."""
        stopped = self.line.stop(timeout_s=timeout_s)
        if stopped:
            self.close()
        return stopped

    def close(self) -> None:
        """Bring the outputs to their safe state and release them. Idempotent."""
        for output in self.outputs:
            output.close()


def check_choice(choice: SourceChoice) -> None:
    """Find what is wrong with a choice before a model is loaded for it; a folder is looked into, no camera is opened.

    Raises
    ------
    InputError
        If it makes no sense, or its folder has no pictures.
    """
    make_source(choice)
    if choice.kind == "folder" and choice.path:
        from crane_desktop.camera.pictures.listing import list_folder

        list_folder(Path(choice.path))


def prepare_run(
    recipes: RecipeStore,
    choice: SourceChoice,
    model: LoadedModel,
    log: InspectionLog,
    *,
    scorer: Scorer | None = None,
    on_result: Callable[[Result], None] | None = None,
    language: Language | None = None,
) -> Run:
    """Put a line together; nothing is opened and nothing runs yet.

    Parameters
    ----------
    recipes
        Where the recipe's version can be read again later: one that nobody stored is kept there now.
    scorer
        What asks the model, where several lines share it; None: the model itself.
    on_result
        Called with every verdict once it is durable, on the line's thread; must return soon.
    language
        Of what the source says about a picture that cannot be judged; None: the system's.

    Raises
    ------
    InputError
        If the choice makes no sense, a reference picture of the recipe is gone, or the recipe cannot be kept.
    """
    corrector = corrector_of(recipes.data, model.recipe)
    source, outputs = source_with_outputs(choice, model.recipe, corrector, language)
    line = Line(
        source,
        scorer or model.scorer,
        model.recipe,
        log,
        outputs=outputs,
        software_version=__version__,
        on_result=on_result,
        judge_ready=model.ready,
        recipe_sha256=recipes.keep(model.recipe),
    )
    return Run(line, source, outputs)


@dataclass(frozen=True, slots=True)
class OpenedRuns:
    """Runs that stand on one model and one log, with the alarms of all."""

    model: LoadedModel
    runs: tuple[Run, ...]
    alarms: tuple[LineAlarms, ...]
    findings: tuple[StationFault, ...] = ()
    """What people must know before they rely on the log; no run ends for it."""

    def follow(self) -> None:
        """Note in the log which alarms have come and gone; to be called again and again from one thread."""
        for run, alarms in zip(self.runs, self.alarms, strict=True):
            alarms.follow(run.line.snapshot())


@contextmanager
def opened_runs(
    workbench: Workbench,
    choices: Sequence[SourceChoice],
    *,
    pack: str | None,
    recipe: str | None,
    on_result: Callable[[int, Result], None] = lambda _number, _result: None,
) -> Iterator[OpenedRuns]:
    """Give one run for each choice, all on one model and one log; afterwards everything is released.

    The data folder must be locked by the caller, who starts and stops the lines.

    Parameters
    ----------
    on_result
        Called with the number of the run and each of its verdicts.

    Raises
    ------
    InputError
        If a source, pack or recipe is wrong.
    """
    for choice in choices:
        check_choice(choice)
    with ExitStack() as stack:
        model = load_model(workbench, pack, recipe, lambda _key, _fraction: None)
        stack.callback(model.scorer.close)
        scorer: Scorer | None = None
        if len(choices) > 1:
            shared = SharedScorer(model.scorer)
            stack.callback(shared.close)
            scorer = shared
        findings = workbench.log.open()
        runs = []
        for number, choice in enumerate(choices):

            def report(result: Result, number: int = number) -> None:
                on_result(number, result)

            run = prepare_run(
                workbench.recipes,
                choice,
                model,
                workbench.log,
                scorer=scorer,
                on_result=report,
                language=workbench.language,
            )
            stack.callback(run.close)
            runs.append(run)
        alarms = AlarmList(workbench.note)
        alarms.follow(LOG, findings, AlarmSeverity.WARNING)
        of_lines = tuple(LineAlarms(alarms, run.source.info.source_id) for run in runs)
        opened = OpenedRuns(model, tuple(runs), of_lines, findings)
        yield opened
        opened.follow()


def does_not_stop() -> StationFault:
    """Return what to tell people about a line whose threads hang."""
    return StationFault("app.line_does_not_stop")


def source_with_outputs(
    choice: SourceChoice, recipe: Recipe, corrector: Corrector | None = None, language: Language | None = None
) -> tuple[FrameSource, tuple[CameraLineOutput, ...]]:
    """Return the source and its outputs; those belong to the caller, who closes them after the line.

    A recipe that only shows drives nothing, and so does any source but a camera.

    Raises
    ------
    InputError
        If the choice makes no sense.
    """
    signal = recipe.reject_signal if recipe.thresholds is not None else None
    if signal is None or choice.kind != "genicam":
        return make_source(choice, recipe.camera_features, corrector=corrector, language=language), ()
    from crane_desktop.camera.genicam.reconnect import ReconnectingSource

    source = make_source(choice, recipe.camera_features, signal.setting(), corrector)
    if not isinstance(source, ReconnectingSource):
        raise TypeError(f"a camera without lines: {source.info.source_id}")
    return source, (CameraLineOutput(source.signals, signal),)
