"""An evaluation goes on after a kill, to the same bits, and memory does not grow with the pictures."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from eventually import eventually
from filelock import FileLock
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation import checkpoint
from crane_desktop.evaluation.datasets.datasets import Dataset, read_dataset
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.evaluation.resume import fingerprint

Spots = Callable[..., Path]


class Dying:
    """A scorer that ends the run at one picture."""

    def __init__(self, scorer: Scorer, at: int = 10**9) -> None:
        self.info = scorer.info
        self.calls = 0
        self._scorer, self._at = scorer, at

    def score(self, pixels: NDArray[np.uint8]) -> Scored:
        self.calls += 1
        if self.calls == self._at:
            raise KeyboardInterrupt
        return self._scorer.score(pixels)

    def close(self) -> None:
        pass


def words(scorer: Scorer, data: Dataset, work: Path | None = None) -> str:
    return json.dumps(evaluate(scorer, data, work=work).as_dict())


@pytest.fixture
def two(write_spots: Spots, tmp_path: Path) -> Dataset:
    write_spots(tmp_path / "set" / "a", good=4, spotted=5)
    write_spots(tmp_path / "set" / "b", good=4, spotted=4, seed=1)
    return read_dataset(tmp_path / "set")


@pytest.mark.parametrize("every_s", [0.0, 1e9])
def test_it_goes_on_where_it_stopped(
    bright: Scorer, two: Dataset, tmp_path: Path, every_s: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "_SAVE_EVERY_S", every_s)
    whole = words(bright, two)
    for stop in (4, 9, 2):
        with pytest.raises(KeyboardInterrupt):
            words(Dying(bright, stop), two, tmp_path / "work")
    rest = Dying(bright)
    told: list[tuple[int, int]] = []
    found = evaluate(rest, two, work=tmp_path / "work", on_progress=lambda done, of: told.append((done, of)))
    assert json.dumps(found.as_dict()) == whole
    assert rest.calls == 17 - 3 - 8 - 1
    assert told[:3] == [(9, 17), (12, 17), (13, 17)]
    again = Dying(bright)
    assert words(again, two, tmp_path / "work") == whole
    assert again.calls == 0


def test_what_was_not_saved_is_scored_again(bright: Scorer, two: Dataset, tmp_path: Path) -> None:
    """As after a kill: lines beyond the last saved tally, the last one torn."""
    whole = words(bright, two)
    with pytest.raises(KeyboardInterrupt):
        words(Dying(bright, 4), two, tmp_path / "work")
    (lines,) = (tmp_path / "work").glob("*/0000.pictures")
    lines.write_bytes(lines.read_bytes() + lines.read_bytes().splitlines(True)[0] + b'12345678 {"score": 0.')
    assert words(bright, two, tmp_path / "work") == whole


@pytest.mark.parametrize("what", ["0000.pictures", "0000.tally"])
@pytest.mark.parametrize("how", ["cut", "flipped", "gone"])
def test_damaged_work_is_done_anew(bright: Scorer, two: Dataset, tmp_path: Path, what: str, how: str) -> None:
    whole = words(bright, two, tmp_path / "work")
    (file,) = (tmp_path / "work").glob(f"*/{what}")
    content = bytearray(file.read_bytes())
    if how == "gone":
        file.unlink()
    else:
        content[60] ^= 0x55
        file.write_bytes(content[:100] if how == "cut" else content)
    assert words(bright, two, tmp_path / "work") == whole


def test_work_belongs_to_one_model_and_one_set(bright: Scorer, two: Dataset, tmp_path: Path) -> None:
    words(bright, two, tmp_path / "work")
    before = fingerprint(two)
    sample = two.classes[0].test[0]
    sample.file.write_bytes(sample.file.read_bytes() + b" ")
    assert fingerprint(two) != before
    again = Dying(bright)
    words(again, two, tmp_path / "work")
    assert again.calls == 17
    assert len(list((tmp_path / "work").iterdir())) == 2


def test_work_belongs_to_one_memory_of_good_parts(bright: Scorer, two: Dataset, tmp_path: Path) -> None:
    calls = []
    for memory in ("a", "a", "b", "", ""):
        hybrid = Dying(bright)
        hybrid.info = replace(bright.info, good_parts=4)
        evaluate(hybrid, two, work=tmp_path / "work", memory=memory)
        calls.append(hybrid.calls)
    assert calls == [17, 0, 17, 17, 17]


def test_two_at_once_do_not_share_their_work(bright: Scorer, two: Dataset, tmp_path: Path) -> None:
    words(bright, two, tmp_path / "work")
    (place,) = (tmp_path / "work").iterdir()
    with FileLock(place / "lock"), pytest.raises(InputError) as caught:
        words(bright, two, tmp_path / "work")
    assert caught.value.key == "training.evaluated_elsewhere"


def test_work_that_cannot_be_kept_is_told(bright: Scorer, two: Dataset, tmp_path: Path) -> None:
    (tmp_path / "work").write_bytes(b"")
    with pytest.raises(InputError) as caught:
        words(bright, two, tmp_path / "work")
    assert caught.value.key == "training.cannot_keep"


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from crane_desktop.domain.maps import AnomalyMap, Placement, Scored
from crane_desktop.domain.ports import ScorerInfo
from crane_desktop.evaluation import checkpoint
from crane_desktop.evaluation.datasets.datasets import read_dataset
from crane_desktop.evaluation.evaluate import evaluate

checkpoint._SAVE_EVERY_S = 0.05

class Slow:
    info = ScorerInfo("bright", "1", "0" * 64, "crane", "full", 56, "cpu", "float32", False)

    def score(self, pixels):
        time.sleep(0.02)
        grey = pixels.astype(np.float32) / np.float32(255)
        return Scored(float(grey.mean()), AnomalyMap(grey, Placement(0, 0, *grey.shape[::-1])))

evaluate(Slow(), read_dataset(Path(sys.argv[1])), work=Path(sys.argv[2]))
"""


