"""Pictures are kept without loss, all of a batch or none, and found again; leftovers go, and only those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from crane_desktop.domain.corrections import Correction, CorrectionStep
from crane_desktop.domain.frames import Frame, FrameOrigin, sealed_pixels
from crane_desktop.domain.maps import AnomalyMap, Placement
from crane_desktop.domain.ports import LogEntry
from crane_desktop.preprocess.develop import develop_as
from crane_desktop.records import archive as archive_module
from crane_desktop.records.archive import Archive, ArchivedPaths, decode_png, map_pieces, picture_pieces
from crane_desktop.settings.data_dir import DataDir

Judged = Callable[..., LogEntry]
ORIGIN = FrameOrigin(1, "s", datetime(2026, 3, 31, tzinfo=UTC), 1)
PLACE = Placement(0, 0, 4, 4)


@pytest.fixture
def archive(data: DataDir) -> Archive:
    return Archive(data.records, data.images)


def files(data: DataDir) -> list[str]:
    return sorted(f.relative_to(data.records).as_posix() for f in data.images.rglob("*") if f.is_file())


def keep(archive: Archive, entries: Sequence[LogEntry]) -> list[ArchivedPaths]:
    """Write the pictures of a batch and name them, as pool and writer do between them."""
    placed = [archive.place(entry) if entry.frame is not None else None for entry in entries]
    here = [files for files in placed if files is not None]
    try:
        for entry, files in zip(entries, placed, strict=True):
            if files is not None:
                archive.write(entry, files, compress=True)
    except OSError:
        for files in here:
            archive.forget(files)
        raise
    kept = iter(archive.settle(here))
    return [ArchivedPaths() if files is None else next(kept) for files in placed]


def as_file(pieces: Iterable[bytes]) -> bytes:
    return b"".join(pieces)


def corrected(entry: LogEntry) -> LogEntry:
    assert entry.frame is not None
    frame = replace(entry.frame, corrections=(Correction(CorrectionStep.GAMMA, (0.5,)),))
    return replace(entry, frame=frame)


def sealed(values: np.ndarray) -> Any:
    values.flags.writeable = False
    return values


SHAPES = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)


@given(arrays.arrays(np.uint8, SHAPES | SHAPES.map(lambda shape: (*shape, 3))))
def test_a_picture_of_eight_bits_is_kept_without_loss(pixels: np.ndarray) -> None:
    found = decode_png(as_file(picture_pieces(Frame(sealed_pixels(pixels), ORIGIN))))
    assert found is not None
    assert np.array_equal(found, pixels)


@given(arrays.arrays(np.uint16, SHAPES), st.sampled_from([10, 12, 16]))
def test_a_deep_picture_is_kept_at_its_full_depth_and_shown_by_its_high_bits(raw: np.ndarray, depth: int) -> None:
    raw = sealed(raw >> (16 - depth))
    shown = (raw >> (depth - 8)).astype(np.uint8)
    found = decode_png(as_file(picture_pieces(Frame(sealed_pixels(shown), ORIGIN, f"Mono{depth}", raw))))
    assert found is not None
    assert np.array_equal(found, raw)
    assert np.array_equal(develop_as(found, f"Mono{depth}"), shown)


@given(arrays.arrays(np.float32, SHAPES, elements=st.floats(allow_nan=True, width=32)))
def test_a_map_is_kept_on_its_absolute_scale_and_what_is_no_number_is_nothing(values: np.ndarray) -> None:
    found = decode_png(as_file(map_pieces(AnomalyMap(sealed(values), PLACE))))
    assert found is not None
    assert found.dtype == np.uint16
    wanted = np.where(np.isnan(values), 0.0, np.clip(values, 0.0, 1.0))
    assert np.abs(found / 65535.0 - wanted).max() <= 0.5 / 65535 + 1e-6


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n", b"\0" * 100])
def test_what_is_no_picture_reads_as_none(content: bytes) -> None:
    assert decode_png(content) is None


def test_a_batch_is_kept_under_names_of_its_own(archive: Archive, data: DataDir, judged: Judged) -> None:
    kept = keep(archive, [judged(1), judged(1), corrected(judged(2)), judged(3, pictures=False)])
    named = [path for one in kept for path in (one.image, one.map, one.original) if path is not None]
    assert sorted(named) == files(data)
    assert len(set(named)) == 7
    assert [one.original is not None for one in kept] == [False, False, True, False]
    assert (kept[3].image, kept[3].map, kept[3].note) == (None, None, None)
    assert not any(name.endswith(".part") for name in named)


@pytest.mark.parametrize("after", range(5))
@pytest.mark.parametrize("fails", ["write_synced", "sync_folder"])
def test_a_batch_that_fails_half_way_leaves_nothing(
    archive: Archive, data: DataDir, judged: Judged, monkeypatch: pytest.MonkeyPatch, fails: str, after: int
) -> None:
    keep(archive, [judged(9)])
    before, calls = files(data), iter(range(10**6))
    real = getattr(archive_module, fails)

    def failing(*args: Any, **named: Any) -> None:
        if next(calls) == after:
            raise OSError(5, "Input/output error")
        real(*args, **named)

    monkeypatch.setattr(archive_module, fails, failing)
    batch = [corrected(judged(1)), judged(2, decided_at=datetime(2027, 1, 1, tzinfo=UTC)), judged(3)]
    try:
        keep(archive, batch)
    except OSError:
        assert files(data) == before
    else:
        assert next(calls) <= after, "so many calls there were not"


def test_what_is_discarded_is_gone_and_may_be_discarded_again(archive: Archive, data: DataDir, judged: Judged) -> None:
    kept = keep(archive, [corrected(judged(1)), judged(2)])
    archive.discard(kept[:1])
    assert files(data) == sorted(path for path in (kept[1].image, kept[1].map) if path)
    archive.discard(kept)
    archive.discard(kept)
    assert files(data) == []


def test_a_picture_outside_the_archive_is_not_read(archive: Archive, data: DataDir, judged: Judged) -> None:
    (kept,) = keep(archive, [judged(1)])
    assert kept.image is not None
    secret = data.root / "secret.png"
    secret.write_bytes((data.records / kept.image).read_bytes())
    assert archive.read_picture(kept.image, "RGB8") is not None
    for name in ("../secret.png", str(secret), "images/../../secret.png"):
        assert archive.read_picture(name, "RGB8") is None
        assert archive.read_map(name, PLACE) is None


def test_what_is_gone_or_damaged_reads_as_none(archive: Archive, data: DataDir, judged: Judged) -> None:
    (kept,) = keep(archive, [judged(1)])
    assert kept.image is not None
    assert archive.read_map(kept.image, PLACE) is None, "a colour picture is no map"
    (data.records / kept.image).write_bytes(b"x")
    assert archive.read_picture(kept.image, "RGB8") is None
    (data.records / kept.image).unlink()
    assert archive.read_picture(kept.image, "RGB8") is None
