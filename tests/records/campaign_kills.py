"""A line with pictures is ended by force, kill -9, at any moment, again and again; nothing acknowledged may be missing.

``python tests/records/campaign_kills.py [--kills N] [--progress FILE]`` runs the real line (acquire, inspect, record)
over the station's log with every picture kept, kills it at a random moment (while it opens, cleans up or writes), and
holds what the next start finds against what was told. It ends with the sums: acknowledged verdicts that are lost,
verdicts OK that nobody told, pictures that were removed, and proofs that were wrong. With ``--progress`` it goes on
where it was stopped.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from crane_desktop.domain.frames import EndOfFrames, Frame, FrameOrigin, SourceEvent, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo, SourceInfo
from crane_desktop.domain.station import Result
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.pipeline.line import Line
from crane_desktop.recipe.model import Recipe, Thresholds
from crane_desktop.records import log as _log_is_there_before_the_fork  # noqa: F401
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import verify_log
from crane_desktop.services.station_log import StationLog
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.store import Settings

SUMS = ("kills", "acknowledged", "lost", "false_ok", "pictures", "removed", "wrong_proofs")
BAD = ("lost", "false_ok", "removed", "wrong_proofs")
KILLS_IN_ONE_FOLDER = 20
_LONGEST_S = 0.6
_MOST_VERDICTS = 60
_FROM_BIRTH = 0.3
"""Share of the kills that come so long after the process was born; the others come after so many verdicts."""

_RECIPE = Recipe(name="r", thresholds=Thresholds(score_review=0.4, score_ng=0.6, map_review=0.8, map_ng=0.9))
_SIZE_PX = (96, 128)


class Source:
    """Parts one after the other, each with a picture of its own; no end."""

    info = SourceInfo("kill:1", "demo", True, "killed")

    def __init__(self) -> None:
        self._random = np.random.default_rng(os.getpid())
        self._number = 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    def next_event(self, timeout_s: float) -> SourceEvent | None:
        if self._number > 10**6:
            return EndOfFrames()
        self._number += 1
        pixels = self._random.integers(0, 256, (*_SIZE_PX, 3), dtype=np.uint8)
        return Frame(sealed_pixels(pixels), FrameOrigin(self._number, "kill:1", datetime.now(UTC), time.monotonic_ns()))


class Scorer:
    """Calls every third part NG, and every third one a case for review."""

    info = ScorerInfo("demo", "1", "ab" * 32, "crane", "full", 64, "cpu", "fp32", for_demonstration=True)
    _map = AnomalyMap(np.zeros((8, 8), np.float32), Placement(0, 0, _SIZE_PX[1], _SIZE_PX[0]))

    def __init__(self) -> None:
        self._number = 0

    def score(self, pixels: np.ndarray) -> Scored:
        self._number += 1
        return Scored(self._number % 3 / 3, self._map)

    def close(self) -> None: ...


def say(*words: object) -> None:
    """Tell the campaign; a line is written whole or not at all."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def told(result: Result) -> None:
    """Acknowledge a verdict: from here on it must never be lost."""
    if result.record_id is not None:
        say("verdict", result.record_id, result.inspection.verdict)


def run(data: DataDir) -> None:
    """Run the line until somebody kills it."""
    say("pid", os.getpid())
    with StationLog(data, Settings(keep_images="all", reserve_mb=100)) as log:
        log.open()
        line = Line(Source(), Scorer(), _RECIPE, log, software_version="0", on_result=told)
        line.start()
        line.join(60)


def look(data: DataDir, prove: bool) -> None:
    """Start the station after a kill, and tell what it finds."""
    before = pictures(data)
    with StationLog(data, Settings(keep_images="all")) as log:
        findings = [str(finding) for finding in log.open()]
        proof = verify_log(data) if prove else None
    with RecordReader(data) as reader:
        rows = {row.record_id: row.verdict.value for row in reader.page(limit=10**6)}
    kept = pictures(data)
    kept |= {f.name for folder in (data.quarantine, data.set_aside) for f in folder.rglob("*.png")}
    findings += [] if proof is None else [str(finding) for finding in proof.findings]
    say(json.dumps({"rows": rows, "findings": findings, "pictures": len(before), "removed": len(before - kept)}))


def pictures(data: DataDir) -> set[str]:
    """Return the names of the archive's pictures, without those that are being written."""
    return {f.name for f in data.images.rglob("*.png") if not f.name.startswith(".")}


