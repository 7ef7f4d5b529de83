"""Corrections of what the virtual camera sends, through Harvesters, by references that were made of its own frames."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from virtual_camera import VirtualCameras, write_pnm
from virtual_scene import View, expected_rows

from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.corrections import CorrectionStep
from crane_desktop.domain.errors import InputError, StationFault
from crane_desktop.domain.frames import Frame
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.recipe.corrections import Corrections
from crane_desktop.recipe.json_text import parse_recipe
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.staleness import without_stale_thresholds
from crane_desktop.services.corrections import corrector_of, keep_reference, white_balance
from crane_desktop.settings.data_dir import DataDir

Camera = Callable[..., list[Frame]]
QUICK = {"ExposureTime": 500.0, "AcquisitionFrameRate": 200.0}


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    data = DataDir(tmp_path / "データ")
    data.prepare()
    return data


@pytest.fixture
def frames_of(virtual_cameras: VirtualCameras) -> Camera:
    """Run a camera of its own with these settings and return so many frames."""
    made = []

    def run(count: int = 1, corrector: Corrector | None = None, scene: str = "flat", **settings: object) -> list[Frame]:
        features = {name: value for name, value in settings.items() if name != "images"}
        extra = {"images": settings["images"]} if "images" in settings else {}
        made.append(f"VC{len(made)}")
        sensor = {"sensor_width": 64, "sensor_height": 48, "reference_exposure_us": 500}
        virtual_cameras.add(made[-1], QUICK | features, scene=scene, **sensor, **extra)
        source = GenicamSource(str(virtual_cameras.cti), made[-1], frames=count, corrector=corrector)
        source.open()
        try:
            found: list[Frame] = []
            while len(found) < count:
                event = source.next_event(5.0)
                assert event is None or isinstance(event, Frame)
                found += [] if event is None else [event]
            return found
        finally:
            source.close()

    return run


def recipe_with(**steps: object) -> Recipe:
    return Recipe(name="部品", corrections=Corrections(**steps))  # type: ignore[arg-type]


def test_a_shaded_tinted_noisy_picture_becomes_even_and_grey(frames_of: Camera, data: DataDir, tmp_path: Path) -> None:
    """Dark field, bright field and grey card, each from the camera's own frames, at the full depth of a mosaic."""
    draw = np.random.default_rng(2)
    y, x = np.mgrid[0:48, 0:64]
    shade = (1 - 0.5 * (((y - 24) / 48) ** 2 + ((x - 32) / 64) ** 2))[..., None] * np.array([0.5, 0.8, 0.35])
    bright = np.rint(shade * draw.normal(1, 0.03, shade.shape) * 60000).clip(0, 65535).astype(np.uint16)
    pictures = {"bright": bright, "dark": np.zeros_like(bright), "part": (bright * 0.7).astype(np.uint16)}
    settings = {"PixelFormat": "BayerGB12p", "BlackLevel": 4.0}
    shots: dict[str, list[Frame]] = {}
    for name, picture in pictures.items():
        folder = tmp_path / name
        folder.mkdir()
        write_pnm(folder / "0.ppm", picture)
        if name != "part":
            shots[name] = frames_of(4, images=folder, **settings)
    dark = keep_reference(data, shots["dark"], "dark")
    light = keep_reference(data, shots["bright"], "bright")
    recipe = recipe_with(dark=dark, bright=light, white_balance=white_balance(data, shots["bright"], dark))
    assert parse_recipe(recipe.model_dump_json()) == recipe
    (frame,) = frames_of(1, corrector_of(data, recipe), images=tmp_path / "part", **settings)
    (plain,) = frames_of(1, images=tmp_path / "part", **settings)
    assert plain.pixels.reshape(-1, 3).std(axis=0).min() > 3
    grey = frame.pixels.astype(float)
    assert grey.reshape(-1, 3).std(axis=0).max() < 1.0
    assert np.ptp(grey.reshape(-1, 3).mean(axis=0)) < 1.0
    # What the camera sent is kept untouched, and what was done is told, with the references' checksums.
    assert np.array_equal(frame.raw, plain.raw)
    assert frame.raw.dtype == np.uint16
    assert plain.corrections == ()
    assert [(one.step, one.reference_sha256) for one in frame.corrections] == [
        (CorrectionStep.DARK_FIELD, dark.sha256),
        (CorrectionStep.FLAT_FIELD, light.sha256),
        (CorrectionStep.WHITE_BALANCE, None),
    ]


