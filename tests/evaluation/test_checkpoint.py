"""An evaluation goes on after a kill, to the same bits, and memory does not grow with the pictures."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from eventually import eventually
from filelock import FileLock
from numpy.typing import NDArray

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.maps import Scored
from crane_desktop.domain.ports import Scorer
from crane_desktop.evaluation import checkpoint as checkpoint_module
from crane_desktop.evaluation.checkpoint import ClassCheckpoint
from crane_desktop.evaluation.datasets.datasets import Dataset, read_dataset
from crane_desktop.evaluation.evaluate import evaluate
from crane_desktop.evaluation.pixel_metrics import PictureTally, PixelTally
from crane_desktop.evaluation.resume import fingerprint, work_folder

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
    monkeypatch.setattr(checkpoint_module, "_SAVE_EVERY_S", every_s)
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


class Done:
    """What a class came to, told apart to the last bit."""

    def __init__(self, checkpoint: ClassCheckpoint) -> None:
        self.words = [
            (
                repr(p.score),
                p.defective,
                p.blank,
                None if p.tally is None else [a.tobytes() for a in arrays_of(p.tally)],
            )
            for p in checkpoint.pictures()
        ]
        self.counts = checkpoint.tally.counts.copy()
        self.overlap = checkpoint.tally.overlap.copy()
        self.regions = checkpoint.tally.regions

    def same(self, other: Done) -> bool:
        sums = np.array_equal(self.counts, other.counts) and np.array_equal(self.overlap, other.overlap)
        return sums and self.words == other.words and self.regions == other.regions


def arrays_of(tally: PictureTally) -> tuple[NDArray[np.generic], ...]:
    return tally.bins, tally.good, tally.defective, tally.overlap


def scored(number: int) -> tuple[float, bool, NDArray[np.float32] | None, NDArray[np.bool_] | None]:
    """Picture by picture the kinds there are: good, drawn, blank, without a mask, without an answer."""
    rng = np.random.default_rng(number)
    values = rng.random((3, 4)).astype(np.float32)
    mask = np.zeros((3, 4), bool)
    if number % 5 == 1:
        mask[1, 1:3] = True
    if number % 5 == 3:
        return float("nan"), True, None, None
    return float(rng.random()), number % 5 != 0, None if number % 5 == 4 else values, None if number % 5 == 4 else mask


def finish(folder: Path, upto: int, start: int = 0) -> Done:
    """Take in what is still missing, as an evaluation does, and return what the class came to."""
    checkpoint = ClassCheckpoint(folder, 0, durable=True)
    try:
        for number in range(max(start, checkpoint.count), upto):
            score, defective, values, mask = scored(number)
            checkpoint.add(score, defective=defective, values=values, mask=mask)
        done = Done(checkpoint)
        checkpoint.save()
        return done
    finally:
        checkpoint.close()


@pytest.fixture(scope="module")
def half_done(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes, Done]:
    """The two files of four pictures, and what nine of them come to."""
    folder = tmp_path_factory.mktemp("half")
    finish(folder, 4)
    files = (folder / "0000.pictures").read_bytes(), (folder / "0000.tally").read_bytes()
    return *files, finish(tmp_path_factory.mktemp("whole"), 9)


def put(folder: Path, lines: bytes, tally: bytes) -> None:
    (folder / "0000.pictures").write_bytes(lines)
    (folder / "0000.tally").write_bytes(tally)


def test_cut_at_any_byte_the_lines_are_taken_up_whole_or_done_anew(
    half_done: tuple[bytes, bytes, Done], tmp_path: Path
) -> None:
    lines, tally, _ = half_done
    last = lines.rstrip(b"\n").rindex(b"\n")
    for end in (*range(0, last, 9), *range(last, len(lines) + 1)):  # every line is made alike
        put(tmp_path, lines[:end], tally)
        checkpoint = ClassCheckpoint(tmp_path, 0, durable=True)
        checkpoint.close()
        assert checkpoint.count == (4 if end == len(lines) else 0), end
        assert (checkpoint.tally.counts.any() > 0) == (end == len(lines)), end


@pytest.mark.parametrize("share", np.linspace(0, 1, 9))
def test_whatever_a_cut_left_the_rest_comes_to_the_same_bits(
    half_done: tuple[bytes, bytes, Done], tmp_path: Path, share: float
) -> None:
    lines, tally, whole = half_done
    put(tmp_path, lines[: round(share * len(lines))], tally)
    assert finish(tmp_path, 9).same(whole)
    put(tmp_path, lines, tally[: round(share * len(tally))])
    assert finish(tmp_path, 9).same(whole)


@pytest.mark.parametrize("end", range(0, 240, 12))
def test_lines_beyond_the_saved_ones_are_cut_off_wherever_they_end(
    half_done: tuple[bytes, bytes, Done], tmp_path: Path, end: int
) -> None:
    lines, tally, whole = half_done
    put(tmp_path, lines + lines[:end], tally)
    assert finish(tmp_path, 9).same(whole)


def test_a_flipped_byte_anywhere_in_the_lines_begins_anew(half_done: tuple[bytes, bytes, Done], tmp_path: Path) -> None:
    lines, tally, _ = half_done
    first = lines.index(b"\n") + 1
    for at in (*range(first), *range(first, len(lines), 11)):  # every line is made alike
        put(tmp_path, lines[:at] + bytes([lines[at] ^ 0x10]) + lines[at + 1 :], tally)
        checkpoint = ClassCheckpoint(tmp_path, 0, durable=True)
        checkpoint.close()
        assert checkpoint.count == 0, at


def test_a_tally_cut_anywhere_begins_anew(half_done: tuple[bytes, bytes, Done], tmp_path: Path) -> None:
    lines, tally, _ = half_done
    for end in (*range(0, len(tally), 61), len(tally) - 1):
        put(tmp_path, lines, tally[:end])
        checkpoint = ClassCheckpoint(tmp_path, 0, durable=True)
        checkpoint.close()
        assert checkpoint.count == 0, end


@pytest.mark.parametrize("pictures", [0, 3, 5])
def test_a_tally_of_another_number_of_pictures_begins_anew(
    half_done: tuple[bytes, bytes, Done], tmp_path: Path, pictures: int
) -> None:
    lines, _, whole = half_done
    facts = {"pictures": pictures, "bytes": len(lines), "regions": 1}
    put(tmp_path, lines, checkpoint_module._packed(PixelTally(), facts))
    assert finish(tmp_path, 9).same(whole)


def test_an_interrupted_picture_is_not_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tally with half a picture in it would count that picture twice after the next start."""
    finish(tmp_path, 2)
    checkpoint = ClassCheckpoint(tmp_path, 0, durable=True)
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint_module, "_line", lambda _picture: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            checkpoint.add(0.5, defective=True, values=np.ones((3, 4), np.float32), mask=np.ones((3, 4), bool))
    checkpoint.save()
    checkpoint.close()
    assert finish(tmp_path, 5).same(finish_elsewhere(tmp_path, 5))


