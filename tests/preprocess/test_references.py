"""References, against what the definitions say pixel by pixel."""

from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest
from format_reference import ROWS
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crane_desktop.domain.corrections import ReferenceFile
from crane_desktop.domain.errors import InputError
from crane_desktop.preprocess.references import (
    Reference,
    Stack,
    decode_reference,
    encode_reference,
    gain_map,
    make_reference,
    stack_of,
    white_balance_of,
)

ORDERS = ["mono", "rgb", *ROWS]
DEPTHS = [8, 10, 12, 14, 16]
SIDES = st.integers(2, 6)


@st.composite
def pictures(draw: st.DrawFn, low: int = 0) -> tuple[list[np.ndarray], int, str]:
    """Some pictures of one scene as a camera gives them, their depth and order."""
    order, depth = draw(st.sampled_from(ORDERS)), draw(st.sampled_from(DEPTHS))
    shape = (draw(SIDES), draw(SIDES), *((3,) if order == "rgb" else ()))
    kind = np.uint8 if depth == 8 else np.uint16
    values = hnp.arrays(kind, shape, elements=st.integers(low, (1 << depth) - 1))
    return draw(st.lists(values, min_size=1, max_size=4)), depth, order


def colour_at(order: str, row: int, column: int) -> str:
    return ROWS[order][row % 2][column % 2]


@settings(max_examples=60)
@given(pictures())
def test_a_stack_is_the_mean_on_the_scale_of_16_bits(taken: tuple[list[np.ndarray], int, str]) -> None:
    frames, depth, order = taken
    stack = stack_of(frames, depth, order)
    expected = np.mean([frame.astype(float) for frame in frames], axis=0) * 2 ** (16 - depth)
    np.testing.assert_allclose(stack.values, expected, rtol=1e-12)
    full = np.mean([frame == (1 << depth) - 1 for frame in frames])
    assert stack.clipped == pytest.approx(full)
    assert stack.order == order


@settings(max_examples=40)
@given(pictures(), st.randoms(use_true_random=False))
def test_the_order_in_which_pictures_came_does_not_matter(
    taken: tuple[list[np.ndarray], int, str], random: object
) -> None:
    frames, depth, order = taken
    mixed = list(frames)
    random.shuffle(mixed)  # type: ignore[attr-defined]
    one, other = stack_of(frames, depth, order), stack_of(iter(mixed), depth, order)
    assert np.array_equal(one.values, other.values)
    assert one.clipped == other.clipped


def test_a_stack_of_many_bright_pictures_does_not_wrap_around() -> None:
    white = np.full((2, 2), 65535, np.uint16)
    stack = stack_of((white for _ in range(400)), 16, "mono")
    assert (stack.values == 65535).all()
    assert stack.clipped == 1.0


def test_the_pictures_of_a_stack_are_left_alone() -> None:
    frame = np.full((2, 2), 7, np.uint8)
    stack_of([frame, frame], 8, "mono")
    assert (frame == 7).all()


@pytest.mark.parametrize(
    ("level", "kind", "key"),
    [
        (0.0, "dark", None),
        (0.099, "dark", None),
        (0.101, "dark", "preprocess.reference_not_dark"),
        (0.099, "bright", "preprocess.reference_too_dark"),
        (0.101, "bright", None),
        (0.9, "bright", None),
    ],
)
def test_how_dark_is_dark_and_how_bright_is_bright(level: float, kind: str, key: str | None) -> None:
    stack = Stack(np.full((4, 4), level * 65535), "mono", 0.0)
    if key is None:
        made = make_reference(stack, kind)  # type: ignore[arg-type]
        assert (made.values == round(level * 65535)).all()
        assert not made.values.flags.writeable
    else:
        with pytest.raises(InputError) as caught:
            make_reference(stack, kind)  # type: ignore[arg-type]
        assert caught.value.key == key
        assert caught.value.params == {"percent": round(100 * level)}


@pytest.mark.parametrize(("clipped", "percent"), [(0.0011, 1), (0.02, 2), (1.0, 100)])
def test_a_clipped_reference_says_how_much_and_never_none(clipped: float, percent: int) -> None:
    stack = Stack(np.full((4, 4), 30000.0), "RG", clipped)
    for make in (lambda: make_reference(stack, "bright"), lambda: white_balance_of(stack)):
        with pytest.raises(InputError, match="reference_clipped") as caught:
            make()
        assert caught.value.params == {"percent": percent}
    assert make_reference(Stack(stack.values, "mono", 0.001), "bright").order == "mono"