def bed() -> None:
    """Serve: for every line ``run FOLDER`` or ``look FOLDER`` a process of its own, forked from this one."""
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        what, _, folder = line.rstrip("\n").partition(" ")
        if not os.fork():
            data = DataDir(Path(folder))
            data.prepare()
            run(data) if what == "run" else look(data, prove=True)
            os._exit(0)
        os.wait()
        say("over")


@dataclass
class Seen:
    """What the outside knows of one data folder."""

    acknowledged: dict[int, str] = field(default_factory=dict)

    def take(self, line: str) -> None:
        """Take an acknowledgement: ``verdict ID VERDICT``."""
        _, record_id, verdict = line.split()
        self.acknowledged[int(record_id)] = verdict


class Bed:
    """The process that lets lines go."""

    def __init__(self) -> None:
        words = [sys.executable, str(Path(__file__).resolve()), "--bed"]
        self._process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)

    def kill_a_line(self, folder: Path, verdicts: int, after_s: float, seen: Seen) -> None:
        """Let a line go and kill it so long after it told so many verdicts."""
        self._ask(f"run {folder}")
        pid = int(self._line().split()[1])
        for _ in range(verdicts):
            seen.take(self._line())
        time.sleep(after_s)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        while (line := self._line()) != "over":
            seen.take(line)

    def look(self, folder: Path) -> dict[str, Any]:
        """Start the station anew and return what it found."""
        self._ask(f"look {folder}")
        found = dict(json.loads(self._line()))
        assert self._line() == "over"
        return found

    def close(self) -> None:
        self._process.communicate(timeout=60)

    def _ask(self, words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(words + "\n")

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.endswith("\n"), "the bed is gone"
        return line.rstrip("\n")


def judged(found: dict[str, Any], seen: Seen, before: int) -> dict[str, int]:
    """Hold what a start found against what was told; `before` of the acknowledged are counted already."""
    rows = {int(record_id): verdict for record_id, verdict in found["rows"].items()}
    lost = [one for one, verdict in seen.acknowledged.items() if rows.get(one) != verdict]
    # The line's third part is OK, and nothing else is: what was under way counts as it was decided.
    false_ok = sum(1 for one, verdict in seen.acknowledged.items() if verdict != Verdict.OK and rows.get(one) == "OK")
    return {
        "kills": 1,
        "acknowledged": len(seen.acknowledged) - before,
        "lost": len(lost),
        "false_ok": false_ok,
        "pictures": found["pictures"],
        "removed": found["removed"],
        "wrong_proofs": int(bool(found["findings"]) is not bool(lost)),
    }


def campaign(kills: int, seed: int, progress: Path | None) -> Counter[str]:
    """Kill lines and return the sums."""
    done = [json.loads(line) for line in progress.read_text().splitlines()] if progress and progress.exists() else []
    sums: Counter[str] = Counter(dict.fromkeys(SUMS, 0))
    for one in done:
        sums.update({key: one[key] for key in SUMS})
    bed = Bed()
    try:
        while sums["kills"] < kills:
            with tempfile.TemporaryDirectory(prefix="kills-") as folder:
                seen = Seen()
                for _ in range(min(KILLS_IN_ONE_FOLDER, kills - sums["kills"])):
                    chance, before = random.Random(f"{seed} {sums['kills']}"), len(seen.acknowledged)
                    if chance.random() < _FROM_BIRTH:
                        bed.kill_a_line(Path(folder), 0, chance.uniform(0.0, _LONGEST_S), seen)
                    else:
                        bed.kill_a_line(Path(folder), chance.randint(1, _MOST_VERDICTS), chance.uniform(0.0, 0.1), seen)
                    found = bed.look(Path(folder))
                    one = judged(found, seen, before)
                    sums.update(one)
                    if progress is not None:
                        with progress.open("a") as file:
                            file.write(json.dumps(one) + "\n")
                    if any(one[key] for key in BAD):
                        sys.stderr.write(json.dumps(one | {"findings": found["findings"]}) + "\n")
    finally:
        bed.close()
    return sums


def main() -> int:
    """Run the campaign; 0 where nothing bad came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=20260331)
    options.add_argument("--progress", type=Path, help="a file that a stopped campaign goes on from")
    options.add_argument("--bed", action="store_true", help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.bed:
        bed()
        return 0
    sums = campaign(chosen.kills, chosen.seed, chosen.progress)
    sys.stdout.write(json.dumps(sums) + "\n")
    return int(any(sums[key] for key in BAD))


if __name__ == "__main__":
    sys.exit(main())
