"""Folder replay: every file is a part, in order, whatever is wrong with it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from crane_desktop.camera.folder import FolderSource
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, SourceEvent


def _save(folder: Path, name: str, level: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((16, 20), level, np.uint8)).save(folder / name)
    return folder / name


def _all(source: FolderSource) -> list[SourceEvent]:
    source.open()
    try:
        events: list[SourceEvent] = []
        while not isinstance(event := source.next_event(5.0), EndOfFrames):
            assert event is not None
            events.append(event)
        return events
    finally:
        source.close()


def _files(events: list[SourceEvent]) -> list[str | None]:
    return [event.origin.file for event in events if isinstance(event, Frame | FrameFault)]


def test_pictures_come_by_name_with_running_numbers(tmp_path: Path) -> None:
    for level, name in enumerate(["b.png", "a.jpg", "c.BMP", "d.tif", "e.TIFF", "f.jpeg"]):
        _save(tmp_path, name, level)
    events = _all(FolderSource(tmp_path))
    assert _files(events) == ["a.jpg", "b.png", "c.BMP", "d.tif", "e.TIFF", "f.jpeg"]
    assert [e.origin.frame_id for e in events if isinstance(e, Frame)] == [1, 2, 3, 4, 5, 6]


def test_subfolders_hidden_files_and_other_files_are_left_out(tmp_path: Path) -> None:
    _save(tmp_path, "a.png")
    _save(tmp_path / "deeper", "b.png")
    _save(tmp_path / "looks_like.png", "c.png")
    _save(tmp_path, "._a.png")
    (tmp_path / "labels.csv").write_text("file,label\n", encoding="utf-8")
    assert _files(_all(FolderSource(tmp_path))) == ["a.png"]


def test_a_broken_file_is_a_part_without_a_picture_and_the_run_goes_on(tmp_path: Path) -> None:
    _save(tmp_path, "a.png")
    whole = _save(tmp_path, "b.png").read_bytes()
    (tmp_path / "b.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "c.png").write_bytes(b"")
    _save(tmp_path, "d.png")
    events = _all(FolderSource(tmp_path))
    assert [type(event) for event in events] == [Frame, FrameFault, FrameFault, Frame]
    for fault in events[1:3]:
        assert isinstance(fault, FrameFault)
        assert fault.cause == "unreadable_image"
        assert fault.detail
    assert [e.origin.frame_id for e in events if isinstance(e, Frame | FrameFault)] == [1, 2, 3, 4]


def test_a_file_deleted_meanwhile_is_a_fault(tmp_path: Path) -> None:
    _save(tmp_path, "a.png")
    second = _save(tmp_path, "b.png")
    source = FolderSource(tmp_path)
    source.open()
    assert isinstance(source.next_event(1.0), Frame)
    second.unlink()
    fault = source.next_event(1.0)
    source.close()
    assert isinstance(fault, FrameFault)
    assert (fault.cause, fault.origin.file) == ("unreadable_image", "b.png")


def test_japanese_folders_work(tmp_path: Path) -> None:
    _save(tmp_path / "基板 良品", "画像①.png")
    events = _all(FolderSource(tmp_path / "基板 良品"))
    assert _files(events) == ["画像①.png"]


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("missing", "camera.folder_missing"),
        ("empty", "camera.folder_empty"),
        ("file.png", "camera.folder_is_no_folder"),
    ],
)
def test_a_wrong_folder_says_what_is_wrong(tmp_path: Path, name: str, key: str) -> None:
    (tmp_path / "empty").mkdir()
    _save(tmp_path, "file.png")
    with pytest.raises(InputError) as error:
        FolderSource(tmp_path / name).open()
    assert error.value.key == key


@pytest.mark.parametrize("rate_hz", [0.0, -1.0, float("nan"), float("inf")])
def test_a_rate_that_makes_no_sense_is_refused(tmp_path: Path, rate_hz: float) -> None:
    with pytest.raises(InputError):
        FolderSource(tmp_path, rate_hz=rate_hz)


def test_frames_limits_the_run(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        _save(tmp_path, name)
    assert _files(_all(FolderSource(tmp_path, frames=2))) == ["a.png", "b.png"]
    assert _all(FolderSource(tmp_path, frames=0)) == []
    with pytest.raises(InputError):
        FolderSource(tmp_path, frames=-1)


@pytest.mark.timing
def test_the_rate_is_kept(tmp_path: Path) -> None:
    for index in range(5):
        _save(tmp_path, f"{index}.png")
    began_s = time.monotonic()
    events = _all(FolderSource(tmp_path, rate_hz=20.0))
    assert len(events) == 5
    assert time.monotonic() - began_s >= 4 / 20.0


def test_a_slow_taker_gets_no_burst_afterwards(tmp_path: Path) -> None:
    for index in range(6):
        _save(tmp_path, f"{index}.png")
    source = FolderSource(tmp_path, rate_hz=10.0)
    source.open()
    source.next_event(1.0)
    threading.Event().wait(0.45)
    late = [source.next_event(0.0) for _ in range(4)]
    source.close()
    assert sum(isinstance(event, Frame) for event in late) <= 2


def test_waiting_for_the_next_turn_is_no_fault(tmp_path: Path) -> None:
    for index in range(2):
        _save(tmp_path, f"{index}.png")
    source = FolderSource(tmp_path, rate_hz=0.5)
    source.open()
    assert isinstance(source.next_event(1.0), Frame)
    assert source.next_event(0.02) is None
    source.close()


def test_16_bit_pictures_bring_their_original(tmp_path: Path) -> None:
    values = np.arange(320, dtype=np.uint16).reshape(16, 20) * 200
    Image.fromarray(values).save(tmp_path / "deep.png")
    (frame,) = _all(FolderSource(tmp_path))
    assert isinstance(frame, Frame)
    assert frame.original is not None
    assert np.array_equal(frame.original, values)
    assert frame.pixel_format == "Mono16"
