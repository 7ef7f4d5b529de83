"""Damaged image files: cut anywhere or changed anywhere, they never pass for another picture."""

from __future__ import annotations

import io
import random
import threading
import warnings

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from crane_desktop.camera.decode import decode_image
from crane_desktop.domain.errors import InputError


def noise(shape: tuple[int, ...], dtype: type[np.generic] = np.uint8) -> NDArray[np.generic]:
    """Random values over the whole range of `dtype`."""
    return np.random.default_rng(1).integers(0, int(np.iinfo(dtype).max) + 1, shape, dtype)


def encoded(pixels: NDArray[np.generic], suffix: str) -> bytes:
    """The file's bytes; `pixels` is grey or BGR."""
    done, data = cv2.imencode(f".{suffix}", pixels)
    assert done
    return data.tobytes()


def saved(pixels: NDArray[np.uint8], suffix: str) -> bytes:
    """The file's bytes as another program writes them: other order of a TIFF's parts, progressive JPEG."""
    stream = io.BytesIO()
    options = {"jpeg": {"progressive": True}, "tiff": {"compression": "tiff_lzw"}}.get(suffix, {})
    Image.fromarray(pixels).save(stream, suffix, **options)
    return stream.getvalue()


FILES = {
    f"{kind} {suffix} {'x'.join(map(str, shape))} {np.dtype(dtype).name}": make(noise(shape, dtype), suffix)
    for kind, make, suffixes, dtypes in (
        ("opencv", encoded, ("png", "jpg", "bmp", "tiff"), (np.uint8,)),
        ("opencv", encoded, ("png", "tiff"), (np.uint16,)),
        ("pillow", saved, ("png", "jpeg", "bmp", "tiff"), (np.uint8,)),
    )
    for suffix in suffixes
    for dtype in dtypes
    for shape in ((40, 56), (40, 56, 3))
}


@pytest.mark.parametrize("file", FILES)
def test_a_file_cut_anywhere_is_refused_or_lost_no_pixel(file: str) -> None:
    whole = FILES[file]
    expected = decode_image(whole, "a")
    points = {0, 1, 2, 10, *random.Random(3).sample(range(len(whole)), 60), *range(len(whole) - 30, len(whole))}
    refused = 0
    for size in sorted(points):
        try:
            picture = decode_image(whole[:size], "a")
        except InputError:
            refused += 1
        else:
            # What is cut off may carry no pixels (an end mark, a note): then the picture must be whole.
            message = f"cut at {size} of {len(whole)}"
            np.testing.assert_array_equal(picture.pixels, expected.pixels, err_msg=message)
            assert (picture.original is None) == (expected.original is None), message
    assert refused >= 60


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("at", [0.2, 0.5, 0.8])
def test_a_png_with_a_flipped_bit_is_refused(dtype: type[np.generic], at: float) -> None:
    data = bytearray(encoded(noise((40, 56), dtype), "png"))
    data[int(len(data) * at)] ^= 0x10
    with pytest.raises(InputError) as raised:
        decode_image(bytes(data), "part.png")
    assert raised.value.params["file"] == "part.png"


@given(
    st.sampled_from(sorted(FILES)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=8)
)
def test_changed_bytes_give_a_picture_or_an_input_error(file: str, changes: list[tuple[float, int]]) -> None:
    damaged = bytearray(FILES[file])
    for where, value in changes:
        damaged[int(where * (len(damaged) - 1))] = value
    try:
        picture = decode_image(bytes(damaged), "a")
    except InputError:
        return
    assert picture.pixels.dtype == np.uint8
    assert not picture.pixels.flags.writeable


def test_decoding_leaves_the_warnings_of_other_threads_alone() -> None:
    damaged = FILES["opencv tiff 40x56 uint8"][:-20]
    before = list(warnings.filters)
    seen: list[type[BaseException]] = []

    def decode() -> None:
        for _ in range(20):
            try:
                decode_image(damaged, "a")
            except InputError as error:
                seen.append(type(error))

    threads = [threading.Thread(target=decode, name=f"decode-{n}") for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(seen) == 80
    assert warnings.filters == before
