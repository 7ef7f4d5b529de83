"""What every use case stands on: each new version of a recipe is noted, and a log that is taken costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from crane_desktop.domain.events import exported
from crane_desktop.records.verify import verify_log
from crane_desktop.services.station_log import StationLog
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings

Noted = Callable[[Workbench], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def free(bench: Workbench, tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """A station that no program holds."""
    data = DataDir(tmp_path_factory.mktemp("free"))
    data.prepare()
    return replace(bench, data=data, log=StationLog(data, Settings()))


def test_each_new_version_is_noted_with_its_change_and_ancestor(bench: Workbench, noted: Noted) -> None:
    first = bench.recipes.save("A", lambda now: now.changed(description="x"), who="me", why="first")
    bench.recipes.save("A", lambda now: now.changed(camera_features={"Gain": 2.0}), who="you", why="second")
    bench.recipes.save("A", lambda now: now, who="nobody", why="nothing changes")
    (one, two) = noted(bench)
    assert [kind for kind, _ in (one, two)] == ["recipe_changed"] * 2
    assert (one[1]["recipe"], one[1]["recipe_version"], one[1]["who"], one[1]["parent_sha256"]) == ("A", 1, "me", None)
    assert one[1]["recipe_sha256"] == first.sha256
    assert (two[1]["recipe_version"], two[1]["who"], two[1]["parent_sha256"]) == (2, "you", first.sha256)
    (difference,) = two[1]["differences"]
    assert difference["field"] == "camera_features.Gain"
    assert verify_log(bench.data).error is None


def test_a_log_that_cannot_be_written_costs_no_recipe(bench: Workbench, caplog: pytest.LogCaptureFixture) -> None:
    bench.data.log_file.write_bytes(b"no database, but long enough to be looked at " * 20)
    bench.recipes.save("A", lambda now: now.changed(description="x"), who="me", why="first")
    assert bench.recipes.head("A").description == "x"
    assert "recipe_changed" in caplog.text


def test_a_command_that_only_reads_notes_what_went_out_where_it_can(free: Workbench, noted: Noted) -> None:
    free.note_when_free(exported("records", "x.csv"))
    with free.data.lock():
        pass  # and lets the folder go again
    free.log.close()
    assert noted(free) == [("exported", {"what": "records", "file": "x.csv"})]


def test_where_another_program_holds_the_folder_it_is_told_and_nothing_waits(
    free: Workbench, noted: Noted, caplog: pytest.LogCaptureFixture
) -> None:
    with free.data.lock(), ThreadPoolExecutor(1) as other:
        other.submit(free.note_when_free, exported("records", "x.csv")).result(60)
    assert noted(free) == []
    assert "x.csv" in caplog.text
    assert not free.data.log_file.exists()
