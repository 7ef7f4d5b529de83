"""What the embedded pack judged live gets the same verdict and the same score, to the last bit, from the archive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import builders
import numpy as np
import pytest
from numpy.typing import NDArray
from virtual_scene import View, expected_rows

from crane_desktop.camera.folder import FolderSource
from crane_desktop.camera.genicam.formats import Converter
from crane_desktop.domain.frames import EndOfFrames, Frame
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Inspection, Verdict
from crane_desktop.model.packs import read_manifest
from crane_desktop.model.scorer import CraneScorer, load_scorer
from crane_desktop.pipeline.inspection import JudgingSetup, judge, judged_by
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.recipe.corrections import Corrections
from crane_desktop.recipe.model import Recipe
from crane_desktop.recipe.store import recipe_for_pack
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.services.corrections import corrector_of, keep_reference
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.settings.resources import resource_path
from crane_desktop.simulation.painting.draw import draw_part

pytestmark = pytest.mark.slow
SIDE = 320
FORMATS = ("Mono8", "Mono10", "Mono12", "Mono12Packed", "BayerRG8", "BayerGB12", "RGB8", "YUV422_8_UYVY", "YUV422_8")
PACK = resource_path("packs", "demo.cranepack")


@pytest.fixture(scope="module")
def scorer() -> Iterator[CraneScorer]:
    with closing(load_scorer(PACK, device="cpu")) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return recipe_for_pack("demo", read_manifest(PACK).thresholds)


@pytest.fixture
def data(tmp_path: Path) -> DataDir:
    folder = DataDir(tmp_path / "検査 データ")
    folder.prepare()
    return folder


def part(number: int) -> NDArray[np.uint8]:
    """A part, by turns good and defective, uint8 ``(SIDE, SIDE, 3)``."""
    seed = (11, 16, 14)[number // 2 % 3] if number % 2 else number
    return draw_part("machined_metal", seed, size_px=SIDE, defect_rate=number % 2, design=3).pixels


def sent(number: int, picture: NDArray[np.generic], pixel_format: str, corrector: Corrector | None = None) -> Frame:
    """What a camera of that pixel format makes of a picture."""
    rows = expected_rows(View(SIDE, SIDE, picture=picture), 0, pixel_format)
    made = Converter(corrector)(np.ascontiguousarray(rows).reshape(-1), SIDE, SIDE, pixel_format)
    return Frame(made.pixels, builders.origin(number), pixel_format, made.original, made.corrections)


def judged(frames: Sequence[Frame], scorer: CraneScorer, recipe: Recipe) -> list[LogEntry]:
    setup = JudgingSetup(scorer, recipe, judged_by(scorer, recipe, "0.test"))
    return [judge(frame, setup) for frame in frames]


def archived(data: DataDir, entries: Sequence[LogEntry]) -> Path:
    """Record what was judged, a second between two parts; return the day's folder."""
    begin = builders.BEGIN.replace(hour=1)
    told = [
        replace(one, inspection=replace(one.inspection, decided_at=begin + timedelta(seconds=number)))
        for number, one in enumerate(entries)
    ]
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        log.append(told)
    (day,) = {file.parent for file in data.images.rglob("*.png")}
    return day


def played(folder: Path) -> list[Frame]:
    source = FolderSource(folder)
    source.open()
    frames: list[Frame] = []
    while not isinstance(event := source.next_event(5.0), EndOfFrames):
        assert event is None or isinstance(event, Frame), event
        frames += [] if event is None else [event]
    source.close()
    return frames


def said(entries: Sequence[LogEntry]) -> list[tuple[object, ...]]:
    """What was decided about each part, and by which numbers."""
    return [_said(one.inspection) for one in entries]


def _said(one: Inspection) -> tuple[object, ...]:
    return one.verdict, one.score, one.map_peak, one.reason, one.regions


def test_every_kind_of_pixel_format_plays_again_to_the_verdict_and_score_of_the_live_part(
    data: DataDir, scorer: CraneScorer, recipe: Recipe
) -> None:
    live = judged([sent(n, part(n), name) for n, name in enumerate(FORMATS)], scorer, recipe)
    again = judged(played(archived(data, live)), scorer, recipe)
    assert said(again) == said(live)
    assert {one.inspection.verdict for one in live} >= {Verdict.OK, Verdict.NG}, "both ways could go wrong"
    scores = [one.inspection.score for one in live]
    assert len(set(scores)) == len(FORMATS), "no two parts are mistaken for each other"


def test_what_was_corrected_by_a_dark_and_a_flat_field_does_too(
    data: DataDir, scorer: CraneScorer, recipe: Recipe
) -> None:
    draw = np.random.default_rng(5)
    across = np.abs(np.mgrid[0:SIDE, 0:SIDE] - SIDE / 2).max(axis=0) / SIDE
    shade = (1.0 - across)[..., None] * np.array([1.0, 0.9, 0.8])
    hot = draw.integers(0, 3000, (SIDE, SIDE, 3))

    def seen(light: NDArray[np.generic] | float) -> NDArray[np.uint16]:
        """What the sensor holds, 16 bits: shaded light over the dark current of each place."""
        return np.rint(shade * light * 200 + hot).clip(0, 65535).astype(np.uint16)

    corrected, plain = [], []
    for number, name in enumerate(("Mono8", "Mono12Packed", "BayerRG12", "RGB8")):
        dark = keep_reference(data, [sent(0, seen(0.0), name)] * 2, "dark")
        bright = keep_reference(data, [sent(0, seen(200.0), name)] * 2, "bright")
        corrector = corrector_of(data, recipe.with_corrections(Corrections(dark=dark, bright=bright)))
        corrected.append(sent(number, seen(part(number)), name, corrector))
        plain.append(sent(number, seen(part(number)), name))
    live = judged(corrected, scorer, recipe)
    day = archived(data, live)
    assert len(list(day.glob("*-original.png"))) == len(corrected), "the camera's own values are kept beside"
    assert said(judged(played(day), scorer, recipe)) == said(live)
    for one, uncorrected in zip(live, judged(plain, scorer, recipe), strict=True):
        assert one.inspection.corrections
        assert one.inspection.score != uncorrected.inspection.score, "the corrections matter to this part"
