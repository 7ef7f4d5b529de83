"""What the archive holds plays again as it was judged: bit for bit, from every pixel format, and only parts."""

from __future__ import annotations

import itertools
import shutil
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders
import cv2
import numpy as np
import pytest
from virtual_scene import View, expected_rows

from crane_desktop.camera.decode import read_image
from crane_desktop.camera.folder import FolderSource
from crane_desktop.camera.genicam.formats import Converter
from crane_desktop.camera.genicam.pfnc import LAYOUTS
from crane_desktop.camera.pictures.listing import list_folder
from crane_desktop.domain.corrections import CorrectionChoice
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault
from crane_desktop.domain.ports import LogEntry
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.preprocess.correct import Corrector
from crane_desktop.preprocess.png_file import encode_png
from crane_desktop.preprocess.png_note import PictureNote, read_note
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.simulation.painting.draw import draw_part

WIDTH, HEIGHT = 21, 18
GAMMA = Corrector(CorrectionChoice(gamma=0.6, black_level_percent=2.0))


def live(number: int, pixel_format: str, corrector: Corrector | None = None) -> Frame:
    """A frame as a camera of that format makes it, of random bytes: also values over the format's depth."""
    layout = LAYOUTS[pixel_format]
    rows = np.random.default_rng(number).integers(0, 256, HEIGHT * layout.row_bytes(WIDTH), dtype=np.uint8)
    if layout.packing == "" and 8 < layout.depth < 16 and number % 2:
        rows[1::2] &= (1 << (layout.depth - 8)) - 1
    made = Converter(corrector)(rows, WIDTH, HEIGHT, pixel_format)
    return Frame(made.pixels, builders.origin(number), pixel_format, made.original, made.corrections)


def archived(data: DataDir, frames: list[Frame]) -> Path:
    """Log the frames with their maps, in order; return the day's folder."""
    begin = builders.BEGIN.replace(hour=1)
    entries = []
    for number, frame in enumerate(frames):
        told = {"decided_at": begin + timedelta(seconds=number), "pixel_format": frame.pixel_format}
        inspection = builders.inspection(number, Verdict.NG, **told)
        entries.append(LogEntry(inspection, frame, builders.anomaly_map(0.5, HEIGHT, WIDTH)))
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        log.append(entries)
    (day,) = {file.parent for file in data.images.rglob("*.png")}
    return day


def replayed(folder: Path) -> list[Any]:
    source = FolderSource(folder)
    source.open()
    found = []
    while not isinstance(event := source.next_event(5.0), EndOfFrames):
        found += [] if event is None else [event]
    source.close()
    return found


@pytest.mark.parametrize("corrector", [None, GAMMA], ids=["plain", "corrected"])
def test_every_pixel_format_plays_again_as_it_was_judged(data: DataDir, corrector: Corrector | None) -> None:
    frames = [live(n, name, corrector) for n, name in enumerate(LAYOUTS)]
    played = replayed(archived(data, frames))
    assert len(played) == len(frames) == len(LAYOUTS) >= 43, "maps and originals are no parts"
    for was, now in zip(frames, played, strict=True):
        assert isinstance(now, Frame), (was.pixel_format, now)
        assert np.array_equal(now.pixels, was.pixels), was.pixel_format
        if corrector is None:
            assert now.pixel_format == was.pixel_format
            assert now.raw.dtype == was.raw.dtype
            assert np.array_equal(now.raw, was.raw), was.pixel_format


def test_what_was_played_again_is_archived_and_played_again_as_before(data: DataDir, tmp_path: Path) -> None:
    first = replayed(archived(data, [live(n, name) for n, name in enumerate(("Mono10", "BayerGB12p", "RGB14"))]))
    other = DataDir(tmp_path / "another")
    other.prepare()
    for was, now in zip(first, replayed(archived(other, first)), strict=True):
        assert np.array_equal(now.pixels, was.pixels)
        assert (now.pixel_format, now.raw.dtype) == (was.pixel_format, was.raw.dtype)


