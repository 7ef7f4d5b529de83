"""The simulated line: every part and defect is known, and the same line is the same everywhere."""

from __future__ import annotations

import itertools
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame
from crane_desktop.settings.texts import catalogue
from crane_desktop.simulation import (
    DEFECTS,
    HELD_OUT_KINDS,
    KINDS,
    TRAINING_KINDS,
    draw_part,
    draw_twins,
    write_dataset,
)
from crane_desktop.simulation.defects import PRINT_FLAWS
from crane_desktop.simulation.source import PARTS_PER_BATCH, SHOWN_KINDS, DemoSource

SMALL = 96


def frames_of(source: DemoSource, count: int) -> list[Frame]:
    source.open()
    events = [source.next_event(5.0) for _ in range(count)]
    assert all(isinstance(event, Frame) for event in events)
    return [event for event in events if isinstance(event, Frame)]


def test_two_sources_of_one_seed_show_the_same_parts_and_another_seed_others() -> None:
    first, again, other = (frames_of(DemoSource("woven", seed=seed, size_px=SMALL), 4) for seed in (7, 7, 8))
    for one, two, three in zip(first, again, other, strict=True):
        assert np.array_equal(one.pixels, two.pixels)
        assert not np.array_equal(one.pixels, three.pixels)
        assert one.origin.file == two.origin.file


def test_truth_is_known_before_a_part_is_shown() -> None:
    source = DemoSource(None, seed=3, size_px=SMALL, defect_share=0.5)
    truths = [source.truth(number) for number in range(1, 25)]
    assert 4 <= sum(truths) <= 20
    for number in (1, 2, 13, 24):
        assert source.drawn(number).is_good is not truths[number - 1]


@pytest.mark.parametrize(("share", "expected"), [(0.0, {False}), (1.0, {True})])
def test_the_share_of_defective_parts(share: float, expected: set[bool]) -> None:
    source = DemoSource("wood", defect_share=share)
    assert {source.truth(number) for number in range(1, 200)} == expected


def test_with_all_kinds_there_is_a_change_over_after_each_batch() -> None:
    source = DemoSource(None)
    kinds = [source.kind_of(number) for number in range(1, 2 * PARTS_PER_BATCH * len(SHOWN_KINDS) + 1)]
    batches = [(kind, len(list(group))) for kind, group in itertools.groupby(kinds)]
    assert [kind for kind, _ in batches] == [*SHOWN_KINDS, *SHOWN_KINDS]
    assert {count for _, count in batches} == {PARTS_PER_BATCH}
    assert set(HELD_OUT_KINDS) < set(SHOWN_KINDS)
    assert "random_texture" not in SHOWN_KINDS


def test_parts_of_one_line_share_their_design() -> None:
    """Two good parts of one line are more alike than parts of two lines: a threshold can be set on them."""
    line, other = (DemoSource("solar_cell", seed=seed, size_px=SMALL, defect_share=0.0) for seed in (1, 2))
    own, strange = ([source.drawn(n).pixels.mean(axis=2).ravel() for n in range(1, 5)] for source in (line, other))
    within = np.mean([np.corrcoef(a, b)[0, 1] for a, b in itertools.combinations(own, 2)])
    between = np.mean([np.corrcoef(a, b)[0, 1] for a in own for b in strange])
    assert within > between + 0.1


def test_it_ends_after_the_asked_number_and_starts_again() -> None:
    source = DemoSource("wood", frames=2, size_px=SMALL)
    for _ in range(2):
        assert [frame.origin.frame_id for frame in frames_of(source, 2)] == [1, 2]
        assert isinstance(source.next_event(0.1), EndOfFrames)


@pytest.mark.timing
def test_the_rate_is_kept_and_a_slow_taker_gets_no_burst() -> None:
    source = DemoSource("wood", rate_hz=10.0, size_px=SMALL)
    frames_of(source, 1)
    began_s = time.monotonic()
    for _ in range(3):
        source.next_event(1.0)
    assert 0.2 <= time.monotonic() - began_s < 15
    time.sleep(0.5)
    assert sum(isinstance(source.next_event(0.0), Frame) for _ in range(4)) <= 2


def test_closing_ends_a_wait_at_once() -> None:
    source = DemoSource("wood", rate_hz=0.01, size_px=SMALL)
    frames_of(source, 1)
    got: list[object] = []
    waiting = threading.Thread(target=lambda: got.append(source.next_event(90.0)))
    waiting.start()
    time.sleep(0.1)
    source.close()
    waiting.join(60)
    assert not waiting.is_alive()
    assert not isinstance(got[0], Frame)


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ({"kind": "unicorn"}, "simulated.unknown_kind"),
        ({"kind": None, "rate_hz": 0.0}, "camera.rate_wrong"),
        ({"kind": None, "rate_hz": float("nan")}, "camera.rate_wrong"),
        ({"kind": None, "rate_hz": -1.0}, "camera.rate_wrong"),
        ({"kind": None, "frames": -1}, "camera.frames_wrong"),
    ],
)
def test_what_no_line_can_do_is_refused(arguments: dict[str, object], key: str) -> None:
    with pytest.raises(InputError) as error:
        DemoSource(**arguments)
    assert error.value.key == key


