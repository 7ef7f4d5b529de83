"""What the tests of the use cases share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from station_fixtures import *  # noqa: F403

from crane_desktop.domain.events import Event
from crane_desktop.records.queries import RecordReader
from crane_desktop.services.station_log import StationLog
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings, load_settings


@pytest.fixture
def bench(station_dir: Path) -> Iterator[Workbench]:
    """A station with the tiny pack, held by this program; nothing of the program's own log is set up."""
    data = DataDir(station_dir)
    data.prepare()
    settings = Settings(pack="試験用")
    with data.lock(), StationLog(data, settings) as log:
        yield Workbench(data, settings, "en", log)


@pytest.fixture
def reopened() -> Callable[[Workbench], Workbench]:
    """Give the same station as its settings on the disk say."""
    return lambda bench: replace(bench, settings=load_settings(bench.data.settings_file)[0])


@pytest.fixture
def noted() -> Callable[[Workbench], list[tuple[str, dict[str, Any]]]]:
    """Read the events of a station's log, oldest first: kind and details."""

    def read(bench: Workbench) -> list[tuple[str, dict[str, Any]]]:
        if not bench.data.log_file.exists():
            return []
        with RecordReader(bench.data) as reader:
            events: list[Event] = [row.event for row in reader.events()[::-1]]
        return [(event.kind.value, dict(event.details)) for event in events]

    return read


@pytest.fixture
def files_of() -> Callable[[Path], dict[str, bytes]]:
    """Read every file below a folder, by its path."""
    return lambda folder: {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
