"""A record tells what was done to its picture, and keeps what the camera sent beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from format_reference import plain_demosaic

from crane_desktop.domain.corrections import Correction, CorrectionStep
from crane_desktop.domain.frames import sealed_pixels
from crane_desktop.domain.ports import LogEntry
from crane_desktop.records.archive import decode_png
from crane_desktop.records.export import export_records
from crane_desktop.records.log import SqliteInspectionLog
from crane_desktop.records.queries import RecordReader
from crane_desktop.settings.data_dir import DataDir
from crane_desktop.ui.history.record_fields import field_value

LoadedModel = Callable[..., LogEntry]
STEPS = (
    Correction(CorrectionStep.FLAT_FIELD, (), "c0ffee" + "0" * 58),
    Correction(CorrectionStep.WHITE_BALANCE, (1.5, 1.0, 2.25)),
)
AS_STORED = [
    {"step": "flat_field", "values": [], "reference_sha256": "c0ffee" + "0" * 58},
    {"step": "white_balance", "values": [1.5, 1.0, 2.25], "reference_sha256": None},
]


def corrected(entry: LogEntry) -> LogEntry:
    assert entry.frame is not None
    frame = replace(entry.frame, corrections=STEPS)
    return replace(entry, frame=frame, inspection=replace(entry.inspection, corrections=STEPS))


def mosaic_of(bits: int) -> np.ndarray:
    mosaic = np.random.default_rng(4).integers(0, 1 << bits, (16, 20)).astype(np.uint8 if bits == 8 else np.uint16)
    mosaic.flags.writeable = False
    return mosaic


def append(data: DataDir, *entries: LogEntry) -> list[int]:
    with closing(SqliteInspectionLog(data, keep_images="all")) as log:
        return log.append(entries)


def test_a_corrected_picture_is_kept_as_it_was_judged_with_its_original(
    data: DataDir, judged: LoadedModel, tmp_path: Path
) -> None:
    mosaic = mosaic_of(12)
    entry = corrected(judged(original=mosaic, pixel_format="BayerRG12p"))
    assert entry.frame is not None
    first, second = append(data, entry, judged(2))
    with RecordReader(data) as reader:
        record, plain = reader.record(first), reader.record(second)
    assert record.pixels is not None
    assert np.array_equal(record.pixels, entry.frame.pixels)
    assert json.loads(record.fields["corrections"]) == AS_STORED
    kept = decode_png((data.records / record.fields["original_path"]).read_bytes())
    assert kept is not None
    assert np.array_equal(kept, mosaic)
    assert (plain.fields["corrections"], plain.fields["original_path"]) == ("", "")
    assert field_value("corrections", record.fields["corrections"], "en") == (
        "flat field c0ffee000000\nwhite balance (R G B) 1.5 1 2.25"
    )
    out = tmp_path / "out.jsonl"
    export_records(data, out, "jsonl")
    told = [json.loads(line)["corrections"] for line in out.read_text(encoding="utf-8").splitlines()]
    assert told == [AS_STORED, None]
    # Opening again takes away what no row names: not this.
    append(data, judged(3))
    assert (data.records / record.fields["original_path"]).exists()


@pytest.mark.parametrize(("bits", "name"), [(8, "BayerGB8"), (10, "BayerGB10p"), (12, "BayerGB12Packed")])
def test_a_bayer_picture_is_kept_as_its_mosaic_and_shown_in_colour(
    data: DataDir, judged: LoadedModel, bits: int, name: str
) -> None:
    mosaic = mosaic_of(bits)
    (record_id,) = append(data, judged(original=mosaic, pixel_format=name))
    with RecordReader(data) as reader:
        record = reader.record(record_id)
    kept = decode_png((data.records / record.fields["image_path"]).read_bytes())
    assert kept is not None
    assert np.array_equal(kept, mosaic)
    assert record.pixels is not None
    eight = sealed_pixels((mosaic >> (bits - 8)).astype(np.uint8))
    assert np.array_equal(record.pixels[1:-1, 1:-1], plain_demosaic(eight, "GB"))