class TestDrawing:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_defective_part_differs_from_its_good_twin_where_the_mask_says(self, kind: str) -> None:
        good = draw_part(kind, 11, size_px=SMALL, sensor=False, design=5)
        bad = draw_part(kind, 11, size_px=SMALL, sensor=False, design=5, defect_rate=1.0)
        assert good.is_good
        assert not good.mask.any()
        assert (good.kind, bad.kind) == (kind, kind)
        assert not bad.is_good
        assert set(bad.defects) <= set(DEFECTS)
        assert 0 < bad.mask.mean() < 0.2
        change = np.abs(bad.pixels.astype(int) - good.pixels.astype(int)).max(axis=2)
        assert change[bad.mask].mean() > 6 * max(change[~bad.mask].mean(), 0.3)

    @pytest.mark.parametrize("defect", DEFECTS)
    def test_every_defect_can_be_asked_for(self, defect: str) -> None:
        kind = "baked_good" if defect in {"broken_off", "fracture"} else "printed_board"
        kind = "bare_circuit" if defect in PRINT_FLAWS else kind
        part = draw_part(kind, 4, size_px=SMALL, defect_rate=1.0, defect=defect)
        assert part.mask.any()
        assert part.defects in {(defect,), ("hole",)}  # one that cannot be seen becomes a hole

    def test_twins_are_what_is_drawn_one_by_one(self) -> None:
        good, bad = draw_twins("moulded_figure", 9, size_px=SMALL)
        for twin, rate in ((good, 0.0), (bad, 1.0)):
            alone = draw_part("moulded_figure", 9, size_px=SMALL, defect_rate=rate)
            assert np.array_equal(twin.pixels, alone.pixels)
            assert np.array_equal(twin.mask, alone.mask)
            assert twin.defects == alone.defects

    @pytest.mark.parametrize("seed", range(12))
    def test_a_black_and_white_camera_sends_two_tones(self, seed: int) -> None:
        part = draw_part("bare_circuit", seed, size_px=SMALL, defect_rate=1.0)
        levels = len(np.unique(part.pixels))
        assert levels <= 2 or levels > 20  # the design chooses the camera

    def test_the_arguments_determine_the_part(self) -> None:
        first, again = (draw_part("leather", 9, size_px=SMALL, defect_rate=0.5, design=2) for _ in range(2))
        assert np.array_equal(first.pixels, again.pixels)
        assert np.array_equal(first.mask, again.mask)
        assert first.pixels.shape == (SMALL, SMALL, 3)
        assert first.pixels.dtype == np.uint8

    def test_the_kinds_that_judge_are_never_trained_on(self) -> None:
        assert not set(HELD_OUT_KINDS) & set(TRAINING_KINDS)
        assert {*TRAINING_KINDS, *HELD_OUT_KINDS} == set(KINDS)

    def test_unknown_defect(self) -> None:
        with pytest.raises(InputError) as error:
            draw_part("wood", 1, defect_rate=1.0, defect="rust", size_px=SMALL)
        assert error.value.key in catalogue()


class TestDataset:
    def test_it_stands_in_the_folders_of_mvtec_ad(self, tmp_path: Path) -> None:
        root = tmp_path / "データ"
        write_dataset(root, ["wood"], seed=1, good=2, defective=3, size_px=48, train_good=1)
        pictures = {p.relative_to(root / "wood").as_posix() for p in root.rglob("*.png")}
        assert {p for p in pictures if p.startswith("train/")} == {"train/good/000.png"}
        assert {p for p in pictures if p.startswith("test/good/")} == {"test/good/000.png", "test/good/001.png"}
        bad = {p for p in pictures if p.startswith("test/") and "/good/" not in p}
        masks = {p for p in pictures if p.startswith("ground_truth/")}
        assert len(bad) == len(masks) == 3
        assert {p.replace("test/", "ground_truth/").replace(".png", "_mask.png") for p in bad} == masks
        mask = cv2.imdecode(np.frombuffer((root / "wood" / min(masks)).read_bytes(), np.uint8), -1)
        assert set(np.unique(mask)) == {0, 255}

    def test_sets_of_two_seeds_share_no_part(self, tmp_path: Path) -> None:
        for seed in (1, 2):
            write_dataset(tmp_path / str(seed), ["wood"], seed=seed, good=2, defective=1, size_px=48)
        contents = [p.read_bytes() for p in tmp_path.rglob("*/*/good/*.png")]
        assert len(contents) == len(set(contents)) == 8

    def test_a_folder_that_cannot_be_written(self) -> None:
        with pytest.raises(InputError) as error:
            write_dataset(Path("/dev/null/x"), ["wood"], seed=1, good=1, defective=0, size_px=48)
        assert error.value.key == "simulated.cannot_write"
        with pytest.raises(InputError):
            write_dataset(Path("/dev/null/x"), ["unicorn"], seed=1, good=1, defective=0)
