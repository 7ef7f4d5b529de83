"""What the virtual camera must show: every byte of a frame, worked out from the formulas of its README."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np

SCENES = ("ramp", "bars", "checker", "flat", "noise")


@dataclass(frozen=True)
class View:
    """What decides about the pixels of a frame; the defaults are those of a fresh camera.

    Attributes
    ----------
    brightness
        ``ExposureTime / reference_exposure_us * 10 ** (Gain / 20) * light``.
    picture
        uint8 or uint16 ``(H, W)`` or ``(H, W, 3)``, full scale, of an images folder, in place of a scene.
    """

    width: int = 640
    height: int = 480
    offset_x: int = 0
    offset_y: int = 0
    sensor_width: int = 640
    scene: str = "ramp"
    brightness: float = 1.0
    balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    black_level: float = 0.0
    gamma: float = 1.0
    picture: np.ndarray | None = None


def expected_rows(view: View, frame: int, pixel_format: str) -> np.ndarray:
    """Return uint8 ``(H, row bytes)`` of frame number `frame` of an acquisition, counted from 0, without padding."""
    light = _picture(view) if view.picture is not None else _scene(view, frame)
    if pixel_format.startswith("Mono"):
        mono = (light[..., 0] + 2 * light[..., 1] + light[..., 2]) // 4
        return _single(_toned(mono, view.brightness, view), pixel_format.removeprefix("Mono"))
    colours = np.stack([_toned(light[..., c], view.brightness * view.balance[c], view) for c in range(3)], axis=-1)
    bayer = re.fullmatch(r"Bayer(..)(\d+(?:p|Packed)?)", pixel_format)
    if bayer:
        return _single(_mosaic(colours, bayer[1], view), bayer[2])
    high = (colours >> 8).astype(np.uint8)
    if pixel_format.startswith("YUV"):
        return _yuv(high.astype(np.int64), uyvy=pixel_format.endswith("UYVY"))
    order = {"RGB8": (0, 1, 2), "BGR8": (2, 1, 0), "RGBa8": (0, 1, 2), "BGRa8": (2, 1, 0)}[pixel_format]
    channels = high[..., order]
    if "a" in pixel_format:
        channels = np.concatenate([channels, np.full_like(channels[..., :1], 255)], axis=-1)
    return channels.reshape(view.height, -1)


def _scene(view: View, frame: int) -> np.ndarray:
    """Return uint64 ``(H, W, 3)``: 16 bits of light, red, green, blue."""
    y, x, c = np.meshgrid(
        np.arange(view.height, dtype=np.uint64) + view.offset_y,
        np.arange(view.width, dtype=np.uint64) + view.offset_x,
        np.arange(3, dtype=np.uint64),
        indexing="ij",
    )
    if view.scene == "ramp":
        return (251 * x + 1021 * y + 4099 * frame + 16411 * c) & 0xFFFF
    if view.scene == "bars":
        bar = np.minimum(8 * x // view.sensor_width, 7)
        bright = np.where(c == 0, (bar & 2) == 0, np.where(c == 1, bar < 4, (bar & 1) == 0))
        return np.where(bright, 0xC000, 0x1000).astype(np.uint64)
    if view.scene == "checker":
        return np.where((x // 16 + y // 16 + frame) & 1, 0xA000, 0x2000).astype(np.uint64)
    if view.scene == "flat":
        return np.full_like(x, 0x4000)
    mask = np.uint64(0xFFFFFFFF)
    h = (x * 0x9E3779B1 + y * 0x85EBCA77 + np.uint64(frame) * 0xC2B2AE3D + c * 0x27D4EB2F) & mask
    h ^= h >> np.uint64(15)
    h = (h * 0x2C1B3C6D) & mask
    h ^= h >> np.uint64(12)
    return h >> np.uint64(16)


def _picture(view: View) -> np.ndarray:
    picture = view.picture
    assert picture is not None
    full = np.iinfo(picture.dtype).max
    light = np.zeros((view.height, view.width, 3), np.uint64)
    seen = picture[view.offset_y : view.offset_y + view.height, view.offset_x : view.offset_x + view.width]
    seen = seen[..., None] if seen.ndim == 2 else seen
    light[: seen.shape[0], : seen.shape[1]] = seen.astype(np.uint64) * 65535 // full
    return light


def _toned(light: np.ndarray, brightness: float, view: View) -> np.ndarray:
    factor = math.floor(brightness * 65536 + 0.5)
    black = math.floor(view.black_level * 256 + 0.5)
    values = np.minimum(((light * factor + 32768) >> np.uint64(16)) + black, 65535).astype(np.uint16)
    if view.gamma != 1.0:
        curve = [math.floor(65535 * math.pow(i / 65535, view.gamma) + 0.5) for i in range(65536)]
        values = np.array(curve, np.uint16)[values]
    return values


def _mosaic(colours: np.ndarray, pattern: str, view: View) -> np.ndarray:
    second = {"RG": "GB", "GR": "BG", "GB": "RG", "BG": "GR"}[pattern]
    values = np.empty(colours.shape[:2], np.uint16)
    for row in range(2):
        for column in range(2):
            colour = "RGB".index((pattern, second)[(row + view.offset_y) % 2][(column + view.offset_x) % 2])
            values[row::2, column::2] = colours[row::2, column::2, colour]
    return values


def _single(values: np.ndarray, kind: str) -> np.ndarray:
    """Return one value a pixel, 16 bits, in the packing of ``8``, ``10``, ``10p``, ``10Packed`` ..."""
    depth = int(re.match(r"\d+", kind)[0])  # type: ignore[index]
    packing = kind.removeprefix(str(depth))
    values = values >> (16 - depth)
    if depth == 8:
        return values.astype(np.uint8)
    if packing == "":
        return np.ascontiguousarray(values.astype("<u2")).view(np.uint8)
    if packing == "p":
        bits = (values[..., None] >> np.arange(depth, dtype=np.uint16)) & 1
        return np.packbits(bits.reshape(values.shape[0], -1).astype(np.uint8), axis=1, bitorder="little")
    even, odd = values[:, ::2], values[:, 1::2]
    low = (1 << (depth - 8)) - 1
    middle = (even & low) | (odd & low) << 4
    triples = np.stack([even >> (depth - 8), middle, odd >> (depth - 8)], axis=-1)
    return triples.astype(np.uint8).reshape(values.shape[0], -1)


def _yuv(rgb: np.ndarray, *, uyvy: bool) -> np.ndarray:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    y = (77 * red + 150 * green + 29 * blue + 128) // 256
    u = np.clip((32768 - 43 * red - 85 * green + 128 * blue + 128) // 256, 0, 255)
    v = np.clip((32768 + 128 * red - 107 * green - 21 * blue + 128) // 256, 0, 255)
    u, v = ((plane[:, ::2] + plane[:, 1::2] + 1) // 2 for plane in (u, v))
    order = (u, y[:, ::2], v, y[:, 1::2]) if uyvy else (y[:, ::2], u, y[:, 1::2], v)
    return np.stack(order, axis=-1).astype(np.uint8).reshape(rgb.shape[0], -1)