def finish_elsewhere(folder: Path, upto: int) -> Done:
    (folder / "again").mkdir()
    return finish(folder / "again", upto)


def test_what_nobody_comes_back_for_is_not_saved(tmp_path: Path) -> None:
    checkpoint = ClassCheckpoint(tmp_path, 3, durable=False)
    checkpoint.add(0.25, defective=False, values=None, mask=None)
    checkpoint.save()
    assert [p.score for p in checkpoint.pictures()] == [0.25]
    checkpoint.close()
    assert [file.name for file in tmp_path.iterdir()] == ["0003.pictures"]


def test_a_full_disk_is_told_with_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = ClassCheckpoint(tmp_path, 0, durable=True)
    checkpoint.add(0.25, defective=False, values=None, mask=None)

    def full(*_args: object, **_named: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint_module, "write_atomic", full)
    with pytest.raises(InputError) as caught:
        checkpoint.save()
    checkpoint.close()
    assert caught.value.key == "training.cannot_keep"
    assert caught.value.params["folder"] == tmp_path
    assert "No space" in str(caught.value.params["detail"])


@pytest.mark.parametrize("what", ["label", "mask", "name", "size", "time", "gone", "order", "class"])
def test_any_other_test_part_has_another_name(two: Dataset, what: str) -> None:
    before = fingerprint(two)
    first = two.classes[0]
    sample = first.test[-1]
    tests = list(first.test)
    if what == "label":
        tests[-1] = replace(sample, defect="scratch")
    elif what == "mask":
        tests[-1] = replace(sample, mask_file=None)
    elif what == "name":
        tests[-1] = replace(sample, file=sample.file.rename(sample.file.with_name("other.png")))
    elif what == "size":
        sample.file.write_bytes(sample.file.read_bytes() + b"x")
    elif what == "time":
        os.utime(sample.file, ns=(1, 1))
    elif what == "gone":
        sample.file.unlink()
    elif what == "order":
        tests.reverse()
    classes = (replace(first, test=tuple(tests), name="c" if what == "class" else first.name), *two.classes[1:])
    assert fingerprint(replace(two, classes=classes)) != before
    assert fingerprint(two) == fingerprint(two)


def test_good_training_pictures_are_no_part_of_the_name(two: Dataset) -> None:
    more = tuple(replace(c, train_good=c.test[:1]) for c in two.classes)
    assert fingerprint(replace(two, classes=more)) == fingerprint(two)


def test_the_folder_is_free_again_after_an_error(bright: Scorer, two: Dataset, tmp_path: Path) -> None:
    def failing() -> None:
        with work_folder(tmp_path / "work", bright.info, two) as place:
            assert json.loads((place / "key.json").read_text())["dataset"] == fingerprint(two)
            raise RuntimeError("once")

    for _ in range(2):
        with pytest.raises(RuntimeError, match="once"):
            failing()
    with work_folder(None, bright.info, two) as passing:
        assert passing.is_dir()
    assert not passing.exists()


@pytest.mark.parametrize(
    "change", [{"pack_sha256": "1" * 64}, {"profile": "fast"}, {"device": "cuda:0"}, {"image_size_px": 28}]
)
def test_another_way_to_run_the_model_has_a_folder_of_its_own(
    bright: Scorer, two: Dataset, tmp_path: Path, change: dict[str, Any]
) -> None:
    with (
        work_folder(tmp_path, bright.info, two) as one,
        work_folder(tmp_path, replace(bright.info, **change), two) as other,
    ):
        assert one != other
