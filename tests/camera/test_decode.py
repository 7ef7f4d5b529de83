"""Images from files: what is read is exact, and half a picture is never a picture."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crane_desktop.camera.decode import decode_image, read_image
from crane_desktop.domain.errors import InputError

LOSSLESS = ["png", "bmp", "tiff"]


def _grey(height: int = 23, width: int = 31) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width), dtype=np.uint8)


def _colour(channels: int = 3) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (23, 31, channels), dtype=np.uint8)


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _encoded_16(values: np.ndarray, suffix: str) -> bytes:
    return cv2.imencode(suffix, values)[1].tobytes()


@pytest.mark.parametrize("kind", LOSSLESS)
def test_grey_is_read_exactly(kind: str) -> None:
    picture = decode_image(_encoded(Image.fromarray(_grey()), kind), "a")
    assert np.array_equal(picture.pixels, _grey())
    assert (picture.pixel_format, picture.original) == ("Mono8", None)


@pytest.mark.parametrize("kind", LOSSLESS)
def test_colour_is_read_as_rgb(kind: str) -> None:
    picture = decode_image(_encoded(Image.fromarray(_colour()), kind), "a")
    assert np.array_equal(picture.pixels, _colour())
    assert picture.pixel_format == "RGB8"


@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_alpha_is_dropped_not_mixed_in(kind: str) -> None:
    values = _colour(4)
    picture = decode_image(_encoded(Image.fromarray(values), kind), "a")
    assert np.array_equal(picture.pixels, values[..., :3])


def test_grey_with_alpha_stays_grey() -> None:
    values = _colour(2)
    picture = decode_image(_encoded(Image.fromarray(values, "LA"), "png"), "a")
    assert np.array_equal(picture.pixels, values[..., 0])


def test_palette_and_bilevel_pictures_are_read() -> None:
    palette = Image.fromarray(_colour()).quantize(8)
    assert np.array_equal(decode_image(_encoded(palette, "png"), "a").pixels, np.asarray(palette.convert("RGB")))
    bilevel = Image.fromarray((_grey() > 127).astype(np.uint8) * 255).convert("1")
    assert set(np.unique(decode_image(_encoded(bilevel, "png"), "a").pixels)) == {0, 255}


@pytest.mark.parametrize("shape", [(23, 31), (40, 60, 3)])
def test_jpeg_is_read_close_to_what_was_saved(shape: tuple[int, ...]) -> None:
    values = np.full(shape, 90, dtype=np.uint8)
    picture = decode_image(_encoded(Image.fromarray(values), "jpeg", quality=95), "a")
    assert picture.pixels.shape == shape
    assert np.abs(picture.pixels.astype(int) - 90).max() <= 2


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_16_bit_grey_keeps_its_depth_and_shows_the_high_byte(suffix: str) -> None:
    values = np.random.default_rng(3).integers(0, 65536, (9, 14), dtype=np.uint16)
    picture = decode_image(_encoded_16(values, suffix), "a")
    assert picture.original is not None
    assert np.array_equal(picture.original, values)
    assert np.array_equal(picture.pixels, (values >> 8).astype(np.uint8))
    assert picture.pixel_format == "Mono16"


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
@pytest.mark.parametrize("channels", [3, 4])
def test_16_bit_colour_keeps_its_depth(suffix: str, channels: int) -> None:
    bgr = np.random.default_rng(4).integers(0, 65536, (9, 14, channels), dtype=np.uint16)
    if channels == 4:
        bgr[..., 3] = 65535
    picture = decode_image(_encoded_16(bgr, suffix), "a")
    assert picture.original is not None
    assert np.array_equal(picture.original, bgr[..., 2::-1])
    assert np.array_equal(picture.pixels, (bgr[..., 2::-1] >> 8).astype(np.uint8))
    assert picture.pixel_format == "RGB16"


def test_pixels_are_sealed() -> None:
    picture = decode_image(_encoded(Image.fromarray(_colour()), "png"), "a")
    assert picture.pixels.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["png", "jpeg", "bmp", "tiff"]), cut=st.floats(0.0, 0.97))
def test_a_truncated_file_is_an_error(kind: str, cut: float) -> None:
    whole = _encoded(Image.fromarray(_colour()), kind)
    with pytest.raises(InputError):
        decode_image(whole[: int(len(whole) * cut)], "a")


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["png", "jpeg", "bmp", "tiff"]), missing=st.integers(1, 40))
def test_missing_last_bytes_are_an_error_or_harmless(kind: str, missing: int) -> None:
    whole = _encoded(Image.fromarray(_colour()), kind)
    try:
        picture = decode_image(whole[:-missing], "a")
    except InputError:
        return
    assert np.array_equal(picture.pixels, decode_image(whole, "a").pixels)


@settings(max_examples=80, deadline=None)
@given(
    data=st.binary(max_size=300), head=st.sampled_from([b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\0"])
)
def test_rubbish_is_an_input_error_and_nothing_else(data: bytes, head: bytes) -> None:
    with pytest.raises(InputError):
        decode_image(head + data, "a")


@pytest.mark.parametrize("mode", ["F", "I"])
def test_kinds_without_a_fixed_scale_are_refused(mode: str) -> None:
    values = np.full((4, 4), 1e6, dtype=np.float32 if mode == "F" else np.int32)
    with pytest.raises(InputError) as error:
        decode_image(_encoded(Image.fromarray(values), "tiff"), "a.tif")
    assert error.value.key == "camera.image_kind_unknown"


def test_japanese_paths_are_read(tmp_path: Path) -> None:
    file = tmp_path / "検査 画像①.png"
    file.write_bytes(_encoded(Image.fromarray(_grey()), "png"))
    assert np.array_equal(read_image(file).pixels, _grey())


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_image(tmp_path / "none.png")
    assert error.value.key == "camera.file_missing"
    assert "none.png" in str(error.value.params["file"])


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        read_image(tmp_path)
    assert error.value.key == "camera.file_is_no_file"
