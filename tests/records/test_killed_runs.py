"""A line that is ended by force, kill -9, at any moment: from the log alone its balance is even and hides nothing."""

from __future__ import annotations

import os
import random
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from crane_desktop.domain.balance import Balance
from crane_desktop.domain.events import EventKind, RunEnd, told_counts
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.history import RunRow
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import verify_log
from crane_desktop.settings.data_dir import DataDir

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")

_KILLS = 4
_TRUTH = struct.Struct("<qq")
"""Frames and losses that the source has had, as it counts them itself."""

_NURSERY = """
import itertools, mmap, os, struct, sys, time
from datetime import UTC, datetime
from pathlib import Path
import numpy as np
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameOrigin, FramesLost, LossCause, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
from crane_desktop.pipeline import journal
from crane_desktop.pipeline.line import Line
from crane_desktop.recipe.model import Recipe, Thresholds
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.settings.data_dir import DataDir

journal.PROGRESS_EVERY_S = 0.03
RECIPE = Recipe(name="r", thresholds=Thresholds(score_review=0.4, score_ng=0.6, map_review=0.8, map_ng=0.9))
PIXELS = sealed_pixels(np.zeros((4, 4), np.uint8))

def say(*words):
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

class Source:
    def __init__(self, every_part, most, truth):
        self.info = SourceInfo("kill:1", "demo", every_part, "killed")
        self.most, self.truth, self.number, self.lost = most, truth, 0, 0
    def open(self): pass
    def close(self): pass
    def next_event(self, timeout_s):
        if self.number >= self.most:
            return EndOfFrames()
        lose = self.number % 10 == 4
        self.number += 2 if lose else 1
        self.lost += 2 if lose else 0
        # Told before the line hears of it: the line can never know more.
        self.truth[:] = struct.pack("<qq", self.number, self.lost)
        origin = FrameOrigin(self.number, "kill:1", datetime.now(UTC), time.monotonic_ns())
        if lose:
            return FramesLost(origin, 2, LossCause.LOST)
        time.sleep(0.001)
        return Frame(PIXELS, origin)

class Scorer:
    info = ScorerInfo("demo", "1", "ab" * 32, "crane", "full", 64, "cpu", "fp32", for_demonstration=True)
    numbers = itertools.count()
    def score(self, pixels):
        time.sleep(0.003)
        return Scored(next(self.numbers) % 3 / 3, AnomalyMap(np.zeros((2, 2), np.float32), Placement(0, 0, 4, 4)))
    def close(self): pass

def run(folder, every_part, most, truth_file):
    with open(truth_file, "r+b") as file:
        truth = mmap.mmap(file.fileno(), 16)
    log = SqliteInspectionLog(DataDir(Path(folder)), keep_images="none")
    line = Line(Source(every_part, most, truth), Scorer(), RECIPE, log, software_version="0",
                on_result=lambda r: say("verdict", r.record_id, r.inspection.verdict))
    say("run", line.run, os.getpid())
    line.start()
    line.join(60)
    line.stop()
    log.close()
    say("over")

for command in sys.stdin:
    folder, kind, most, truth_file = command.rstrip("\\n").split("\\t")
    child = os.fork()
    if not child:
        run(folder, kind == "parts", int(most), truth_file)
        os._exit(0)
    os.waitpid(child, 0)
    say("gone")
"""


@dataclass
class Killed:
    """What the outside knows of a run: who it was, what it acknowledged, what its source truly had."""

    run: str
    acknowledged: dict[int, str] = field(default_factory=dict)
    frames: int = 0
    losses: int = 0


