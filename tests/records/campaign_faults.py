"""Every open, write, sync, rename, truncation and deletion of log, journal, anchor and pictures fails in turn.

``python tests/records/campaign_faults.py [--most N] [--progress FILE]`` writes a log with pictures again and again,
each time with another call that fails, beneath Python and SQLite (needs Linux and gcc), and ends with the sums:
acknowledged verdicts that are lost, verdicts OK that came of a fault, pictures that were removed, and proofs that were
wrong. A whole campaign takes some ten minutes; with ``--progress`` it goes on where it was stopped.
"""

from __future__ import annotations

import argparse
import errno
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # where the library is

from disk_faults import FailingDisk, build, environment

from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.events import EventKind, exported
from crane_desktop.domain.frames import Frame, FrameOrigin, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.migrate import prepare_database
from crane_desktop.records.queries import RecordReader
from crane_desktop.records.verify import verify_log
from crane_desktop.settings.data_dir import DataDir

FOR_EVER = 10**9
FAULTS = (("EIO", errno.EIO, 1), ("ENOSPC", errno.ENOSPC, 1), ("EIO, lasting", errno.EIO, FOR_EVER))
SUMS = ("acknowledged", "lost", "false_ok", "pictures", "removed", "wrong_proofs", "kept_from_opening")
BAD = ("lost", "false_ok", "removed", "wrong_proofs")
_BATCHES, _PARTS = 4, 2
_PIXELS = sealed_pixels(np.random.default_rng(1).integers(0, 256, (24, 32, 3), dtype=np.uint8))
_MAP = AnomalyMap(np.linspace(0, 1, 16, dtype=np.float32).reshape(4, 4), Placement(0, 0, 32, 24))
_JUDGE = JudgedBy("r", 1, "p", "1", "0" * 64, "0", "cpu")


def part(number: int) -> LogEntry:
    """A part with its pictures; every second one is OK."""
    origin = FrameOrigin(number, "faults", datetime.now(UTC), number)
    ok = number % 2 == 0
    inspection = Inspection(
        origin=origin,
        verdict=Verdict.OK if ok else Verdict.NG,
        reason=Reason(ReasonCode.BELOW_THRESHOLD if ok else ReasonCode.SCORE_OVER_THRESHOLD),
        judged_by=_JUDGE,
        decided_at=datetime.now(UTC),
        latency_ms=1.0,
        score=0.25 if ok else 0.75,
        threshold=0.5,
    )
    return LogEntry(inspection, Frame(_PIXELS, origin), _MAP)


def write(data: DataDir, told: dict[int, str], number: int, disk: FailingDisk) -> bool:
    """Write batches while the disk may fail, then one on a disk that works; False where the log did not open.

    `told` gets what each part was told: the verdict that the log acknowledged, or NONE.
    """
    try:
        log = SqliteInspectionLog(data, keep_images="all", reserve_mb=0)
    except CraneError:
        return False
    try:
        for batch in range(_BATCHES):
            if batch == _BATCHES - 1:
                disk.disarm()
            parts = [part(number + n) for n in range(_PARTS)]
            number += _PARTS
            try:
                log.append([*parts, exported("records", "x.csv")])
            except CraneError:
                told |= {one.inspection.origin.frame_id: "NONE" for one in parts}
            else:
                told |= {one.inspection.origin.frame_id: one.inspection.verdict.value for one in parts}
    finally:
        log.close()
    return True


