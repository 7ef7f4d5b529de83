"""A change-over between recipes of one pack takes the model along, and nothing else ever does."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from recipe_fixtures import stored

from crane_desktop.app.open_station import open_workbench
from crane_desktop.app.process.logs import stop_logs
from crane_desktop.domain.errors import InputError
from crane_desktop.model import scorer as scorer_module
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.thresholds import Calibration, Thresholds
from crane_desktop.services.model_loading import LoadedModel, load_model
from crane_desktop.services.workbench import Workbench

PACK = "試験用"
LIMITS = Thresholds(score_review=0.4, score_ng=0.5, map_review=0.4, map_ng=0.5)


@pytest.fixture
def workbench(station_dir: Path) -> Iterator[Workbench]:
    opened = open_workbench(station_dir)
    for name in ("A", "B"):
        stored(opened.data, Recipe(name=name, pack=PACK, thresholds=LIMITS))
    yield opened
    stop_logs()


@pytest.fixture
def load(workbench: Workbench) -> Iterator[Callable[..., LoadedModel]]:
    made: list[LoadedModel] = []

    def loaded(pack: str | None, recipe: str | None, **more: object) -> LoadedModel:
        made.append(load_model(workbench, pack, recipe, lambda _key, _fraction: None, **more))  # type: ignore[arg-type]
        return made[-1]

    yield loaded
    for model in made:
        model.base.close()


def test_a_change_over_takes_the_model_along(load: Callable[..., LoadedModel]) -> None:
    first = load(None, "A")
    second = load(None, "B", in_use=first)
    assert second.base is first.base
    assert (first.recipe.name, second.recipe.name) == ("A", "B")


def test_weights_are_not_even_looked_at(load: Callable[..., LoadedModel], monkeypatch: pytest.MonkeyPatch) -> None:
    first = load(None, "A")

    def no_more(*_words: object, **_more: object) -> None:
        raise AssertionError("the model is loaded anew")

    monkeypatch.setattr(scorer_module, "load_scorer", no_more)
    monkeypatch.setattr("crane_desktop.services.model_loading.proven_scorer", no_more)
    assert load(None, "B", in_use=first).base is first.base


def test_another_content_under_the_same_name_is_loaded(workbench: Workbench, load: Callable[..., LoadedModel]) -> None:
    first = load(None, "A")
    pack = workbench.data.packs / f"{PACK}.cranepack"
    shutil.copy(pack, pack.with_suffix(".new"))
    pack.with_suffix(".new").replace(pack)
    assert load(None, "B", in_use=first).base is not first.base


@pytest.mark.parametrize(
    "changes",
    [{"profile": "full2"}, {"require_signed": True}, {"trusted_keys": ("ab" * 32,)}],
    ids=lambda c: next(iter(c)),
)
def test_other_settings_ask_the_pack_again(
    changes: dict[str, object], workbench: Workbench, load: Callable[..., LoadedModel]
) -> None:
    from dataclasses import replace

    first = load(None, "A")
    changed = replace(workbench, settings=workbench.settings.model_copy(update=changes))
    if "trusted_keys" in changes:
        again = load_model(changed, None, "B", lambda _key, _fraction: None, in_use=first)
        assert again.base is not first.base
        again.base.close()
    else:
        with pytest.raises(InputError):
            load_model(changed, None, "B", lambda _key, _fraction: None, in_use=first)


def test_a_whole_proof_loads_anew(load: Callable[..., LoadedModel]) -> None:
    first = load(None, "A")
    assert load(None, "B", in_use=first, whole_proof=True).base is not first.base


def test_a_recipe_that_does_not_fit_leaves_the_model_in_use_open(
    workbench: Workbench, load: Callable[..., LoadedModel], tiny_picture: object
) -> None:
    first = load(None, "A")
    made = Calibration.model_validate(
        {
            "n_images": 3,
            "false_reject_rate": 0.1,
            "promised_rate": 0.5,
            "date": "2026-01-02",
            "pack_sha256": "00" * 32,
            "image_size_px": 56,
        }
    )
    stored(workbench.data, Recipe(name="C", pack=PACK, thresholds=LIMITS, calibration=made))
    with pytest.raises(InputError) as error:
        load(None, "C", in_use=first)
    assert error.value.key == "app.recipe_of_other_pack"
    assert first.scorer.score(tiny_picture).score >= 0  # type: ignore[arg-type]


def test_a_recipe_that_does_not_fit_leaves_no_model_that_was_loaded_for_it_open(
    workbench: Workbench, load: Callable[..., LoadedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[scorer_module.CraneScorer] = []
    monkeypatch.setattr(scorer_module.CraneScorer, "close", lambda self: closed.append(self))
    missing = {"file": f"{'0' * 16}.goodparts", "sha256": "00" * 32, "parts": 3}
    stored(workbench.data, Recipe.model_validate({"name": "C", "pack": PACK, "good_parts": missing}))
    with pytest.raises(InputError):
        load(None, "C")
    assert len(closed) == 1


@pytest.fixture
def tiny_picture() -> object:
    import numpy as np

    return np.zeros((56, 56), np.uint8)