@settings(max_examples=80)
@given(pictures(), st.booleans())
def test_every_factor_evens_its_pixel_and_none_is_more_than_eight(
    taken: tuple[list[np.ndarray], int, str], with_dark: bool
) -> None:
    frames, depth, order = taken
    values = np.rint(stack_of(frames, depth, order).values).astype(np.uint16)
    dark = Reference(values // 3, order) if with_dark else None
    light = values.astype(float) - (dark.values if dark is not None else 0)
    gain = gain_map(Reference(values, order), dark)
    assert gain.shape == values.shape
    assert gain.dtype == np.float32
    assert (gain > 0).all()
    assert gain.max() <= 8.0 + 1e-6
    for place in np.ndindex(values.shape):
        same = light[..., place[2]] if order == "rgb" else light
        same = same if order in ("mono", "rgb") else light[place[0] % 2 :: 2, place[1] % 2 :: 2]
        mean = max(same.mean(), 1.0)
        assert gain[place] == pytest.approx(mean / max(light[place], mean / 8.0), rel=1e-5)


@settings(max_examples=40)
@given(pictures(low=100))
def test_a_picture_that_is_even_already_is_left_as_it_is(taken: tuple[list[np.ndarray], int, str]) -> None:
    frames, _, order = taken
    even = np.full(frames[0].shape, 30000, np.uint16)
    assert (gain_map(Reference(even, order), None) == 1.0).all()


@settings(max_examples=60)
@given(
    st.sampled_from(["rgb", *ROWS]),
    st.tuples(*[st.integers(4000, 60000)] * 3),
    st.tuples(SIDES, SIDES),
)
def test_white_balance_makes_every_grey_card_grey(
    order: str, card: tuple[int, int, int], shape: tuple[int, int]
) -> None:
    values = np.empty((*shape, 3) if order == "rgb" else shape)
    for row, column in np.ndindex(shape):
        values[row, column] = card if order == "rgb" else card["RGB".index(colour_at(order, row, column))]
    factors = white_balance_of(Stack(values, order, 0.0))
    assert min(factors) == 1.0
    balanced = [factor * level for factor, level in zip(factors, card, strict=True)]
    assert max(balanced) - min(balanced) <= 1e-5 * max(balanced)


@pytest.mark.parametrize("order", ["rgb", *ROWS])
@pytest.mark.parametrize("channel", [0, 1, 2])
def test_a_card_without_one_of_the_colours_is_too_dark(order: str, channel: int) -> None:
    values = np.full((4, 4, 3) if order == "rgb" else (4, 4), 30000.0)
    for row, column in np.ndindex(4, 4):
        if order == "rgb":
            values[row, column, channel] = 0
        elif colour_at(order, row, column) == "RGB"[channel]:
            values[row, column] = 0
    with pytest.raises(InputError, match="reference_too_dark"):
        white_balance_of(Stack(values, order, 0.0))


@pytest.mark.parametrize("shape", [(1, 8), (8, 1), (1, 1)])
@pytest.mark.parametrize("order", list(ROWS))
def test_a_mosaic_of_one_line_has_not_seen_every_colour_and_gives_no_factors(
    order: str, shape: tuple[int, int]
) -> None:
    """Factors that are no numbers would make every picture black or white."""
    with pytest.raises(InputError, match="reference_too_dark"):
        white_balance_of(Stack(np.full(shape, 30000.0), order, 0.0))


def test_a_dark_reference_of_another_camera_is_refused_and_both_are_named() -> None:
    stack = Stack(np.full((4, 6), 30000.0), "RG", 0.0)
    for wrong in (Reference(np.zeros((4, 5), np.uint16), "RG"), Reference(np.zeros((4, 6), np.uint16), "GB")):
        with pytest.raises(InputError, match="does_not_fit") as caught:
            white_balance_of(stack, wrong)
        assert caught.value.params["picture"] == "6x4 BayerRG"
        assert caught.value.params["reference"] in {"5x4 BayerRG", "6x4 BayerGB"}
    assert Reference(np.zeros((4, 6, 3), np.uint16), "rgb").check_fits((4, 6, 3), "rgb") is None


@settings(max_examples=40)
@given(pictures())
def test_a_reference_comes_back_from_its_file_bit_by_bit(taken: tuple[list[np.ndarray], int, str]) -> None:
    frames, _, order = taken
    values = frames[0].astype(np.uint16)
    content, sha256 = encode_reference(Reference(values, order))
    assert sha256 == hashlib.sha256(content).hexdigest()
    back = decode_reference(content, ReferenceFile("a.png", sha256, order))
    assert np.array_equal(back.values, values)
    assert (back.values.dtype, back.order) == (np.uint16, order)
    assert not back.values.flags.writeable


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 255))
def test_one_changed_byte_anywhere_is_seen(at: int, change: int) -> None:
    content, sha256 = encode_reference(Reference(np.arange(64, dtype=np.uint16).reshape(8, 8), "mono"))
    wrong = bytearray(content)
    wrong[at % len(wrong)] ^= change
    assume(bytes(wrong) != content)
    with pytest.raises(InputError, match="reference_changed") as caught:
        decode_reference(bytes(wrong), ReferenceFile("暗.png", sha256, "mono"))
    assert caught.value.params == {"file": "暗.png"}


@pytest.mark.parametrize(
    ("picture", "order"),
    [
        (np.zeros((4, 4), np.uint8), "mono"),
        (np.zeros((4, 4, 3), np.uint16), "mono"),
        (np.zeros((4, 4), np.uint16), "rgb"),
        (np.zeros((4, 4, 3), np.uint8), "rgb"),
    ],
    ids=["8 bits", "colour for grey", "grey for colour", "8-bit colour"],
)
def test_a_file_of_another_kind_is_none_though_its_sum_is_right(picture: np.ndarray, order: str) -> None:
    content = cv2.imencode(".png", picture)[1].tobytes()
    wanted = ReferenceFile("a.png", hashlib.sha256(content).hexdigest(), order)
    with pytest.raises(InputError, match="reference_changed"):
        decode_reference(content, wanted)


def test_a_text_with_the_right_sum_is_no_picture() -> None:
    wanted = ReferenceFile("a.png", hashlib.sha256(b"hello").hexdigest(), "mono")
    with pytest.raises(InputError, match="reference_changed"):
        decode_reference(b"hello", wanted)
