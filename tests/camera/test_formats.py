"""What cameras send -> pixels, checked against formulas written out here."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from format_reference import plain_demosaic, plain_rgb_of_yuv, unpacked
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.camera.genicam.block_ids import BlockIdCounter, lost_between
from crane_desktop.camera.genicam.formats import convert, raw_kind
from crane_desktop.camera.genicam.pfnc import BAYER_ORDERS, LAYOUTS
from crane_desktop.domain.errors import InputError

sizes = st.tuples(st.integers(2, 13), st.integers(2, 9))


def _values(height: int, width: int, depth: int) -> np.ndarray:
    return np.random.default_rng(height * 100 + width).integers(0, 1 << depth, (height, width), dtype=np.uint16)


@given(size=sizes)
def test_mono8_is_taken_as_it_is(size: tuple[int, int]) -> None:
    width, height = size
    values = _values(height, width, 8).astype(np.uint8)
    converted = convert(values.ravel(), width, height, "Mono8")
    assert np.array_equal(converted.pixels, values)
    assert converted.original is None


@pytest.mark.parametrize("depth", [10, 12, 14, 16])
@given(size=sizes)
def test_deep_grey_keeps_the_original_and_shows_the_high_bits(depth: int, size: tuple[int, int]) -> None:
    width, height = size
    values = _values(height, width, depth)
    converted = convert(values.astype("<u2").view(np.uint8).ravel(), width, height, f"Mono{depth}")
    assert converted.original is not None
    assert np.array_equal(converted.original, values)
    assert np.array_equal(converted.pixels, values // (1 << (depth - 8)))


@pytest.mark.parametrize("depth", [10, 12])
@given(size=sizes)
def test_lsb_packed_grey_unpacks_bit_by_bit(depth: int, size: tuple[int, int]) -> None:
    """PFNC 2.1, 4.2.2: the pixels' bits follow each other, lowest first."""
    width, height = size
    values = _values(height, width, depth)
    lines = []
    for line in values:
        stream = sum(int(value) << (index * depth) for index, value in enumerate(line))
        lines.append(stream.to_bytes((width * depth + 7) // 8, "little"))
    converted = convert(np.frombuffer(b"".join(lines), np.uint8), width, height, f"Mono{depth}p")
    assert converted.original is not None
    assert np.array_equal(converted.original, values)


@pytest.mark.parametrize("depth", [10, 12])
@given(size=sizes)
def test_gige_packed_grey_unpacks_pair_by_pair(depth: int, size: tuple[int, int]) -> None:
    width, height = size[0] * 2, size[1]
    values = _values(height, width, depth)
    low = (1 << (depth - 8)) - 1
    packed = bytearray()
    for line in values:
        for even, odd in zip(line[::2].tolist(), line[1::2].tolist(), strict=True):
            packed += bytes([even >> (depth - 8), (even & low) | (odd & low) << 4, odd >> (depth - 8)])
    converted = convert(np.frombuffer(bytes(packed), np.uint8), width, height, f"Mono{depth}Packed")
    assert converted.original is not None
    assert np.array_equal(converted.original, values)


@pytest.mark.parametrize(("name", "order"), [("RGB8", "RGB"), ("BGR8", "BGR"), ("RGBa8", "RGBA"), ("BGRa8", "BGRA")])
def test_colour_becomes_rgb(name: str, order: str) -> None:
    channels = np.random.default_rng(5).integers(0, 256, (6, 7, len(order)), dtype=np.uint8)
    converted = convert(channels.ravel(), 7, 6, name)
    expected = np.stack([channels[..., order.index(colour)] for colour in "RGB"], axis=-1)
    assert np.array_equal(converted.pixels, expected)


@pytest.mark.parametrize("pattern", ["RG", "GR", "GB", "BG"])
@pytest.mark.parametrize("colour", [(200, 40, 90), (10, 220, 60)])
def test_bayer_gives_back_a_plain_colour(pattern: str, colour: tuple[int, int, int]) -> None:
    value = dict(zip("RGB", colour, strict=True))
    second = {"RG": "GB", "GR": "BG", "GB": "RG", "BG": "GR"}[pattern]
    cell = np.array([[value[c] for c in pattern], [value[c] for c in second]], np.uint8)
    converted = convert(np.tile(cell, (6, 8)).ravel(), 16, 12, f"Bayer{pattern}8")
    assert np.array_equal(converted.pixels[2:-2, 2:-2], np.broadcast_to(np.array(colour, np.uint8), (8, 12, 3)))


@pytest.mark.parametrize("pattern", ["RG", "GR", "GB", "BG"])
@pytest.mark.parametrize("kind", ["10", "12", "16", "10p", "12p", "10Packed", "12Packed"])
@pytest.mark.parametrize("size", [(12, 6), (13, 7), (9, 5), (3, 3)])
def test_deep_bayer_keeps_the_mosaic_and_shows_the_colours_of_its_high_bits(
    pattern: str, kind: str, size: tuple[int, int]
) -> None:
    (width, height), name = size, f"Bayer{pattern}{kind}"
    layout = LAYOUTS[name]
    rows = np.random.default_rng(9).integers(0, 256, (height, layout.row_bytes(width)), dtype=np.uint8)
    if kind in ("10", "12"):
        rows[:, 1::2] &= (1 << (layout.depth - 8)) - 1
    mosaic = unpacked(rows, width, name)
    converted = convert(rows.ravel(), width, height, name)
    assert converted.original is not None
    assert np.array_equal(converted.original, mosaic)
    eight = (mosaic >> (layout.depth - 8)).astype(np.uint8)
    assert np.array_equal(converted.pixels[1:-1, 1:-1], plain_demosaic(eight, pattern))
    assert raw_kind(name) == (layout.depth, pattern)


@pytest.mark.parametrize("kind", ["10", "12", "14", "16"])
@pytest.mark.parametrize("order", ["RGB", "BGR"])
def test_deep_colour_keeps_its_values_in_rgb(order: str, kind: str) -> None:
    depth = int(kind)
    values = np.random.default_rng(4).integers(0, 1 << depth, (6, 7, 3), dtype=np.uint16)
    converted = convert(values.astype("<u2").view(np.uint8).ravel(), 7, 6, f"{order}{kind}")
    rgb = values if order == "RGB" else values[..., ::-1]
    assert converted.original is not None
    assert np.array_equal(converted.original, rgb)
    assert np.array_equal(converted.pixels, rgb >> (depth - 8))


@pytest.mark.parametrize("uyvy", [False, True])
@pytest.mark.parametrize("width", [8, 9])
def test_yuv_is_bt601_over_the_full_range(width: int, uyvy: bool) -> None:
    rows = np.random.default_rng(7).integers(0, 256, (5, 2 * width), dtype=np.uint8)
    whole = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    converted = convert(rows.ravel(), width, 5, "YUV422_8_UYVY" if uyvy else "YUV422_8")
    even = width & ~1  # the colour of half a pair is not whole
    expected = plain_rgb_of_yuv(whole, uyvy=uyvy)[:, :even]
    assert converted.pixels.shape == (5, width, 3)
    assert np.abs(converted.pixels[:, :even] - expected).max() <= 1.0


@pytest.mark.parametrize(
    ("older", "name"), [("RGB8Packed", "RGB8"), ("YUV422Packed", "YUV422_8_UYVY"), ("YUYVPacked", "YUV422_8")]
)
def test_names_of_gige_vision_1_mean_the_same(older: str, name: str) -> None:
    data = np.random.default_rng(8).integers(0, 256, LAYOUTS[name].row_bytes(8) * 4, dtype=np.uint8)
    assert np.array_equal(convert(data, 8, 4, older).pixels, convert(data, 8, 4, name).pixels)


@pytest.mark.parametrize("name", ["Mono12", "Mono10p", "BayerRG12", "Mono8", "BGR8", "YUV422_8"])
def test_frames_at_odd_addresses_that_must_not_be_written(name: str) -> None:
    """A ring's slots need not begin at even addresses."""
    size = LAYOUTS[name].row_bytes(8) * 6
    memory = np.random.default_rng(2).integers(0, 4, size + 1, dtype=np.uint8)
    memory.flags.writeable = False
    odd = convert(memory[1:], 8, 6, name)
    assert np.array_equal(odd.pixels, convert(memory[1:].copy(), 8, 6, name).pixels)


def test_a_picture_larger_than_one_piece() -> None:
    """Unpacking goes piece by piece; every line must be as if there were one."""
    width, height = 1024, 600
    rows = np.random.default_rng(3).integers(0, 256, (height, LAYOUTS["Mono12p"].row_bytes(width)), dtype=np.uint8)
    for name in ("Mono12p", "Mono12Packed"):
        converted = convert(rows.ravel(), width, height, name)
        assert converted.original is not None
        for line in (0, 255, 256, 511, 512, 599):
            assert np.array_equal(converted.original[line], unpacked(rows[line : line + 1], width, name)[0])


def test_bits_over_the_depth_show_as_white_not_as_black() -> None:
    over = np.array([[0x0FFF, 0x1000]], "<u2")
    assert convert(over.view(np.uint8).ravel(), 2, 1, "Mono12").pixels.tolist() == [[255, 255]]


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_every_format_gives_sealed_pixels_of_its_own(name: str) -> None:
    layout = LAYOUTS[name]
    data = np.random.default_rng(6).integers(0, 256, layout.row_bytes(8) * 6, dtype=np.uint8)
    converted = convert(data, 8, 6, name)
    before = converted.pixels.copy()
    data[:] = 0
    assert np.array_equal(converted.pixels, before)
    assert converted.pixels.flags.c_contiguous
    assert not converted.pixels.flags.writeable
    assert converted.pixels.shape[:2] == (6, 8)
    assert (converted.original is not None) == (layout.depth > 8 or layout.order in BAYER_ORDERS)
    assert converted.corrections == ()
    if converted.original is not None:
        assert not converted.original.flags.writeable
        assert not np.shares_memory(converted.original, data)


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InputError) as error:
        convert(np.zeros(4, np.uint8), 2, 2, "Coord3D_C16")
    assert error.value.params["format"] == "Coord3D_C16"


def test_data_of_the_wrong_size_is_refused() -> None:
    with pytest.raises(ValueError, match="is 4 bytes, not 5"):
        convert(np.zeros(5, np.uint8), 2, 2, "Mono8")


@given(start=st.integers(0, 1 << 40), lost=st.integers(0, 1000))
def test_a_gap_in_the_block_ids_is_what_was_lost(start: int, lost: int) -> None:
    assert lost_between(start, start + 1 + lost) == lost


@pytest.mark.parametrize(("previous", "current", "lost"), [(65535, 1, 0), (65534, 1, 1), (65530, 3, 7), (500, 1, 0)])
def test_16_bit_ids_wrap_and_leave_out_zero(previous: int, current: int, lost: int) -> None:
    assert lost_between(previous, current) == lost


@given(gone=st.lists(st.sampled_from(["here", "lost", "incomplete"]), max_size=60))
def test_every_frame_is_counted_once(gone: list[str]) -> None:
    """Whole frames, lost ones and unfilled ones make up all ids between the first and the last whole frame."""
    counter, lost, incomplete = BlockIdCounter(), 0, 0
    counter.observe(1, None)
    for block_id, fate in enumerate([*gone, "here"], start=2):
        if fate == "here":
            lost += counter.observe(block_id, None).lost
        elif fate == "incomplete":
            counter.bad_buffers(1)
            incomplete += 1
    assert lost == gone.count("lost")
    assert incomplete == gone.count("incomplete")


def test_cameras_without_ids_lose_nothing_visibly() -> None:
    counter = BlockIdCounter()
    assert [counter.observe(block_id, None).lost for block_id in (None, 1, None, 2)] == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "bytes_a_pixel"),
    [
        ("Mono8", 1), ("RGB8", 3), ("BGR8", 3), ("YUV422_8", 3), ("Mono12", 3), ("Mono10p", 3), ("Mono12Packed", 3),
        ("BayerRG8", 4), ("BayerRG12", 6), ("BayerRG12p", 6), ("RGB12", 9),
    ],
)  # fmt: skip
def test_no_format_is_copied_more_often_than_its_table_says(name: str, bytes_a_pixel: int) -> None:
    """What is held at the same time, by numpy's own count: the table in `formats`, and pieces in the cache."""
    width, height = 2400, 1600
    data = np.zeros(LAYOUTS[name].row_bytes(width) * height, np.uint8)
    convert(data, width, height, name)
    tracemalloc.start()
    try:
        convert(data, width, height, name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    pixels = width * height
    assert 0.99 * bytes_a_pixel * pixels < peak < bytes_a_pixel * pixels + 4e6