def test_after_a_kill_the_figures_are_the_same_to_the_last_bit(
    bright: Scorer, write_spots: Spots, tmp_path: Path
) -> None:
    place, work = write_spots(tmp_path / "set", good=60, spotted=60), tmp_path / "work"
    child = subprocess.Popen([sys.executable, "-c", KILLED, str(place), str(work)])
    eventually(lambda: list(work.glob("*/0000.tally")))
    time.sleep(0.2)
    child.kill()
    child.wait(10)
    data = read_dataset(place)
    rest = Dying(bright)
    found = words(rest, data, work)
    assert 0 < rest.calls < 120
    assert found == words(bright, data)


def test_memory_does_not_grow_with_the_pictures(bright: Scorer, write_spots: Spots, tmp_path: Path) -> None:
    """Ten times the pictures: a few numbers more each, and nothing of the size of a picture's tally."""
    write_spots(tmp_path / "few", good=20, spotted=20)
    for kind in ("test/good", "test/spot", "ground_truth/spot"):
        (tmp_path / "many" / kind).mkdir(parents=True)
        for file in (tmp_path / "few" / kind).iterdir():
            for copy in range(10):
                stem, mask, end = file.stem.removesuffix("_mask"), file.stem.endswith("_mask") * "_mask", file.suffix
                shutil.copy(file, tmp_path / "many" / kind / f"{stem}-{copy}{mask}{end}")
    peaks = []
    for name in ("few", "many"):
        data = read_dataset(tmp_path / name)
        tracemalloc.start()
        evaluate(bright, data, work=tmp_path / "work")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # The bootstrap's tables of 1,000 draws stay below some ten megabytes each, whatever the number of pictures.
    assert peaks[1] - peaks[0] < 30e6
    assert peaks[1] < 150e6
