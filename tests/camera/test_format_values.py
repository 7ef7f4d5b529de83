"""Every pixel format against a slow reader that knows only the bits: values, pixels, sizes and damage."""

from __future__ import annotations

import numpy as np
import pytest
from format_reference import ROWS, plain_demosaic, plain_rgb_of_yuv, unpacked
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.camera.genicam.formats import Converter, convert, layout_of, raw_kind
from crane_desktop.camera.genicam.pfnc import BAYER_ORDERS, LAYOUTS, pfnc_name
from crane_desktop.camera.genicam.unpack import unpack
from crane_desktop.domain.errors import InputError

NAMES = sorted(LAYOUTS)
PLAIN = [name for name in NAMES if LAYOUTS[name].order not in ("yuyv", "uyvy")]
PACKED = [name for name in NAMES if LAYOUTS[name].packing]
CHANNELS = {"rgb": "RGB", "bgr": "BGR", "rgba": "RGBA", "bgra": "BGRA"}
BITS = {
    **{f"{kind}{depth}": 16 for kind in ("Mono", "BayerRG") for depth in (10, 12, 14, 16)},
    **{"Mono8": 8, "Mono10p": 10, "Mono12p": 12, "Mono10Packed": 12, "Mono12Packed": 12},
    **{"RGB8": 24, "BGRa8": 32, "RGB10": 48, "RGB16": 48, "YUV422_8": 16, "YCbCr422_8_CbYCrY": 16},
}
"""Bits a pixel by PFNC and GigE Vision 2.2, written down again."""

sizes = st.tuples(st.integers(1, 17), st.integers(1, 6))


def drawn(name: str, width: int, height: int, seed: int) -> np.ndarray:
    """Return lines as a camera may send them: random bits, none above the depth where whole bytes carry a value."""
    layout = LAYOUTS[name]
    rows = np.random.default_rng(seed).integers(0, 256, (height, layout.row_bytes(width)), dtype=np.uint8)
    if layout.packing == "" and 8 < layout.depth < 16:
        rows[:, 1::2] &= (1 << (layout.depth - 8)) - 1
    return rows


def slow_values(rows: np.ndarray, width: int, name: str) -> np.ndarray:
    """Return the camera's values, ``(H, W)`` or RGB ``(H, W, 3)``, one byte after the other."""
    layout = LAYOUTS[name]
    if layout.packing:
        return unpacked(rows, width, name)
    order = CHANNELS.get(layout.order, "?")
    size = 2 if layout.depth > 8 else 1
    values = np.zeros((rows.shape[0], width, len(order)), np.uint16)
    for y, line in enumerate(rows.tolist()):
        for x in range(width):
            for c in range(len(order)):
                at = (x * len(order) + c) * size
                values[y, x, c] = line[at] + (line[at + 1] << 8 if size == 2 else 0)
    return values[..., 0] if order == "?" else values[..., [order.index(colour) for colour in "RGB"]]


@pytest.mark.parametrize("name", PLAIN)
@settings(max_examples=12, deadline=None)
@given(size=sizes, seed=st.integers(0, 99))
def test_values_and_pixels_are_those_of_the_slow_reader(name: str, size: tuple[int, int], seed: int) -> None:
    (width, height), layout = size, LAYOUTS[name]
    if layout.order in BAYER_ORDERS:
        width, height = max(width, 3), max(height, 3)
    rows = drawn(name, width, height, seed)
    values = slow_values(rows, width, name)
    converted = convert(rows.ravel(), width, height, name)
    kept = converted.pixels if converted.original is None else converted.original
    assert np.array_equal(kept, values)
    eight = (values >> (layout.depth - 8)).astype(np.uint8)
    if layout.order in BAYER_ORDERS:
        assert np.array_equal(converted.pixels[1:-1, 1:-1], plain_demosaic(eight, layout.order))
    else:
        assert np.array_equal(converted.pixels, eight)


