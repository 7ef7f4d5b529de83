"""Parts are laid over each other: by place, turn and light, and back again."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crane_desktop.preprocess import register
from crane_desktop.preprocess.register import PLACE_SIDE_PX, as_lab, lay_back, lay_over

SIDE = PLACE_SIDE_PX
MIDDLE = (SIDE - 1) / 2


def _part() -> np.ndarray:
    picture = np.full((SIDE, SIDE, 3), 50, np.uint8)
    cv2.ellipse(picture, (64, 60), (36, 17), 25, 0, 360, (150, 170, 90), -1, cv2.LINE_AA)
    cv2.circle(picture, (48, 52), 7, (60, 60, 180), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (72, 66), (84, 74), (200, 90, 90), -1, cv2.LINE_AA)
    return picture


def _moved(picture: np.ndarray, right: float, down: float, degrees: float = 0.0) -> np.ndarray:
    turn = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), degrees, 1.0)
    turn[:, 2] += right, down
    return np.asarray(cv2.warpAffine(picture, turn, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE), dtype=np.uint8)


REFERENCE = as_lab(_part())


@settings(max_examples=12)
@given(st.floats(-12, 12), st.floats(-12, 12), st.floats(-8, 8))
def test_any_small_move_and_turn_is_found_again(right: float, down: float, degrees: float) -> None:
    laid = lay_over(as_lab(_moved(_part(), right, down, degrees)), REFERENCE)
    turn = cv2.getRotationMatrix2D((MIDDLE, MIDDLE), degrees, 1.0)
    turn[:, 2] += right, down
    for corner in ((40.0, 40.0), (90.0, 50.0), (60.0, 80.0)):
        assert laid.back @ [*corner, 1.0] == pytest.approx(turn @ [*corner, 1.0], abs=0.6)
    seen = laid.seen > 0.99
    assert np.abs(laid.lab - REFERENCE)[..., 0][seen].mean() < 1.0


@pytest.mark.parametrize("light", [0.5, 0.8, 1.25])
def test_the_lights_strength_is_taken_out(light: float) -> None:
    lab = REFERENCE.copy()
    lab[..., 0] *= light
    assert np.abs(lay_over(lab, REFERENCE).lab[..., 0] - REFERENCE[..., 0]).max() < 0.5


@pytest.mark.parametrize("odd", [0.0, 100.0])
def test_a_defect_does_not_pull_the_light(odd: float) -> None:
    """Least absolute deviations: a black or bright tenth of the part must not change the light of the rest."""
    reference = REFERENCE[:, :, 0]
    light = reference * np.float32(0.8)
    light[:12] = odd
    assert register._gain(light, reference) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize(("light", "gain"), [(0.001, 0.2), (1000.0, 5.0)])
def test_no_light_is_believed_without_bounds(light: float, gain: float) -> None:
    plane = np.full((8, 8), 10, np.float32)
    assert register._gain(plane * np.float32(light), plane) == pytest.approx(gain)


def test_a_black_reference_says_nothing_about_light() -> None:
    assert register._gain(np.ones((4, 4), np.float32), np.zeros((4, 4), np.float32)) == 1.0


def test_what_lies_over_already_stays_where_it_is() -> None:
    laid = lay_over(REFERENCE, REFERENCE)
    assert laid.back == pytest.approx(np.eye(2, 3), abs=0.05)
    assert np.abs(laid.lab - REFERENCE).max() < 1.5


def test_the_input_is_left_alone() -> None:
    lab = as_lab(_moved(_part(), 5, 3))
    before = lab.copy()
    lay_over(lab, REFERENCE)
    assert np.array_equal(lab, before)


def test_a_part_that_lies_far_off_is_not_dragged_over() -> None:
    """What the correlation finds half a picture away is something else."""
    far = np.full((SIDE, SIDE, 3), 50, np.uint8)
    far[4:14, 4:14] = 220
    near = np.full((SIDE, SIDE, 3), 50, np.uint8)
    near[110:120, 110:120] = 220
    back = lay_over(as_lab(far), as_lab(near)).back
    assert np.abs(back @ [SIDE / 2, SIDE / 2, 1.0] - SIDE / 2).max() <= 0.2 * SIDE + 1


@pytest.fixture
def shift_found(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The correlation has found the shift; what comes after it is the test's."""
    monkeypatch.setattr(cv2, "phaseCorrelate", lambda *_: ((6.0, -4.0), 0.9))
    return monkeypatch


def _not_converging(*_: object) -> object:
    raise cv2.error("the iterations do not converge")


@pytest.mark.parametrize(
    "refined",
    [
        _not_converging,
        lambda *_: (0.9, np.array([[1, 0, 60], [0, 1, 0]], np.float32)),
        lambda *_: (0.9, np.array([[-1, 0, 10], [0, -1, 10]], np.float32)),
    ],
    ids=["not converging", "moved away", "turned over"],
)
def test_where_the_refinement_fails_the_shift_alone_is_taken(shift_found: pytest.MonkeyPatch, refined: object) -> None:
    shift_found.setattr(cv2, "findTransformECC", refined)
    back = lay_over(as_lab(_moved(_part(), 6, -4)), REFERENCE).back
    assert back.tolist() == [[1, 0, 6], [0, 1, -4]]


@pytest.mark.parametrize("shift", [(26.0, 0.0), (0.0, -26.0), (-60.0, 60.0)])
def test_a_shift_too_far_to_be_the_parts_is_left_out(
    monkeypatch: pytest.MonkeyPatch, shift: tuple[float, float]
) -> None:
    monkeypatch.setattr(cv2, "phaseCorrelate", lambda *_: (shift, 0.9))
    monkeypatch.setattr(cv2, "findTransformECC", _not_converging)
    assert np.array_equal(lay_over(as_lab(_moved(_part(), 6, -4)), REFERENCE).back, np.eye(2, 3))


def test_places_that_the_picture_does_not_have_are_marked() -> None:
    laid = lay_over(as_lab(_moved(_part(), 10, 0)), REFERENCE)
    assert (laid.seen[:, -8:] < 0.5).all()
    assert (laid.seen[10:-10, 10:-14] > 0.99).all()
    assert laid.seen.min() >= 0
    assert laid.seen.max() <= 1


@settings(max_examples=15)
@given(st.integers(-10, 10), st.integers(-10, 10))
def test_a_map_is_brought_back_to_where_its_place_is_in_the_picture(right: int, down: int) -> None:
    back = np.array([[1, 0, right], [0, 1, down]], np.float32)
    mark = np.zeros((SIDE, SIDE), np.float32)
    mark[60, 50] = 1
    moved = lay_back(mark, back)
    assert np.unravel_index(moved.argmax(), moved.shape) == (60 + down, 50 + right)
    assert moved.max() == pytest.approx(1.0)


def test_a_map_of_one_value_keeps_it_to_the_edge() -> None:
    back = np.array([[1, 0, 17], [0, 1, -9]], np.float32)
    assert (lay_back(np.full((SIDE, SIDE), 0.25, np.float32), back) == 0.25).all()


@pytest.mark.parametrize("shape", [(1, 1), (300, 20), (64, 64, 3), (5, 500, 3)])
def test_any_picture_becomes_a_small_square_of_lab(shape: tuple[int, ...]) -> None:
    lab = as_lab(np.full(shape, 255, np.uint8))
    assert lab.shape == (SIDE, SIDE, 3)
    assert lab.dtype == np.float32
    assert lab == pytest.approx(np.broadcast_to((100.0, 0.0, 0.0), lab.shape), abs=0.05)