def test_an_original_alone_is_developed_without_its_corrections(data: DataDir) -> None:
    day = archived(data, [live(1, "BayerRG12", GAMMA)])
    for file in day.iterdir():
        if not file.name.endswith("-original.png"):
            file.unlink()
    (played,) = replayed(day)
    assert np.array_equal(played.pixels, live(1, "BayerRG12").pixels)


def test_a_map_is_no_part_by_its_name_nor_by_its_note(data: DataDir) -> None:
    day = archived(data, [live(1, "Mono8")])
    (map_file,) = day.glob("*-map.png")
    assert map_file.name in list_folder(day).passed_over
    shutil.copy(map_file, day / "zz renamed.png")
    part, renamed = replayed(day)
    assert isinstance(part, Frame)
    assert isinstance(renamed, FrameFault)
    with pytest.raises(InputError, match=r"camera\.image_is_map"):
        read_image(day / "zz renamed.png")


def test_maps_of_an_archive_from_before_there_were_notes_are_no_parts_either(tmp_path: Path) -> None:
    grey = np.full((HEIGHT, WIDTH), 70, np.uint8)
    for what in ("", "-map", "-original"):
        cv2.imwrite(str(tmp_path / f"235959-123456-01d06287-NG{what}.png"), grey)
    cv2.imwrite(str(tmp_path / "235958-123456-01d06287-OK-original.png"), grey)
    cv2.imwrite(str(tmp_path / "site-map.png"), grey)
    assert [file.name for file in list_folder(tmp_path).files] == [
        "235958-123456-01d06287-OK-original.png",
        "235959-123456-01d06287-NG.png",
        "site-map.png",
    ]


def test_a_mosaic_of_an_archive_from_before_there_were_notes_is_not_judged_as_grey(tmp_path: Path) -> None:
    drawn = draw_part("moulded_plastic", 4, size_px=128, design=2).pixels
    for number, pattern in enumerate(("RG", "GR", "GB", "BG")):
        rows = expected_rows(View(128, 128, picture=drawn, balance=(0.6, 1.0, 0.7)), 0, f"Bayer{pattern}8")
        cv2.imwrite(str(tmp_path / f"23595{number}-123456-01d06287-NG.png"), rows)
    cv2.imwrite(str(tmp_path / "235957-123456-01d06287-OK-original.png"), rows)
    cv2.imwrite(str(tmp_path / "235958-123456-01d06287-OK.png"), drawn[..., 1])
    cv2.imwrite(str(tmp_path / "235959-123456-01d06287-OK.png"), drawn[..., ::-1])
    cv2.imwrite(str(tmp_path / "another.png"), rows)
    *mosaics, grey, colour, others = replayed(tmp_path)
    assert len(mosaics) == 5
    for one in mosaics:
        assert isinstance(one, FrameFault)
        assert one.error is not None
        assert one.error.key == "camera.image_is_mosaic"
    assert np.array_equal(grey.pixels, drawn[..., 1])
    assert np.array_equal(colour.pixels, drawn)
    assert np.array_equal(others.pixels, rows), "a file of somebody else's may be what it likes"


def test_a_note_that_another_programs_change_has_made_untrue_says_nothing(tmp_path: Path) -> None:
    eight = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH), dtype=np.uint8)
    (tmp_path / "a.png").write_bytes(encode_png(eight, PictureNote("picture", "BayerRG12", 12)))
    assert np.array_equal(read_image(tmp_path / "a.png").pixels, eight)


def test_every_archived_file_says_what_it_is(data: DataDir) -> None:
    frames = [live(1, "Mono10p"), live(2, "BayerRG8", GAMMA)]
    notes = {file.name: read_note(file.read_bytes()) for file in archived(data, frames).iterdir()}
    said = sorted((note.kind, note.pixel_format, note.significant_bits or 0) for note in notes.values() if note)
    assert said == [
        *itertools.repeat(("map", "", 0), 2),
        ("original", "BayerRG8", 8),
        ("picture", "Mono10p", 10),
        ("picture", "RGB8", 8),
    ]