class Nursery:
    """A process that has everything imported, and lets a real process per run go from there."""

    def __init__(self, folder: Path, truth: Path) -> None:
        self._folder, self._truth = folder, truth
        self._process = subprocess.Popen(
            [sys.executable, "-c", _NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def run(self, kind: str, frames: int, until: Callable[[Killed], bool]) -> Killed:
        """Let a run go, kill it as soon as `until`, and return what was seen of it."""
        assert self._process.stdin is not None
        self._truth.write_bytes(_TRUTH.pack(0, 0))
        self._process.stdin.write(f"{self._folder}\t{kind}\t{frames}\t{self._truth}\n")
        _, run, pid = self._words()
        seen = Killed(run)
        while not until(seen):
            words = self._words()
            if words == ["over"]:
                break
            seen.acknowledged[int(words[1])] = words[2]
        else:
            os.kill(int(pid), signal.SIGKILL)
        while (words := self._words()) != ["gone"]:
            if words[0] == "verdict":
                seen.acknowledged[int(words[1])] = words[2]
        seen.frames, seen.losses = _TRUTH.unpack(self._truth.read_bytes())
        return seen

    def _words(self) -> list[str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.endswith("\n"), "the nursery is gone"
        return line.split()

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def nursery(with_log: DataDir, tmp_path: Path) -> Iterator[Nursery]:
    with closing(Nursery(with_log.root, tmp_path / "truth")) as made:
        yield made


def last_word(data: DataDir, run: str) -> tuple[Balance, int]:
    with RecordReader(data) as reader:
        told = reader.events(run=run, kind=EventKind.RUN_PROGRESS, limit=1)
    return told_counts(told[0].event.details) if told else (Balance(), 0)


def proven(data: DataDir, killed: Killed) -> RunRow:
    """The run as the log alone tells it, held against what the outside saw."""
    with RecordReader(data) as reader:
        row = reader.run(killed.run)
        records = {r.record_id: r.verdict.value for r in reader.page(limit=10**6) if r.run == killed.run}
    assert killed.acknowledged.items() <= records.items()
    balance = row.balance
    assert sum(balance.verdicts.values()) == len(records)
    parts = len(records) + sum(balance.losses.values()) + balance.not_recorded + balance.unknown
    assert balance.frames == parts <= killed.frames
    assert balance.losses.get(LossCause.LOST, 0) <= killed.losses
    told, _ = last_word(data, killed.run)
    assert balance.frames >= told.frames
    assert balance.losses == {cause: count for cause, count in told.losses.items() if count}
    return row


@pytest.mark.parametrize("kind", ["free", "parts"])
def test_a_killed_run_balances_from_the_log_alone(with_log: DataDir, nursery: Nursery, kind: str) -> None:
    chance = random.Random(f"{kind} 20260331")
    killed = []
    for _ in range(_KILLS):
        after = chance.randrange(1, 60)
        killed.append(nursery.run(kind, 10**6, lambda seen, after=after: len(seen.acknowledged) >= after))
    whole = nursery.run(kind, 60, lambda _seen: False)

    with closing(SqliteInspectionLog(with_log)):
        pass  # the next start of the program
    assert verify_log(with_log).error is None
    rows = [proven(with_log, one) for one in killed]
    assert all((row.ended_at, row.why, row.balance.ended) == (None, None, False) for row in rows)
    assert any(row.balance.losses for row in rows), "losses are known of, though the program never ended"
    if kind == "parts":
        assert all(LossCause.SKIPPED not in row.balance.losses for row in rows)

    with RecordReader(with_log) as reader:
        end = reader.run(whole.run)
        stats = reader.stats()
    assert (end.why, end.balance.unknown, end.balance.frames) == (RunEnd.SOURCE_ENDED, 0, whole.frames)
    assert end.balance.losses[LossCause.LOST] == whole.losses
    assert stats["runs"] == _KILLS + 1
    assert stats["unknown"] == sum(row.balance.unknown for row in rows)


def test_a_run_killed_before_its_first_verdict_is_known_to_have_begun_or_took_no_frame(
    with_log: DataDir, nursery: Nursery
) -> None:
    """No frame is taken before the run's beginning is durable: there is nothing that could be missing silently."""
    for _ in range(3):
        killed = nursery.run("parts", 10**6, lambda _seen: True)
        with RecordReader(with_log) as reader:
            known = any(row.run == killed.run for row in reader.runs())
        assert known or killed.frames == 0
    assert verify_log(with_log).error is None
