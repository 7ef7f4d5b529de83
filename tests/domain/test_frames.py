"""What a frame is, and every way in which an array is none."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime, timedelta
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from crane_desktop.domain.corrections import Correction, CorrectionStep
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.frames import (
    EndOfFrames,
    Frame,
    FrameFault,
    FrameOrigin,
    FramesLost,
    LossCause,
    SourceBack,
    SourceDown,
    SourceEvent,
    sealed_pixels,
)
from crane_desktop.domain.health import Gap
from crane_desktop.domain.verdicts import ReasonCode, Verdict, verdict_for

NOW = datetime(2026, 7, 1, 8, tzinfo=UTC)
ORIGIN = FrameOrigin(1, "folder:部品", NOW, 10**9, file="部品1.png")
SIDE = st.integers(1, 9)
SHAPES = st.one_of(st.tuples(SIDE, SIDE), st.tuples(SIDE, SIDE, st.just(3)))
PICTURES = hnp.arrays(np.uint8, SHAPES)


def sealed(array: np.ndarray) -> np.ndarray:
    own = array.copy()
    own.flags.writeable = False
    return own


@given(PICTURES)
def test_any_grey_or_colour_picture_makes_a_frame(pixels: np.ndarray) -> None:
    frame = Frame(sealed_pixels(pixels), ORIGIN)
    assert np.array_equal(frame.pixels, pixels)
    assert frame.raw is frame.pixels


@pytest.mark.parametrize(
    "shape", [(4,), (), (4, 5, 1), (4, 5, 2), (4, 5, 4), (3, 4, 5), (1, 4, 5, 3)], ids=lambda shape: f"{shape}"
)
def test_a_shape_that_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pixels must be uint8"):
        Frame(sealed(np.zeros(shape, np.uint8)), ORIGIN)


@pytest.mark.parametrize("kind", ["int8", "uint16", "int64", "float32", "float64", "bool", "complex64"])
def test_values_of_another_kind_are_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="pixels must be uint8"):
        Frame(sealed(np.zeros((4, 5), kind)), ORIGIN)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(0, 5), (4, 0), (0, 0), (0, 5, 3), (4, 0, 3)])
def test_an_empty_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="empty"):
        Frame(sealed(np.zeros(shape, np.uint8)), ORIGIN)


def test_a_picture_that_can_still_change_is_refused() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Frame(np.zeros((4, 5), np.uint8), ORIGIN)


@pytest.mark.parametrize("view", [np.s_[:, ::2], np.s_[::2, :], np.s_[:, ::-1], np.s_[1:, 1:]])
def test_a_view_with_gaps_is_refused(view: tuple[slice, slice]) -> None:
    cut = np.zeros((6, 8), np.uint8)[view]
    cut.flags.writeable = False
    with pytest.raises(ValueError, match="contiguous"):
        Frame(cut, ORIGIN)


def test_columns_before_rows_are_refused() -> None:
    turned = np.zeros((6, 8), np.uint8).T
    turned.flags.writeable = False
    with pytest.raises(ValueError, match="contiguous"):
        Frame(turned, ORIGIN)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize(("pixels", "original"), [((4, 5), (4, 5)), ((4, 5, 3), (4, 5)), ((4, 5, 3), (4, 5, 3))])
def test_the_cameras_own_values_travel_beside_the_picture(
    kind: type, pixels: tuple[int, ...], original: tuple[int, ...]
) -> None:
    values = sealed(np.ones(original, kind))
    frame = Frame(sealed(np.zeros(pixels, np.uint8)), ORIGIN, "BayerRG12", values)
    assert frame.original is values
    assert frame.raw is values


@pytest.mark.parametrize(
    "original",
    [
        np.zeros((4, 6), np.uint16),
        np.zeros((5, 4), np.uint16),
        np.zeros((4, 5, 4), np.uint16),
        np.zeros((4, 5, 1), np.uint8),
        np.zeros(20, np.uint8),
        np.zeros((4, 5), np.float32),
        np.zeros((4, 5), np.int16),
    ],
    ids=lambda array: f"{array.dtype} {array.shape}",
)
def test_an_original_of_another_size_or_kind_is_refused(original: np.ndarray) -> None:
    with pytest.raises(ValueError, match="the original must be uint8 or uint16"):
        Frame(sealed(np.zeros((4, 5, 3), np.uint8)), ORIGIN, "Mono12", sealed(original))


def test_an_original_that_can_still_change_is_refused() -> None:
    with pytest.raises(ValueError, match="original must be read-only"):
        Frame(sealed(np.zeros((4, 5), np.uint8)), ORIGIN, "Mono12", np.zeros((4, 5), np.uint16))


@given(PICTURES)
def test_sealing_copies_and_closes(pixels: np.ndarray) -> None:
    own = sealed_pixels(pixels)
    assert np.array_equal(own, pixels)
    assert not np.shares_memory(own, pixels)
    assert own.flags.c_contiguous
    assert not own.flags.writeable
    pixels += 1
    assert not np.array_equal(own, pixels)


@pytest.mark.parametrize("view", [np.s_[::-1], np.s_[:, ::2], np.s_[1:5:2, 3:]])
def test_sealing_straightens_any_view(view: object) -> None:
    cut = np.arange(60, dtype=np.uint8).reshape(6, 10)[view]  # type: ignore[index]
    assert np.array_equal(Frame(sealed_pixels(cut), ORIGIN).pixels, cut)


def test_two_frames_are_compared_by_identity_and_not_pixel_by_pixel() -> None:
    pixels = sealed_pixels(np.zeros((2, 2), np.uint8))
    one, other = Frame(pixels, ORIGIN), Frame(pixels, ORIGIN)
    assert one == one
    assert one != other
    assert len({one, other}) == 2


def test_an_origin_says_what_is_known_and_none_for_the_rest() -> None:
    bare = FrameOrigin(7, "genicam:viky", NOW, 5)
    assert (bare.block_id, bare.device_timestamp_ns, bare.trigger_id, bare.file) == (None,) * 4
    assert bare == pickle.loads(pickle.dumps(bare))
    assert bare != FrameOrigin(8, "genicam:viky", NOW, 5)


@pytest.mark.parametrize(
    "event",
    [
        FrameFault(ORIGIN, "incomplete_frame", "12 of 20 packets"),
        FramesLost(ORIGIN, 3),
        FramesLost(ORIGIN, 1, LossCause.UNDERRUN),
        EndOfFrames(),
        Correction(CorrectionStep.GAMMA, (2.0,)),
    ],
)
def test_events_without_pictures_cross_processes_unchanged(event: object) -> None:
    assert pickle.loads(pickle.dumps(event)) == event


def test_the_camera_going_and_coming_back_crosses_processes() -> None:
    error = StationFault("camera.lost", device="VC1")
    gap = Gap(NOW, NOW + timedelta(seconds=3), 2, "camera.lost")
    down, back = pickle.loads(pickle.dumps((SourceDown(error), SourceBack(error, gap))))
    assert down.error.params == back.error.params == {"device": "VC1"}
    assert back.gap == gap


def test_a_source_says_six_things_and_the_line_can_tell_them_apart() -> None:
    assert set(get_args(SourceEvent)) == {Frame, FrameFault, FramesLost, EndOfFrames, SourceDown, SourceBack}


@pytest.mark.parametrize(
    "cause", [ReasonCode.UNREADABLE_IMAGE, ReasonCode.INCOMPLETE_FRAME, ReasonCode.CAMERA_FAULT, ReasonCode.OVERRUN]
)
def test_what_a_source_calls_a_fault_gives_no_verdict(cause: ReasonCode) -> None:
    assert verdict_for(ReasonCode(FrameFault(ORIGIN, cause.value).cause)) is Verdict.NONE


def test_frames_are_lost_on_the_wire_unless_another_cause_is_known() -> None:
    assert FramesLost(ORIGIN, 2).cause is LossCause.LOST
