"""What cameras send -> pixels, checked against formulas written out here."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.camera.genicam.formats import convert
from crane_desktop.camera.genicam.gaps import BlockCounter, lost_between
from crane_desktop.camera.genicam.pfnc import LAYOUTS
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
    assert (converted.original is not None) == (layout.depth > 8)
    if converted.original is not None:
        assert not converted.original.flags.writeable
        assert not np.shares_memory(converted.original, data)


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(InputError) as error:
        convert(np.zeros(4, np.uint8), 2, 2, "YUV422_8")
    assert error.value.params["format"] == "YUV422_8"


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
    counter, lost, incomplete = BlockCounter(), 0, 0
    counter.lost_before(1)
    for block_id, fate in enumerate([*gone, "here"], start=2):
        if fate == "here":
            lost += counter.lost_before(block_id)
        elif fate == "incomplete":
            counter.incomplete(1)
            incomplete += 1
    assert lost == gone.count("lost")
    assert incomplete == gone.count("incomplete")


def test_cameras_without_ids_lose_nothing_visibly() -> None:
    counter = BlockCounter()
    assert [counter.lost_before(block_id) for block_id in (None, 1, None, 2)] == [0, 0, 0, 0]