@pytest.mark.parametrize("pixel_format", ["Mono12Packed", "BayerRG8", "RGB8"])
def test_the_cameras_own_black_level_and_gamma_are_undone(frames_of: Camera, pixel_format: str) -> None:
    """The virtual camera's documented tone curve, taken back at full depth, gives its scene again."""
    corrector = Corrector(Corrections(gamma=2.0).choice())
    (frame,) = frames_of(1, corrector, "bars", PixelFormat=pixel_format, Gamma=0.5)
    linear = expected_rows(
        View(64, 48, sensor_width=64, scene="bars"), 0, "Mono8" if "Mono" in pixel_format else "RGB8"
    )
    linear = linear.reshape((48, 64) if "Mono" in pixel_format else (48, 64, 3)).astype(int)
    seen = frame.pixels.astype(int)
    inside = np.tile(np.isin(np.arange(64) % 8, (2, 3, 4, 5)), (48, 1))
    assert np.abs(seen - linear)[inside].max() <= (1 if "12" in pixel_format else 2)
    corrector = Corrector(Corrections(black_level_percent=100 * 8 * 256 / 65535).choice())
    (frame,) = frames_of(1, corrector, "bars", PixelFormat=pixel_format, BlackLevel=8.0)
    assert np.abs(frame.pixels.astype(int) - linear)[inside].max() <= 1


def test_without_corrections_every_bit_is_the_cameras(frames_of: Camera, data: DataDir) -> None:
    for recipe in (Recipe(name="a"), recipe_with()):
        assert corrector_of(data, recipe) is None
    (frame,) = frames_of(1, None, "noise", PixelFormat="Mono12")
    assert frame.origin.block_id is not None
    rows = expected_rows(View(64, 48, sensor_width=64, scene="noise"), frame.origin.block_id - 1, "Mono12")
    values = np.ascontiguousarray(rows).view("<u2")
    assert np.array_equal(frame.raw, values)
    assert np.array_equal(frame.pixels, values >> 4)


def test_corrections_that_do_not_fit_the_picture_give_no_frame(frames_of: Camera) -> None:
    corrector = Corrector(recipe_with(white_balance={"red": 2.0, "green": 1.0, "blue": 1.0}).corrections.choice())  # type: ignore[union-attr]
    with pytest.raises(StationFault) as caught:
        frames_of(1, corrector, PixelFormat="Mono8")
    assert caught.value.key == "preprocess.white_balance_needs_colour"


class TestRecipe:
    SHA = "a" * 64

    @pytest.mark.parametrize(
        "wrong",
        [
            {"gamma": 0.0},
            {"gamma": "1.0"},
            {"black_level_percent": 60.0},
            {"black_level_percent": float("nan")},
            {"white_balance": {"red": 1.0, "green": 1.0}},
            {"white_balance": {"red": -1.0, "green": 1.0, "blue": 1.0}},
            {"bright": {"file": "../x.png", "sha256": SHA, "order": "mono"}},
            {"bright": {"file": "x.png", "sha256": "a", "order": "mono"}},
            {"bright": {"file": "x.png", "sha256": SHA, "order": "XX"}},
            {"sharpness": 1.0},
            {"version": 2},
        ],
    )
    def test_what_makes_no_sense_is_refused_by_name(self, wrong: dict[str, object]) -> None:
        with pytest.raises(InputError) as caught:
            parse_recipe(json.dumps({"name": "x", "corrections": wrong}))
        assert caught.value.key.startswith("recipe.")
        assert str(caught.value.params["field"]).startswith("corrections.")

    def test_a_changed_or_missing_reference_is_refused(self, data: DataDir) -> None:
        recipe = recipe_with(dark={"file": "x.png", "sha256": self.SHA, "order": "mono"})
        with pytest.raises(InputError) as missing:
            corrector_of(data, recipe)
        assert missing.value.key == "app.reference_missing"
        (data.references / "x.png").write_bytes(b"other")
        with pytest.raises(InputError) as changed:
            corrector_of(data, recipe)
        assert changed.value.key == "preprocess.reference_changed"

    def test_other_corrections_need_another_calibration(self) -> None:
        from crane_desktop.recipe.thresholds import Thresholds

        thresholds = Thresholds(score_review=0.4, score_ng=0.5, map_review=0.6, map_ng=0.7)
        recipe = Recipe(name="x", version=4, thresholds=thresholds)
        assert recipe.with_corrections(None) is recipe
        changed = without_stale_thresholds(recipe.with_corrections(Corrections(gamma=0.8)), recipe)
        assert (changed.thresholds, changed.calibration) == (None, None)
        assert changed.corrections == Corrections(gamma=0.8)
