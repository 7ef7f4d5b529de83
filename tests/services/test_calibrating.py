"""Calibrating a recipe: what cannot be judged stops it, what was there before stays, and the model is released."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import BrightnessScorer, grey_parts, picture_folder, scored
from numpy.typing import NDArray
from PIL import Image
from recipe_fixtures import stored
from watching import Watching

from crane_desktop.decision.calibrate import GoodPart, calibrate
from crane_desktop.decision.good_set import GoodSet, OutlierDecision
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.jobs import CancelledError
from crane_desktop.domain.maps import Scored
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.source import FolderChoice
from crane_desktop.services.calibration import (
    Outcome,
    apply_calibration,
    calibrate_recipe,
    propose_calibration,
    score_good_parts,
)
from crane_desktop.services.good_set import ScoredPicture, UndecidedError, lost_details
from crane_desktop.services.workbench import Workbench

Noted = Callable[[Workbench], list[tuple[str, dict[str, Any]]]]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return picture_folder(tmp_path / "良品", grey_parts(4))


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[CraneScorer]:
    found: list[CraneScorer] = []
    real = CraneScorer.close
    monkeypatch.setattr(CraneScorer, "close", lambda self: (found.append(self), real(self))[1])
    return found


class TestScoring:
    def test_each_part_gives_its_score_and_peak_in_order(self, tmp_path: Path) -> None:
        levels = (10, 200, 90)
        folder = picture_folder(tmp_path / "parts", [np.full((40, 40), level, np.uint8) for level in levels])
        parts = score_good_parts(folder, BrightnessScorer(), 0.0)
        assert [one.name for one in parts] == ["001.png", "002.png", "003.png"]
        assert [one.part.score for one in parts] == pytest.approx([level / 255 for level in levels])
        assert [one.part.peak for one in parts] == pytest.approx([level / 255 for level in levels], abs=1e-3)

    def test_a_region_that_is_too_small_has_no_peak(self, tmp_path: Path) -> None:
        spot = np.full((40, 40), 10, np.uint8)
        spot[4:6, 4:6] = 250
        folder = picture_folder(tmp_path / "parts", [spot])
        whole, without = (score_good_parts(folder, BrightnessScorer(), area)[0].part for area in (0.0, 100.0))
        assert without.peak < whole.peak
        assert without.score == whole.score

    def test_one_that_cannot_be_read_is_named(self, good: Path) -> None:
        (good / "002.png").write_bytes(b"no picture")
        with pytest.raises(InputError) as caught:
            score_good_parts(good, BrightnessScorer(), 0.0)
        assert (caught.value.key, caught.value.params["file"]) == ("camera.image_unidentified", "002.png")

    @pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
    @pytest.mark.parametrize("where", ["score", "map"])
    def test_one_without_an_answer_is_named(self, good: Path, value: float, where: str) -> None:
        class Hole(BrightnessScorer):
            asked = 0

            def score(self, picture: NDArray[np.uint8]) -> Scored:
                self.asked += 1
                if self.asked != 3:
                    return super().score(picture)
                values = np.full((6, 6), 0.1, np.float32)
                values[2, 3] = value if where == "map" else 0.1
                return scored(value if where == "score" else 0.1, values)

        with pytest.raises(InputError) as caught:
            score_good_parts(good, Hole(), 0.0)
        assert (caught.value.key, caught.value.params["file"]) == ("app.good_image_not_scored", "003.png")


class TestARecipe:
    def test_a_new_one_is_made_with_what_it_can_promise(
        self, bench: Workbench, good: Path, noted: Noted, closed: list[CraneScorer]
    ) -> None:
        outcome = calibrate_recipe(bench, "ねじ", good, 0.2, None)
        head = bench.recipes.head("ねじ")
        assert outcome.recipe == head
        assert (head.version, head.pack) == (1, "試験用")
        assert head.calibration is not None
        assert (head.calibration.n_images, head.calibration.false_reject_rate) == (4, 0.2)
        assert len(closed) == 1
        ((kind, details),) = noted(bench)
        assert (kind, details["change"], details["why_params"]) == (
            "recipe_changed",
            "recipe.why.calibrated",
            {"images": 4},
        )
        told = outcome.as_dict("en")
        assert told["thresholds"] == (head.thresholds.model_dump() if head.thresholds else None)
        assert "ねじ" in told["words"]
        assert outcome.sentences("ja") != outcome.sentences("en")

    def test_who_watches_is_told_every_picture_and_may_have_enough(
        self, bench: Workbench, good: Path, closed: list[CraneScorer]
    ) -> None:
        watch = Watching()
        calibrate_recipe(bench, "ねじ", good, 0.2, None, watch)
        assert (watch.steps, watch.warnings) == ([(n, 4) for n in range(1, 5)], [])
        with pytest.raises(CancelledError):
            calibrate_recipe(bench, "ねじ", good, 0.1, None, Watching(enough=2))
        assert (bench.recipes.head("ねじ").version, len(closed)) == (1, 2)

    def test_pictures_that_are_remembered_are_left_out_and_told(
        self, bench: Workbench, good: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = iter([True, False, False, False])
        monkeypatch.setattr("crane_desktop.services.calibration._remembered", lambda _scorer, _frame: next(asked))
        watch = Watching()
        outcome = calibrate_recipe(bench, "ねじ", good, 0.2, None, watch)
        assert (outcome.calibrated.promise.n_images, watch.warnings) == (3, ["services.remembered_left_out"])

    def test_a_known_one_keeps_the_rest(self, bench: Workbench, good: Path) -> None:
        stored(bench.data, Recipe(name="ねじ", pack="試験用", description="M3", camera_features={"Gain": 2.0}))
        saved = calibrate_recipe(bench, "ねじ", good, 0.2, None).recipe
        assert (saved.version, saved.description, saved.camera_features) == (2, "M3", {"Gain": 2.0})

    @pytest.mark.parametrize("rate", [0.0, 1.0, -0.1, 2.0, float("nan")])
    def test_what_is_no_rate_is_told_before_a_model_is_loaded(
        self, bench: Workbench, good: Path, rate: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crane_desktop.services.calibration.proven_scorer", lambda *_words: 1 / 0)
        with pytest.raises(InputError):
            calibrate_recipe(bench, "ねじ", good, rate, None)

    @pytest.mark.parametrize("name", ["", "a/b", "..", "con"])
    def test_so_is_a_name_that_cannot_be(
        self, bench: Workbench, good: Path, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crane_desktop.services.calibration.proven_scorer", lambda *_words: 1 / 0)
        with pytest.raises(InputError):
            calibrate_recipe(bench, name, good, 0.1, None)

    @pytest.mark.parametrize("folder", ["missing", "empty"])
    def test_so_is_a_folder_without_pictures(
        self, bench: Workbench, tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("crane_desktop.services.calibration.proven_scorer", lambda *_words: 1 / 0)
        if folder == "empty":
            (tmp_path / folder).mkdir()
        with pytest.raises(InputError):
            calibrate_recipe(bench, "ねじ", tmp_path / folder, 0.1, None)

    def test_so_are_deep_pictures_of_which_nobody_knows_how_deep(
        self, bench: Workbench, good: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class ReachedError(Exception):
            pass

        def load(*_words: object) -> None:
            raise ReachedError

        monkeypatch.setattr("crane_desktop.services.calibration.proven_scorer", load)
        for place in sorted(good.iterdir()):
            Image.fromarray(np.full((40, 40), 600, np.uint16)).save(place)
        with pytest.raises(InputError) as caught:
            calibrate_recipe(bench, "ねじ", good, 0.1, None)
        assert caught.value.key == "camera.depth_unknown"
        with pytest.raises(ReachedError):
            calibrate_recipe(bench, "ねじ", good, 0.1, None, significant_bits=10)
        source = FolderChoice(path=str(good), significant_bits=10)
        stored(bench.data, Recipe(name="座金", pack="試験用", source=source))
        with pytest.raises(ReachedError):
            calibrate_recipe(bench, "座金", good, 0.1, None)

    def test_a_model_that_is_unfit_sets_no_threshold(
        self, bench: Workbench, good: Path, closed: list[CraneScorer], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = CraneScorer.score
        monkeypatch.setattr(CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map))
        with pytest.raises(StationFault) as caught:
            calibrate_recipe(bench, "ねじ", good, 0.1, None)
        assert caught.value.key == "app.unfit"
        assert (len(closed), bench.recipes.names()) == (1, [])

    def test_a_damaged_picture_leaves_the_recipe_as_it_was(
        self, bench: Workbench, good: Path, closed: list[CraneScorer], noted: Noted
    ) -> None:
        before = stored(bench.data, Recipe(name="ねじ", pack="試験用")).recipe
        (good / "004.png").write_bytes(b"no picture")
        with pytest.raises(InputError):
            calibrate_recipe(bench, "ねじ", good, 0.1, None)
        assert (bench.recipes.head("ねじ"), noted(bench), len(closed)) == (before, [], 1)


def test_an_outcome_without_thresholds_is_a_fault_of_the_program() -> None:
    outcome = Outcome(Recipe(name="A"), calibrate([GoodPart(0.1, 0.2)] * 3, 0.1), GoodSet(()))
    for say in (outcome.sentences, outcome.as_dict):
        with pytest.raises(ValueError, match="thresholds"):
            say("en")


def noisy(picture: NDArray[np.uint8], seed: int) -> NDArray[np.uint8]:
    noise = np.random.default_rng(seed).integers(-4, 5, picture.shape)
    return np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)


def blotches(seed: int, level: int = 60) -> NDArray[np.uint8]:
    """A part with a coarse pattern of its own, uint8 ``(256, 256)``."""
    coarse = np.random.default_rng(seed).integers(level - 20, level + 20, (16, 16), dtype=np.uint8)
    return np.kron(coarse, np.ones((16, 16), np.uint8))


class TestNothingIsBelieved:
    """The model finds odd what is bright: a bright part among dark ones stands far off."""

    @pytest.fixture(autouse=True)
    def bright(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def score(_self: CraneScorer, pixels: NDArray[np.uint8]) -> Scored:
            return BrightnessScorer().score(pixels)

        monkeypatch.setattr(CraneScorer, "score", score)
        monkeypatch.setattr("crane_desktop.services.model_check._checks", lambda *_words, **_how: [])

    @pytest.fixture
    def with_outlier(self, tmp_path: Path) -> Path:
        return picture_folder(tmp_path / "混入", [*(blotches(n) for n in range(12)), blotches(99, 230)])

    def test_a_part_that_stands_far_off_is_named_and_nothing_is_applied(
        self, bench: Workbench, with_outlier: Path
    ) -> None:
        with pytest.raises(UndecidedError) as caught:
            calibrate_recipe(bench, "ねじ", with_outlier, 0.2, None)
        assert [odd.name for odd in caught.value.odd] == ["013.png"]
        assert all("013.png" in sentence for sentence in caught.value.sentences("ja"))
        assert bench.recipes.names() == []

    def test_it_is_left_out_or_kept_as_a_person_decides(self, bench: Workbench, with_outlier: Path) -> None:
        without, with_it = (
            calibrate_recipe(bench, "ねじ", with_outlier, 0.05, None, decision=decision)
            for decision in (OutlierDecision(("013.png",)), OutlierDecision(keep=True))
        )
        assert [made.calibrated.promise.n_images for made in (without, with_it)] == [12, 13]
        assert without.calibrated.thresholds.score_ng < 0.5 < with_it.calibrated.thresholds.score_ng
        assert "1" in without.sentences("en")[1]

    def test_a_window_may_ask_in_between_without_scoring_again(self, bench: Workbench, with_outlier: Path) -> None:
        proposal = propose_calibration(bench, "ねじ", with_outlier, 0.2, None)
        assert [odd.name for odd in proposal.found.outliers()] == ["013.png"]
        with pytest.raises(UndecidedError):
            apply_calibration(bench, proposal)
        assert bench.recipes.names() == []
        made = apply_calibration(bench, proposal, OutlierDecision(("013.png",)))
        assert (made.recipe.version, made.used.left_out) == (1, 1)

    def test_what_is_left_out_must_be_there(self, bench: Workbench, with_outlier: Path) -> None:
        with pytest.raises(InputError) as caught:
            calibrate_recipe(bench, "ねじ", with_outlier, 0.2, None, decision=OutlierDecision(("14.png",)))
        assert caught.value.params == {"file": "14.png"}

    def test_copies_and_near_copies_are_one_part_and_told(self, bench: Workbench, tmp_path: Path) -> None:
        parts = [blotches(n) for n in range(5)]
        copies = [parts[0], noisy(parts[0], 1), noisy(parts[3], 2), (parts[4] + 1).astype(np.uint8)]
        folder = picture_folder(tmp_path / "同じ", [*parts, *copies])
        made = calibrate_recipe(bench, "ねじ", folder, 0.5, None)
        assert made.calibrated.promise.n_images == 5
        assert made.recipe.calibration is not None
        assert made.recipe.calibration.n_images == 5
        assert [copy["of"] for copy in made.as_dict("en")["good_parts"]["copies"]] == [
            "001.png",
            "001.png",
            "004.png",
            "005.png",
        ]
        assert "006.png" in made.sentences("ja")[1]

    def test_thirty_copies_of_one_part_say_nothing(self, bench: Workbench, tmp_path: Path) -> None:
        folder = picture_folder(tmp_path / "同じ", [noisy(blotches(1), seed) for seed in range(30)])
        with pytest.raises(InputError) as caught:
            calibrate_recipe(bench, "ねじ", folder, 0.2, None)
        assert (caught.value.key, caught.value.params["found"]) == ("services.too_few_but_copies", 1)
        assert bench.recipes.names() == []

    def test_a_defective_part_among_copies_of_one_good_part_is_still_named(
        self, bench: Workbench, tmp_path: Path
    ) -> None:
        folder = picture_folder(tmp_path / "混入", [*(noisy(blotches(1), n) for n in range(12)), blotches(99, 230)])
        with pytest.raises(UndecidedError) as caught:
            calibrate_recipe(bench, "ねじ", folder, 0.2, None)
        assert [odd.name for odd in caught.value.odd] == ["013.png"]

    def test_a_threshold_that_no_part_reaches_is_refused(self, bench: Workbench, tmp_path: Path) -> None:
        white = np.full((256, 256), 255, np.uint8)
        folder = picture_folder(tmp_path / "白", [*(blotches(n) for n in range(12)), white])
        with pytest.raises(InputError) as caught:
            calibrate_recipe(bench, "ねじ", folder, 0.05, None, decision=OutlierDecision(keep=True))
        assert caught.value.key == "decision.threshold_out_of_reach"
        assert bench.recipes.names() == []

    def test_two_parts_are_refused(self, bench: Workbench, tmp_path: Path) -> None:
        folder = picture_folder(tmp_path / "二", [blotches(n) for n in range(2)])
        with pytest.raises(InputError) as caught:
            calibrate_recipe(bench, "ねじ", folder, 0.2, None)
        assert caught.value.key == "decision.too_few_good_parts"
        assert bench.recipes.names() == []


@pytest.mark.parametrize(
    ("shape", "told"),
    [
        ((40, 40), None),
        ((200, 200), None),
        ((100, 2000), None),  # in tiles of 100 px
        ((440, 448), {"width": 448, "height": 440, "times": "8.0", "least": 64}),
        ((4000, 300), {"width": 300, "height": 4000, "times": "5.4", "least": 43}),
    ],
)
def test_that_details_are_lost_is_told_with_the_smallest_that_is_seen(
    shape: tuple[int, int], told: dict[str, object] | None
) -> None:
    picture = ScoredPicture.of("1.png", np.zeros(shape, np.uint8), GoodPart(0.1, 0.1))
    found = lost_details([picture], 56)
    assert (None if found is None else found.params) == told