def tried(folder: Path, at: int, error: int, many: int, disk: FailingDisk) -> dict[str, Any]:
    """Write a log whose `at`-th call fails, start again on a disk that works, and compare it with what was told."""
    data = DataDir(folder)
    told: dict[int, str] = {}
    write(data, told, 1, disk)
    disk.arm(data.records, at, error, many)
    opened = write(data, told, 1 + _BATCHES * _PARTS, disk)
    counted = disk.disarm()
    write(data, told, 1 + 2 * _BATCHES * _PARTS, disk)
    named, deleted = disk.pictures
    there = sum(1 for f in data.records.rglob("*.png") if not f.name.startswith("."))
    with RecordReader(data) as reader:
        rows = {row["frame_id"]: row["verdict"] for row in reader.rows_after(0, 10**6)}
        settled = [row.event.details for row in reader.events(limit=10**6, kind=EventKind.LOG_SETTLED)]
    recorded = {record_id for one in settled if one["recorded"] for record_id in one["records"]}
    kept = {frame: verdict for frame, verdict in told.items() if verdict != "NONE"}
    lost = [frame for frame, verdict in kept.items() if rows.get(frame) != verdict]
    oks = [frame for frame, verdict in rows.items() if verdict == "OK" and told.get(frame) != "OK"]
    proof = verify_log(data)
    return {
        "calls": counted.calls,
        "failed": counted.failed,
        "first": counted.first,
        "acknowledged": len(kept),
        "lost": len(lost),
        "false_ok": max(0, len(oks) - len(recorded)),
        "pictures": named,
        "removed": max(deleted, named - there),
        "wrong_proofs": int(proof.ok is bool(lost)),
        "kept_from_opening": int(not opened),
        "findings": [str(finding) for finding in proof.findings],
    }


def bed(template: Path, work: Path) -> None:
    """Serve: for every line ``AT ERROR MANY`` a process of its own tries that, and answers with a line."""
    disk = FailingDisk()
    logging.disable(logging.CRITICAL)
    for line in sys.stdin:
        at, error, many = map(int, line.split())
        folder = work / "station"
        shutil.copytree(template, folder)
        if not os.fork():
            said = json.dumps(tried(folder, at, error, many, disk))
            os.write(1, f"{said}\n".encode())
            os._exit(0)
        os.wait()
        shutil.rmtree(folder)
        os.write(1, b"over\n")


@contextmanager
def started_bed(work: Path) -> Iterator[subprocess.Popen[str]]:
    """Give a process whose disk can fail, with a data folder to start from."""
    template = DataDir(work / "template")
    template.prepare()
    prepare_database(template.log_file)
    words = [sys.executable, str(Path(__file__).resolve()), "--bed", str(template.root), str(work)]
    process = subprocess.Popen(
        words, env=environment(build(work)), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
    )
    try:
        yield process
    finally:
        process.communicate(timeout=60)


def ask(process: subprocess.Popen[str], at: int, error: int, many: int) -> dict[str, Any] | None:
    """Have one fault tried; None where the process that tried it came to no end of its own."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{at} {error} {many}\n")
    answer = process.stdout.readline()
    if answer == "over\n":
        return None
    assert process.stdout.readline() == "over\n", answer
    return dict(json.loads(answer))


def campaign(most: int | None, progress: Path | None) -> Counter[str]:
    """Try every call with every fault, or `most` of each evenly over all; return the sums."""
    sums: Counter[str] = Counter(dict.fromkeys((*SUMS, "tries", "died"), 0))
    done = [json.loads(line) for line in progress.read_text().splitlines()] if progress and progress.exists() else []
    known = {(one["fault"], one["at"]): one for one in done}
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, started_bed(Path(folder)) as process:
        whole = ask(process, FOR_EVER, errno.EIO, 1)
        assert whole is not None
        calls = int(whole["calls"])
        step = 1 if most is None else max(1, calls // most)
        for name, error, many in FAULTS:
            for at in range(1, calls + 1, step):
                one = known.get((name, at))
                if one is None:
                    one = {"fault": name, "at": at, **(ask(process, at, error, many) or {"died": 1})}
                    if progress is not None:
                        with progress.open("a") as file:
                            file.write(json.dumps(one) + "\n")
                sums["tries"] += 1
                sums.update({key: one.get(key, 0) for key in (*SUMS, "died")})
                if any(one.get(key, 0) for key in (*BAD, "died")):
                    sys.stderr.write(json.dumps(one) + "\n")
    return sums


def main() -> int:
    """Run the campaign; 0 where nothing bad came of it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--most", type=int, help="calls to try with each fault, evenly over all of them")
    options.add_argument("--progress", type=Path, help="a file that a stopped campaign goes on from")
    options.add_argument("--bed", nargs=2, type=Path, help=argparse.SUPPRESS)
    chosen = options.parse_args()
    if chosen.bed:
        bed(*chosen.bed)
        return 0
    sums = campaign(chosen.most, chosen.progress)
    sys.stdout.write(json.dumps(sums) + "\n")
    return int(any(sums[key] for key in (*BAD, "died")))


if __name__ == "__main__":
    sys.exit(main())
