"""Our PNG files are what everyone reads, hold every value as it was, and carry their note; compressed or not."""

from __future__ import annotations

import io
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image

from crane_desktop.preprocess.png_file import encode_png
from crane_desktop.preprocess.png_note import PictureNote, read_note

NOTE = PictureNote("picture", "RGB8", 8)
GREY = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=9)
SHAPES = GREY | GREY.map(lambda shape: (*shape, 3))


def as_opencv_reads(png: bytes) -> Any:
    found = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED)
    return found[:, :, ::-1] if found.ndim == 3 else found


@given(arrays.arrays(st.sampled_from([np.uint8, np.uint16]), SHAPES), st.booleans())
def test_every_value_is_read_back_by_other_programs(values: np.ndarray, compress: bool) -> None:
    png = encode_png(values, NOTE, compress=compress)
    assert read_note(png) == NOTE
    assert np.array_equal(as_opencv_reads(png), values)
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        image.load()
        if values.dtype == np.uint8 or values.ndim == 2:  # Pillow shows colour in 8 bits
            assert np.array_equal(np.asarray(image), values)
    with Image.open(io.BytesIO(png), formats=("PNG",)) as image:
        image.verify()


def test_values_that_do_not_lie_in_one_piece_are_encoded_as_they_are_seen() -> None:
    turned = np.arange(240, dtype=np.uint8).reshape(8, 10, 3)[::-1, ::2]
    assert np.array_equal(as_opencv_reads(encode_png(turned, NOTE)), turned)


@pytest.mark.parametrize("compress", [True, False])
def test_a_large_picture_goes_through_in_pieces(compress: bool) -> None:
    noise = np.random.default_rng(5).integers(0, 4096, (900, 1300), dtype=np.uint16)
    png = encode_png(noise, PictureNote("picture", "Mono12", 12), compress=compress)
    assert png.count(b"IDAT") >= 2
    assert np.array_equal(as_opencv_reads(png), noise)


def test_a_sensors_noise_takes_less_space_than_with_the_usual_settings() -> None:
    smooth = np.add.outer(np.arange(300), np.arange(400)) / 5
    picture = (smooth + np.random.default_rng(1).normal(50, 3, smooth.shape)).astype(np.uint8)
    usual = cv2.imencode(".png", picture, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].size
    ours, plain = len(encode_png(picture, NOTE)), len(encode_png(picture, NOTE, compress=False))
    assert ours < usual < plain <= picture.size * 1.01
