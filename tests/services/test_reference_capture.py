"""A reference picture from a recipe's own camera: the camera is always released, and a failure changes no recipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import frame, origin
from recipe_fixtures import stored

from crane_desktop.domain.errors import CraneError, InputError, StationFault
from crane_desktop.domain.frames import EndOfFrames, FrameFault, SourceDown
from crane_desktop.domain.sources import SourceChoice
from crane_desktop.recipe.corrections import ReferencePicture
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.source import DemoChoice, GenicamChoice
from crane_desktop.services import reference_capture as module
from crane_desktop.services.corrections import corrector_of, keep_reference, white_balance
from crane_desktop.services.reference_capture import ReferenceKind, take_reference
from crane_desktop.services.workbench import Workbench

CAMERA = GenicamChoice(device="SN1", frames=1)
Noted = Callable[[Workbench], list[tuple[str, dict[str, Any]]]]


def even(level: int, number: int = 1) -> Any:
    return frame(number, np.full((8, 10), level, np.uint8))


def coloured(red: int, green: int, blue: int) -> Any:
    picture = np.zeros((8, 10, 3), np.uint8)
    picture[:] = (red, green, blue)
    return frame(1, picture, pixel_format="RGB8")


class FakeCamera:
    """Gives what a test wants; then nothing, for ever."""

    def __init__(self, events: list[object], fails: CraneError | None = None) -> None:
        self.events, self.fails = events, fails
        self.calls: list[str] = []
        self.made_with: tuple[SourceChoice, dict[str, object]] | None = None

    def make(self, choice: SourceChoice, features: Mapping[str, object]) -> FakeCamera:
        self.made_with = (choice, dict(features))
        return self

    def open(self) -> None:
        self.calls.append("open")
        if self.fails is not None:
            raise self.fails

    def next_event(self, _timeout_s: float) -> object:
        return self.events.pop(0) if self.events else None

    def close(self) -> None:
        self.calls.append("close")


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeCamera]:
    def put(*events: object, fails: CraneError | None = None) -> FakeCamera:
        made = FakeCamera(list(events), fails)
        monkeypatch.setattr(module, "make_source", made.make)
        return made

    return put


@pytest.fixture
def recipe(bench: Workbench) -> Recipe:
    return stored(bench.data, Recipe(name="部品A", source=CAMERA, camera_features={"Gain": 2.0})).recipe


def test_frames_are_taken_as_the_recipe_sets_the_camera_and_it_is_released(
    bench: Workbench, recipe: Recipe, camera: Callable[..., FakeCamera], noted: Noted
) -> None:
    made = camera(even(2), even(4, 2), even(200, 3))
    saved = take_reference(bench, "部品A", "dark", 2)
    assert made.made_with == (SourceChoice(kind="genicam", device="SN1"), {"Gain": 2.0})
    assert made.calls == ["open", "close"]
    assert len(made.events) == 1, "no more than was asked for"
    assert saved.version == 2
    assert saved.corrections is not None
    assert saved.corrections.dark is not None
    assert (bench.data.references / saved.corrections.dark.file).is_file()
    ((kind, details),) = noted(bench)
    assert (kind, details["change"], details["recipe_version"]) == ("recipe_changed", "recipe.why.dark_reference", 2)


def test_one_kind_leaves_the_others_as_they_are(
    bench: Workbench, recipe: Recipe, camera: Callable[..., FakeCamera]
) -> None:
    camera(even(2))
    dark = take_reference(bench, "部品A", "dark", 1).corrections
    camera(even(150))
    both = take_reference(bench, "部品A", "bright", 1).corrections
    assert dark is not None
    assert both is not None
    assert both.dark == dark.dark
    assert both.bright is not None
    assert corrector_of(bench.data, bench.recipes.head("部品A")) is not None


def test_of_a_grey_card_only_the_balance_is_kept(
    bench: Workbench, recipe: Recipe, camera: Callable[..., FakeCamera]
) -> None:
    camera(coloured(50, 100, 200))
    kept = take_reference(bench, "部品A", "grey", 1).corrections
    assert kept is not None
    assert kept.white_balance is not None
    assert kept.white_balance.model_dump() == pytest.approx({"red": 4.0, "green": 2.0, "blue": 1.0})
    assert list(bench.data.references.iterdir()) == []


def test_frames_that_failed_are_passed_over(
    bench: Workbench, recipe: Recipe, camera: Callable[..., FakeCamera]
) -> None:
    camera(FrameFault(origin(1), "camera.incomplete"), None, even(3))
    assert take_reference(bench, "部品A", "dark", 1).version == 2


@pytest.mark.parametrize(
    ("events", "fails", "key"),
    [
        ((even(2), EndOfFrames()), None, "app.reference_no_frames"),
        ((even(2),), None, "app.reference_no_frames"),
        ((even(2), SourceDown(StationFault("camera.lost"))), None, "camera.lost"),
        ((), StationFault("camera.hangs"), "camera.hangs"),
        ((even(2), even(200, 2)), None, "preprocess.reference_not_dark"),
        ((even(2), frame(2, np.zeros((9, 9), np.uint8))), None, "preprocess.stack_differs"),
        ((even(2), coloured(1, 1, 1)), None, "preprocess.stack_differs"),
    ],
    ids=[
        "it ends",
        "it sends nothing",
        "it is lost",
        "it does not open",
        "too bright",
        "sizes differ",
        "formats differ",
    ],
)
def test_whatever_fails_the_camera_is_released_and_the_recipe_is_as_before(
    bench: Workbench,
    recipe: Recipe,
    camera: Callable[..., FakeCamera],
    noted: Noted,
    monkeypatch: pytest.MonkeyPatch,
    events: tuple[object, ...],
    fails: CraneError | None,
    key: str,
) -> None:
    monkeypatch.setattr(module, "_FRAMES_WITHIN_S", 0.0)
    made = camera(*events, fails=fails)
    with pytest.raises(CraneError) as caught:
        take_reference(bench, "部品A", "dark", 2)
    assert caught.value.key == key
    if key == "app.reference_no_frames":
        assert caught.value.params == {"count": 1, "asked": 2}
    assert made.calls == ["open", "close"]
    assert (bench.recipes.head("部品A"), noted(bench)) == (recipe, [])
    assert list(bench.data.references.iterdir()) == []


@pytest.mark.parametrize("source", [None, DemoChoice()])
def test_a_recipe_without_a_camera_is_told(bench: Workbench, source: DemoChoice | None) -> None:
    stored(bench.data, Recipe(name="部品A", source=source))
    with pytest.raises(InputError) as caught:
        take_reference(bench, "部品A", "dark", 1)
    assert caught.value.key == "app.reference_needs_camera"


def test_an_unknown_recipe_is_told(bench: Workbench) -> None:
    with pytest.raises(InputError):
        take_reference(bench, "ない", "dark", 1)


@pytest.mark.parametrize(("kind", "level"), [("dark", 200), ("bright", 5), ("bright", 255)])
def test_what_is_no_reference_is_not_kept(bench: Workbench, kind: ReferenceKind, level: int) -> None:
    assert kind != "grey"
    with pytest.raises(InputError):
        keep_reference(bench.data, [even(level)], kind)
    assert list(bench.data.references.iterdir()) == []


def test_no_frames_make_no_reference(bench: Workbench) -> None:
    with pytest.raises(InputError) as caught:
        keep_reference(bench.data, [], "dark")
    assert caught.value.key == "preprocess.stack_empty"


def test_a_folder_that_cannot_be_written_is_told(bench: Workbench) -> None:
    bench.data.references.rmdir()
    bench.data.references.write_bytes(b"a file where the folder would be")
    with pytest.raises(InputError) as caught:
        keep_reference(bench.data, [even(3)], "dark")
    assert caught.value.key == "settings.unwritable"


def test_grey_without_colour_is_told(bench: Workbench) -> None:
    with pytest.raises(InputError) as caught:
        white_balance(bench.data, [even(100)])
    assert caught.value.key == "preprocess.white_balance_needs_colour"


class TestReadingBack:
    def kept(self, bench: Workbench) -> tuple[Recipe, Path]:
        dark = keep_reference(bench.data, [even(3)], "dark")
        recipe = Recipe.model_validate({"name": "A", "corrections": {"dark": dark.model_dump()}})
        return recipe, bench.data.references / dark.file

    def test_nothing_is_corrected_where_nothing_is_asked_for(self, bench: Workbench) -> None:
        assert corrector_of(bench.data, Recipe(name="A")) is None
        assert corrector_of(bench.data, Recipe.model_validate({"name": "A", "corrections": {}})) is None

    def test_the_same_frames_make_the_same_file(self, bench: Workbench) -> None:
        assert self.kept(bench) == self.kept(bench)
        assert len(list(bench.data.references.iterdir())) == 1

    @pytest.mark.parametrize(
        ("damage", "key"), [(None, "app.reference_missing"), (b"no picture", "preprocess.reference_changed")]
    )
    def test_one_that_is_gone_or_another_is_told(self, bench: Workbench, damage: bytes | None, key: str) -> None:
        recipe, file = self.kept(bench)
        assert corrector_of(bench.data, recipe) is not None
        file.unlink() if damage is None else file.write_bytes(damage)
        with pytest.raises(InputError) as caught:
            corrector_of(bench.data, recipe)
        assert caught.value.key == key

    def test_a_balance_needs_the_dark_picture_that_it_is_given(self, bench: Workbench) -> None:
        gone = ReferencePicture(file="dark-0.png", sha256="00" * 32, order="rgb")
        with pytest.raises(InputError) as caught:
            white_balance(bench.data, [coloured(50, 100, 200)], gone)
        assert caught.value.key == "app.reference_missing"
