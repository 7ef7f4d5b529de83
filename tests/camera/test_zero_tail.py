"""Files without checksums whose length was reserved in advance: what breaks off is refused, what is black is not."""

from __future__ import annotations

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from crane_desktop.camera.decode import decode_image
from crane_desktop.domain.errors import InputError

WIDTH, HEIGHT = 203, 120


def saved(values: NDArray[np.generic], kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(values).save(stream, kind, **options)
    return stream.getvalue()


def pnm(values: NDArray[np.generic]) -> bytes:
    kind, most = (b"P6" if values.ndim == 3 else b"P5"), (255 if values.dtype == np.uint8 else 4095)
    body = values if values.dtype == np.uint8 else values.astype(">u2")
    return kind + b"\n%d %d\n%d\n" % (values.shape[1], values.shape[0], most) + body.tobytes()


def deep(grey: NDArray[np.uint8]) -> NDArray[np.uint16]:
    return grey.astype(np.uint16) * 16


def colour(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[..., None], 3, axis=2)


Make = Callable[[NDArray[np.uint8]], bytes]
MAKE: dict[str, Make] = {
    "pgm": pnm,
    "pgm, deep": lambda grey: pnm(deep(grey)),
    "ppm": lambda grey: pnm(colour(grey)),
    "bmp": lambda grey: saved(grey, "bmp"),
    "bmp, colour": lambda grey: saved(colour(grey), "bmp"),
    "tiff": lambda grey: saved(grey, "tiff"),
    "tiff, deep": lambda grey: saved(grey.astype(np.uint16) * 257, "tiff"),
    "tiff, colour, strips": lambda grey: saved(colour(grey), "tiff", strip_size=4096),
}


def lit(seed: int, low: int = 20) -> NDArray[np.uint8]:
    """A part that fills the picture, uint8 ``(HEIGHT, WIDTH)``; no value is zero."""
    return np.random.default_rng(seed).integers(low, 256, (HEIGHT, WIDTH), dtype=np.uint8)


def cut(whole: bytes, at: int) -> bytes:
    return whole[:at] + bytes(len(whole) - at)


def is_picture(data: bytes) -> bool:
    try:
        decode_image(data, "a")
    except InputError:
        return False
    return True


@pytest.mark.parametrize("kind", MAKE)
def test_values_that_break_off_at_a_block_of_the_disk_are_no_picture(kind: str) -> None:
    whole = MAKE[kind](lit(1))
    row_bytes = len(whole) // HEIGHT
    blocks = range(4096, len(whole) - 3 * row_bytes, 4096)
    assert len(blocks) >= 4
    decode_image(whole, "a")
    accepted = [at for at in blocks if is_picture(cut(whole, at))]
    # Where a block happens to end with a row nobody can tell.
    assert len(accepted) <= len(blocks) // 4, accepted


@settings(max_examples=150, deadline=None)
@given(
    kind=st.sampled_from(sorted(MAKE)),
    seed=st.integers(0, 2**31),
    box=st.tuples(st.integers(0, WIDTH), st.integers(0, HEIGHT), st.integers(1, WIDTH), st.integers(1, HEIGHT)),
    shape=st.sampled_from(["border", "box", "ellipse", "turned", "dark", "black"]),
)
def test_a_picture_that_is_black_below_is_a_picture(
    kind: str, seed: int, box: tuple[int, int, int, int], shape: str
) -> None:
    grey, (x, y, wide, high) = lit(seed), box
    mask = np.zeros_like(grey)
    if shape == "border":
        mask[:y] = 255
    elif shape == "box":
        mask[y : y + high, x : x + wide] = 255
    elif shape == "ellipse":
        cv2.ellipse(mask, (x, y), (wide, high), seed % 180, 0, 360, 255, -1)
    elif shape == "turned":
        turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), (seed % 90 - 45) / 10, 0.8)
        mask = np.asarray(
            cv2.warpAffine(np.full_like(grey, 255), turn, (WIDTH, HEIGHT), flags=cv2.INTER_NEAREST), np.uint8
        )
    elif shape == "dark":
        mask[np.random.default_rng(seed).random(mask.shape) < 0.3] = 255
    picture = np.where(mask > 0, grey, 0).astype(np.uint8)
    if "deep" in kind and shape == "black":
        picture[0, 0] = 255
    assert is_picture(MAKE[kind](picture))


@pytest.mark.parametrize("lossless", [False, True])
def test_a_webp_whose_tail_is_still_zero_is_no_picture(lossless: bool) -> None:
    whole = saved(colour(lit(2)), "webp", lossless=lossless, quality=80)
    decode_image(whole, "a")
    for share in np.linspace(0.05, 0.95, 20):
        with pytest.raises(InputError):
            decode_image(cut(whole, int(len(whole) * share)), "a")


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("level", [0, 255])
def test_a_webp_of_one_colour_is_a_picture(lossless: bool, level: int) -> None:
    flat = np.full((HEIGHT, WIDTH, 3), level, np.uint8)
    assert decode_image(saved(flat, "webp", lossless=lossless), "a").pixels.shape == flat.shape
    half = flat.copy()
    half[: HEIGHT // 2] = colour(lit(3))[: HEIGHT // 2]
    assert decode_image(saved(half, "webp", lossless=lossless), "a").pixels.shape == flat.shape
