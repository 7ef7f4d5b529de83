"""First batch: a folder of parts that nobody has labelled, the odd ones first."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from crane_desktop.domain.errors import CraneError, InputError
from crane_desktop.domain.jobs import CancelledError
from crane_desktop.services.first_batch import FirstBatch, pictures_of, rank_first_batch, suspects_told

ODD = ("部品-05.png", "部品-17.png")


class Watching:
    def __init__(self, end_at: int | None = None) -> None:
        self.told: list[tuple[int, int]] = []
        self._end_at = end_at

    def progress(self, done: int, of: int) -> None:
        self.told.append((done, of))
        if done == self._end_at:
            raise CancelledError

    def warn(self, warning: CraneError) -> None:
        raise AssertionError(warning)


def part(seed: int, *, odd: bool = False) -> np.ndarray:
    """A grey plate with a ring, somewhere; an odd one has a scratch."""
    draw = np.random.default_rng(seed)
    pixels = np.full((160, 200), 90, np.uint8)
    x, y = (int(one) for one in draw.integers(60, 100, 2))
    cv2.circle(pixels, (x + 20, y - 10), 34, 170, 9)
    cv2.rectangle(pixels, (8, 8), (190, 150), 60, 4)
    if odd:
        cv2.line(pixels, (x - 15, y - 30), (x + 60, y + 25), 250, 3)
        cv2.circle(pixels, (x, y + 10), 9, 10, -1)
    return np.clip(pixels + draw.normal(0, 3, pixels.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("初回バッチ")
    for number in range(24):
        name = f"部品-{number:02d}.png"
        Image.fromarray(part(number, odd=name in ODD)).save(made / name)
    (made / "読んでください.txt").write_text("no picture")
    return made


@pytest.fixture(scope="module")
def ranked(folder: Path) -> tuple[FirstBatch, Watching]:
    watch = Watching()
    return rank_first_batch(folder, watch=watch), watch


def test_the_odd_parts_come_first_and_are_suspects(ranked: tuple[FirstBatch, Watching]) -> None:
    found, _ = ranked
    assert {one.name for one in found.parts[:2]} == set(ODD)
    assert {one.name for one in found.suspects} >= set(ODD)
    assert len(found.suspects) <= 5
    assert [one.rank for one in found.parts] == list(range(1, 25))
    assert all(a.oddness >= b.oddness for a, b in zip(found.parts, found.parts[1:], strict=False))
    assert all((one.scored.score > 0.5) == one.suspect for one in found.parts)


def test_each_map_covers_its_picture_on_the_scale_of_all_maps(ranked: tuple[FirstBatch, Watching]) -> None:
    for one in ranked[0].parts:
        shown = one.scored.anomaly_map
        assert (shown.placement.width_px, shown.placement.height_px) == (200, 160)
        assert shown.values.dtype == np.float32
        assert 0 <= shown.values.min() <= shown.values.max() <= 1
        assert not shown.values.flags.writeable
    assert ranked[0].parts[0].scored.anomaly_map.peak > 0.5 > ranked[0].parts[-1].scored.anomaly_map.peak


def test_progress_rises_to_its_end(ranked: tuple[FirstBatch, Watching]) -> None:
    told = ranked[1].told
    assert told == [(done, 48) for done in range(1, 49)]


def test_what_is_no_picture_is_told(ranked: tuple[FirstBatch, Watching]) -> None:
    found = ranked[0]
    assert found.passed_over == ("読んでください.txt",)
    for language in ("ja", "en"):
        words = " ".join(found.sentences(language))
        assert all(name in words for name in (*ODD, "読んでください.txt"))
    told = found.as_dict("en")
    assert told["suspects"] == [one.name for one in found.suspects]
    assert [one["file"] for one in told["parts"]] == [one.name for one in found.parts]


@pytest.mark.parametrize("end_at", [3, 40])
def test_whoever_cancels_ends_it(folder: Path, end_at: int) -> None:
    watch = Watching(end_at)
    with pytest.raises(CancelledError):
        rank_first_batch(folder, watch=watch)
    assert watch.told[-1][0] == end_at


def test_copies_count_once_and_stand_beside_their_part(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    for number in range(3):
        shutil.copy(folder / ODD[0], tmp_path / f"写し{number}.png")
    found = rank_first_batch(tmp_path)
    assert {one.name for one in found.suspects} >= {ODD[1]}
    shown_again = [one for one in found.parts if one.copy_of is not None]
    (kind,) = {one.copy_of for one in shown_again}
    (first,) = [one for one in found.parts if one.name == kind]
    assert len(shown_again) == 3
    assert {one.rank for one in shown_again} == {first.rank}
    assert first.suspect
    assert found.different == 24


@pytest.mark.parametrize("count", [1, 19])
def test_too_few_parts_are_refused_in_words(folder: Path, tmp_path: Path, count: int) -> None:
    for file in sorted(folder.glob("*.png"))[:count]:
        shutil.copy(file, tmp_path)
    with pytest.raises(InputError) as told:
        rank_first_batch(tmp_path)
    assert told.value.key == "services.first_batch_too_few"
    assert told.value.params["found"] == count


def test_copies_do_not_fill_a_batch(folder: Path, tmp_path: Path) -> None:
    for number in range(25):
        shutil.copy(folder / "部品-00.png", tmp_path / f"{number}.png")
    with pytest.raises(InputError) as told:
        rank_first_batch(tmp_path)
    assert (told.value.params["found"], told.value.params["pictures"]) == (1, 25)


def test_too_many_pictures_are_refused_before_any_is_looked_at(tmp_path: Path) -> None:
    for number in range(201):
        (tmp_path / f"{number}.png").write_bytes(b"never read")
    with pytest.raises(InputError) as told:
        rank_first_batch(tmp_path)
    assert told.value.key == "services.first_batch_too_many"


def test_a_damaged_picture_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "部品-00.png").write_bytes(b"\x89PNG\r\n\x1a\n damaged")
    with pytest.raises(InputError, match=r"部品-00\.png"):
        rank_first_batch(tmp_path)


class Hearing(Watching):
    def __init__(self) -> None:
        super().__init__()
        self.warnings: list[CraneError] = []

    def warn(self, warning: CraneError) -> None:
        self.warnings.append(warning)


def test_of_good_parts_those_that_look_unlike_the_rest_are_told(folder: Path) -> None:
    names = {file.name for file in folder.glob("*.png")}
    watch = Hearing()
    suspects_told(pictures_of(sorted(folder.glob("*.png")), None), names, watch)
    (told,) = watch.warnings
    assert told.key == "services.good_parts_suspect"
    assert told.params["of"] == 24
    assert all(name in told.params["files"] for name in ODD)
    assert set(watch.told) == {(24, 24)}


def test_of_a_few_good_parts_nothing_is_told(folder: Path) -> None:
    watch = Hearing()
    suspects_told(pictures_of(sorted(folder.glob("*.png")), None), {ODD[0]}, watch)
    assert (watch.warnings, watch.told) == ([], [])
