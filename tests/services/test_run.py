"""One way to prepare a run: for one source or several, and everything is released afterwards, whatever fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest
from recipe_fixtures import stored_fields

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.process.logs import stop_logs
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.domain.station import Result
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.reject_signal import RejectSignal
from crane_desktop.recipe.thresholds import Thresholds
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.run import check_choice, opened_runs, source_with_outputs
from crane_desktop.services.workbench import Workbench

PACK = "試験用"
WITHIN_S = 60.0
LIMITS = Thresholds(score_review=0.4, score_ng=0.5, map_review=0.4, map_ng=0.5)
SIGNAL = RejectSignal.model_validate({"line": "Line1", "pulse_ms": 20.0, "delay_ms": 100.0})


@pytest.fixture
def workbench(station_dir: Path) -> Iterator[Workbench]:
    opened = open_workbench(station_dir)
    with opened.data.lock():
        yield opened
        opened.log.close()
    stop_logs()


@pytest.fixture
def closed_models(monkeypatch: pytest.MonkeyPatch) -> list[CraneScorer]:
    closed: list[CraneScorer] = []
    real = CraneScorer.close

    def close(self: CraneScorer) -> None:
        closed.append(self)
        real(self)

    monkeypatch.setattr(CraneScorer, "close", close)
    return closed


def demo(frames: int, seed: int = 4) -> SourceChoice:
    return SourceChoice(kind="demo", frames=frames, seed=seed)


def test_one_source_is_judged_and_recorded(
    workbench: Workbench, log_of: Callable[[Path], list[HistoryRow]], closed_models: list[CraneScorer]
) -> None:
    results: list[tuple[int, Result]] = []
    with opened_runs(
        workbench, [demo(3)], pack=PACK, recipe=None, on_result=lambda number, result: results.append((number, result))
    ) as opened:
        model, runs = opened.model, opened.runs
        (run,) = runs
        run.line.start()
        assert run.line.join(WITHIN_S)
        assert run.stop(WITHIN_S)
        assert (model.recipe.name, run.line.snapshot().balance.judged) == ("default", 3)
    assert [number for number, _result in results] == [0, 0, 0]
    assert [row.record_id for row in log_of(workbench.data.root)] == [result.record_id for _, result in results]
    assert closed_models


def test_every_record_names_the_recipe_that_judged_it_and_it_can_be_read_again(workbench: Workbench) -> None:
    stored_fields(workbench.data, name="部品A", pack=PACK, description="版1")
    for recipe in ("部品A", None):
        with opened_runs(workbench, [demo(1)], pack=PACK, recipe=recipe) as opened:
            opened.runs[0].line.start()
            assert opened.runs[0].line.join(WITHIN_S)
    stored_fields(workbench.data, name="部品A", pack=PACK, description="版2")
    with RecordReader(workbench.data) as reader:
        named = [row["recipe_sha256"] for row in reader.rows_after(0, 10)]
    read = [workbench.recipes.by_sha256(sha256) for sha256 in named]
    assert [(recipe.name, recipe.description) for recipe in read] == [("部品A", "版1"), ("default", "")]
    assert read[1].thresholds is not None


def test_several_sources_share_one_model_and_one_log(
    workbench: Workbench, log_of: Callable[[Path], list[HistoryRow]]
) -> None:
    seen: list[int] = []
    guard = threading.Lock()

    def note(number: int, _result: Result) -> None:
        with guard:
            seen.append(number)

    with opened_runs(workbench, [demo(3), demo(2, seed=5)], pack=PACK, recipe=None, on_result=note) as opened:
        runs = opened.runs
        for run in runs:
            run.line.start()
        assert all(run.line.join(WITHIN_S) for run in runs)
        assert [run.line.snapshot().balance.judged for run in runs] == [3, 2]
        assert all(run.stop(WITHIN_S) for run in runs)
    assert sorted(seen) == [0, 0, 0, 1, 1]
    assert len(log_of(workbench.data.root)) == 5


@pytest.mark.parametrize(
    ("choices", "key"),
    [
        ([SourceChoice(kind="webcam")], "camera.source_unknown"),
        ([SourceChoice(kind="folder")], "camera.folder_not_given"),
        ([SourceChoice(kind="demo", frames=1), SourceChoice(kind="webcam")], "camera.source_unknown"),
    ],
    ids=["unknown", "no folder", "the second one"],
)
def test_a_wrong_choice_is_told_before_a_model_is_loaded(
    workbench: Workbench, choices: list[SourceChoice], key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crane_desktop.services.run.load_model", lambda *_words: 1 / 0)
    with pytest.raises(InputError) as error, opened_runs(workbench, choices, pack=PACK, recipe=None):
        raise AssertionError("a wrong choice was prepared")
    assert error.value.key == key


def test_a_log_that_cannot_be_opened_releases_the_model(workbench: Workbench, closed_models: list[CraneScorer]) -> None:
    workbench.data.log_file.write_bytes(b"no database" * 100)
    with pytest.raises(InputError), opened_runs(workbench, [demo(1)], pack=PACK, recipe=None):
        raise AssertionError("a run without a log was prepared")
    assert closed_models


def test_a_sound_choice_opens_no_camera() -> None:
    check_choice(SourceChoice(kind="genicam", device="SN1"))
    assert active_children() == []


def test_a_folder_is_looked_into_before_a_model_is_loaded(workbench: Workbench, tmp_path: Path) -> None:
    for folder, key in (("not there", "camera.folder_missing"), ("", "camera.folder_empty")):
        choice = SourceChoice(kind="folder", path=str(tmp_path / "pictures" / folder))
        (tmp_path / "pictures").mkdir(exist_ok=True)
        with pytest.raises(InputError) as error, opened_runs(workbench, [choice], pack="no such pack", recipe=None):
            raise AssertionError("a folder without pictures was prepared")
        assert error.value.key == key


class TestOutputs:
    def test_a_camera_of_a_recipe_with_a_signal_drives_its_line(self) -> None:
        recipe = Recipe(name="A", thresholds=LIMITS, reject_signal=SIGNAL)
        source, outputs = source_with_outputs(SourceChoice(kind="genicam"), recipe)
        assert (source.info.kind, len(outputs)) == ("genicam", 1)
        for output in outputs:
            output.close()

    @pytest.mark.parametrize(
        ("choice", "recipe"),
        [
            (SourceChoice(kind="genicam"), Recipe(name="A", reject_signal=SIGNAL)),
            (SourceChoice(kind="genicam"), Recipe(name="A", thresholds=LIMITS)),
            (SourceChoice(kind="demo"), Recipe(name="A", thresholds=LIMITS, reject_signal=SIGNAL)),
        ],
        ids=["it only shows", "it has no signal", "there is no camera"],
    )
    def test_nothing_else_does(self, choice: SourceChoice, recipe: Recipe) -> None:
        assert source_with_outputs(choice, recipe)[1] == ()
