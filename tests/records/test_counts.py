"""The counters' beginning is an event of the log, and the log alone tells what they show after a restart."""

from __future__ import annotations

from contextlib import closing
from datetime import timedelta
from pathlib import Path

from builders import BEGIN, entry

from crane_desktop.domain.balance import Counts
from crane_desktop.domain.events import Event, EventKind, counts_reset
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.settings.data_dir import DataDir


def counted(data: DataDir) -> Counts:
    with RecordReader(data) as reader:
        return reader.counts()


def test_what_is_counted_is_what_came_after_the_last_reset(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.prepare()
    assert counted(data) == Counts(None, {})
    with closing(SqliteInspectionLog(data)) as log:
        log.append([entry(n, Verdict.NG if n % 2 else Verdict.OK, pictures=False) for n in range(1, 8)])
        first = counted(data)
        assert first.verdicts == {Verdict.NG: 4, Verdict.OK: 3}
        assert first.since is not None
        reset = counts_reset(first.since, first.verdicts)
        log.note(Event(EventKind.COUNTS_RESET, None, reset.details, BEGIN + timedelta(seconds=60)))
        assert counted(data) == Counts(BEGIN + timedelta(seconds=60), {})
        late = [entry(n, Verdict.REVIEW, pictures=False, decided_at=BEGIN + timedelta(seconds=n)) for n in (61, 62)]
        log.append(late)
    assert counted(data) == Counts(BEGIN + timedelta(seconds=60), {Verdict.REVIEW: 2})