@pytest.mark.parametrize("name", PACKED)
@settings(max_examples=20, deadline=None)
@given(size=sizes, seed=st.integers(0, 99))
def test_packed_values_fit_their_depth_and_every_bit_counts(name: str, size: tuple[int, int], seed: int) -> None:
    (width, height), layout = size, LAYOUTS[name]
    rows = drawn(name, width, height, seed)
    values = unpack(rows, width, layout)
    assert values.shape == (height, width)
    assert int(values.max()) < 1 << layout.depth
    used_bits = width * layout.depth if layout.packing == "p" else 0
    for bit in range(0, used_bits, 7):
        flipped = rows.copy()
        flipped[0, bit // 8] ^= 1 << (bit % 8)
        changed = unpack(flipped, width, layout).astype(int) ^ values
        assert np.flatnonzero(changed).tolist() == [bit // layout.depth]
        assert changed.ravel()[bit // layout.depth] == 1 << (bit % layout.depth)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PLAIN])
@settings(max_examples=20, deadline=None)
@given(size=sizes, seed=st.integers(0, 99))
def test_colours_of_pairs_are_those_of_the_formula(name: str, size: tuple[int, int], seed: int) -> None:
    width, height = size[0] * 2, size[1]
    rows = drawn(name, width, height, seed)
    converted = convert(rows.ravel(), width, height, name)
    expected = plain_rgb_of_yuv(rows, uyvy=LAYOUTS[name].order == "uyvy")
    assert np.abs(converted.pixels - expected).max() <= 1.0
    assert converted.original is None


@pytest.mark.parametrize(("name", "bits"), BITS.items())
def test_a_pixel_takes_what_the_standard_says(name: str, bits: int) -> None:
    assert LAYOUTS[name].bits == bits
    for width in range(1, 20):
        assert LAYOUTS[name].row_bytes(width) == -(-width * bits // 8)


def test_every_format_of_the_table_is_complete() -> None:
    for name, layout in LAYOUTS.items():
        assert pfnc_name(name) == name
        assert layout_of(name) is layout
        depth, order = raw_kind(name)
        assert depth == layout.depth
        assert order in ("mono", "rgb", *BAYER_ORDERS)
    assert {f"Bayer{pattern}{kind}" for pattern in ROWS for kind in ("8", "10p", "12Packed", "16")} <= set(LAYOUTS)


@pytest.mark.parametrize("name", NAMES)
@given(extra=st.integers(-30, 30).filter(bool))
@settings(max_examples=5, deadline=None)
def test_a_buffer_of_another_size_is_no_picture(name: str, extra: int) -> None:
    size = LAYOUTS[name].row_bytes(8) * 4
    with pytest.raises(ValueError, match="bytes"):
        convert(np.zeros(max(0, size + extra), np.uint8), 8, 4, name)


@pytest.mark.parametrize("name", ["", "Mono", "mono8", "Mono1p", "Mono12pp", "RGB8_Planar", "Coord3D_ABC32f"])
def test_a_format_that_is_none_of_ours_is_named_with_those_that_are(name: str) -> None:
    for call in (layout_of, raw_kind):
        with pytest.raises(InputError) as error:
            call(name)
        assert error.value.params["format"] == name
        assert "Mono12p" in str(error.value.params["known"])


@pytest.mark.parametrize("name", NAMES)
def test_one_converter_serves_frame_after_frame(name: str) -> None:
    """What one frame left behind must not show in the next, whatever their sizes."""
    converter = Converter()
    for width, height, seed in ((8, 6, 1), (12, 4, 2), (8, 6, 3)):
        rows = drawn(name, width, height, seed)
        first = converter(rows.ravel(), width, height, name)
        again = convert(rows.ravel(), width, height, name)
        assert np.array_equal(first.pixels, again.pixels)
        assert first.pixels.shape[:2] == (height, width)
