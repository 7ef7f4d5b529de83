"""Learning good parts for a recipe: used where it helps, and whatever fails leaves recipe and folder as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import grey_parts, picture_folder, scorer_info
from hypothesis import given
from hypothesis import strategies as st
from recipe_fixtures import stored
from watching import Watching

from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.jobs import CancelledError
from crane_desktop.domain.maps import Scored
from crane_desktop.model.goodparts.members import MEMBERS, Look, learn_member
from crane_desktop.model.goodparts.memory import Bound, GoodParts, SelfCheck
from crane_desktop.model.goodparts.scale import Scale
from crane_desktop.model.runner import PatchFeatures
from crane_desktop.model.scorer import CraneScorer
from crane_desktop.recipe.model import Recipe
from crane_desktop.services.good_parts import Learnt, chosen, forget_for_recipe, learn_for_recipe
from crane_desktop.services.workbench import Workbench

Noted = Callable[[Workbench], list[tuple[str, dict[str, Any]]]]
HELPS, USELESS = SelfCheck(0.5, 0.9, 0.2), SelfCheck(0.5, 0.5, -0.1)


def memory(check: SelfCheck, parts: int = 3) -> GoodParts:
    picture = np.random.default_rng(1).integers(60, 90, (96, 96, 3), dtype=np.uint8)
    cells = picture.reshape(12, 8, 12, 8, 3).mean((1, 3)).astype(np.float32)
    looks = [Look(picture, PatchFeatures(cells, (1, 2)))]
    members = {name: learn_member(name, looks, 0) for name in MEMBERS}
    scale = Scale(0.1, 0.05)
    pictures = tuple(f"{number:064x}" for number in range(parts))
    return GoodParts(Bound.to(scorer_info("p")), members, dict.fromkeys(members, scale), scale, scale, pictures, check)


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return picture_folder(tmp_path / "良品", grey_parts(4))


@pytest.fixture
def learns(monkeypatch: pytest.MonkeyPatch) -> Callable[[SelfCheck], list[int]]:
    """Have the learning itself, which has tests of its own, end so; how many pictures it is given each time."""

    def put(check: SelfCheck) -> list[int]:
        given_each: list[int] = []

        def learn(_scorer: object, pictures: list[Any], _seed: int, on_progress: Callable[[int, int], None]) -> Any:
            given_each.append(len(pictures))
            on_progress(1, 1)
            return memory(check, len(pictures))

        monkeypatch.setattr("crane_desktop.training.goodparts.learn.learn_good_parts", learn)
        return given_each

    return put


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[CraneScorer]:
    found: list[CraneScorer] = []
    real = CraneScorer.close
    monkeypatch.setattr(CraneScorer, "close", lambda self: (found.append(self), real(self))[1])
    return found


def test_what_helps_is_used_from_the_next_version_on(
    bench: Workbench, good: Path, learns: Callable[..., list[int]], closed: list[CraneScorer], noted: Noted
) -> None:
    given_each, watch = learns(HELPS), Watching()
    learnt = learn_for_recipe(bench, "部品A", good, 3, 0, None, watch)
    assert (learnt.used, given_each, watch.steps, len(closed)) == (True, [3], [(1, 1)], 1)
    head = bench.recipes.head("部品A")
    assert head == learnt.recipe
    assert head.good_parts is not None
    assert (head.pack, head.good_parts.parts) == ("試験用", 3)
    assert (bench.data.recipes / head.good_parts.file).is_file()
    ((_kind, details),) = noted(bench)
    assert (details["change"], details["why_params"]) == ("recipe.why.good_parts_learnt", {"parts": 3})


def test_what_does_not_help_changes_nothing(
    bench: Workbench, good: Path, learns: Callable[..., list[int]], closed: list[CraneScorer], noted: Noted
) -> None:
    learns(USELESS)
    before = stored(bench.data, Recipe(name="部品A", pack="試験用")).recipe
    learnt = learn_for_recipe(bench, "部品A", good, None, 0, None)
    assert (learnt.used, learnt.recipe, bench.recipes.head("部品A")) == (False, before, before)
    assert (noted(bench), len(closed), list(bench.data.recipes.glob("*.goodparts"))) == ([], 1, [])


def test_a_disk_that_does_not_take_the_memory_leaves_nothing_of_it(
    bench: Workbench,
    good: Path,
    learns: Callable[..., list[int]],
    closed: list[CraneScorer],
    noted: Noted,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    learns(HELPS)
    real = Path.replace

    def refuse(self: Path, target: Path) -> Path:
        if self.name == "new.goodparts":
            raise OSError(28, "No space left on device")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError) as caught:
        learn_for_recipe(bench, "部品A", good, None, 0, None)
    assert caught.value.key == "settings.unwritable"
    assert (bench.recipes.names(), noted(bench), len(closed)) == ([], [], 1)
    assert list(bench.data.recipes.glob("*.goodparts")) == []


def test_a_model_that_is_unfit_learns_nothing(
    bench: Workbench, good: Path, closed: list[CraneScorer], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = CraneScorer.score
    monkeypatch.setattr(CraneScorer, "score", lambda self, pixels: Scored(0.01, real(self, pixels).anomaly_map))
    with pytest.raises(StationFault) as caught:
        learn_for_recipe(bench, "部品A", good, None, 0, None)
    assert (caught.value.key, len(closed), bench.recipes.names()) == ("app.unfit", 1, [])


def test_whoever_gives_up_while_it_learns_finds_the_model_released(
    bench: Workbench, good: Path, learns: Callable[..., list[int]], closed: list[CraneScorer]
) -> None:
    learns(HELPS)
    with pytest.raises(CancelledError):
        learn_for_recipe(bench, "部品A", good, None, 0, None, Watching(enough=1))
    assert (len(closed), bench.recipes.names()) == (1, [])


@pytest.mark.parametrize("damage", ["too few", "no picture", "bad name"])
def test_what_is_wrong_is_told_before_a_model_is_loaded(
    bench: Workbench, good: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crane_desktop.services.good_parts.proven_scorer", lambda *_words: 1 / 0)
    if damage == "no picture":
        (good / "002.png").write_bytes(b"no picture")
    name, parts = ("a/b" if damage == "bad name" else "部品A"), (9 if damage == "too few" else None)
    with pytest.raises(InputError):
        learn_for_recipe(bench, name, good, parts, 0, None)


def test_forgetting_judges_zero_shot_again_and_keeps_the_file(
    bench: Workbench, good: Path, learns: Callable[..., list[int]]
) -> None:
    learns(HELPS)
    kept = learn_for_recipe(bench, "部品A", good, None, 0, None).recipe.good_parts
    assert kept is not None
    forgotten = forget_for_recipe(bench, "部品A")
    assert (forgotten.version, forgotten.good_parts) == (2, None)
    assert (bench.data.recipes / kept.file).is_file()
    assert forget_for_recipe(bench, "部品A").version == 2, "there is nothing to forget"
    with pytest.raises(InputError):
        forget_for_recipe(bench, "ない")


@given(found=st.integers(0, 30), parts=st.integers(1, 30), seed=st.integers(0, 99))
def test_the_drawn_parts_are_some_of_the_folders_in_its_order(found: int, parts: int, seed: int) -> None:
    files = [Path(f"{number:02d}.png") for number in range(found)]
    if parts > found:
        with pytest.raises(InputError) as caught:
            chosen(files, parts, seed)
        assert caught.value.params == {"found": found, "wanted": parts}
        return
    drawn = chosen(files, parts, seed)
    assert (len(set(drawn)), drawn) == (parts, sorted(drawn))
    assert set(drawn) <= set(files)
    assert drawn == chosen(files, parts, seed)
    assert chosen(files, None, seed) == files


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_outcome_is_told_with_its_figures(language: Any) -> None:
    used, useless = (
        Learnt(Recipe(name="部品A"), memory(HELPS), True),
        Learnt(Recipe(name="部品A"), memory(HELPS), False),
    )
    for part in ("部品A", "0.50", "0.90"):
        assert part in used.sentence(language)
    assert used.sentence(language) != useless.sentence(language)
    told = used.as_dict(language)
    assert (told["used"], told["good_parts"], told["members"]) == (True, 3, sorted(MEMBERS))
    assert told["self_check"] == {"zero_shot": 0.5, "hybrid": 0.9, "gain_low": 0.2}
