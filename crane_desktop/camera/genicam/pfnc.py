"""The pixel formats that we read, by their PFNC name (GenICam Pixel Format Naming Convention 2.x)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from crane_desktop.domain.camera_names import OLDER_FORMATS

BAYER_ORDERS = ("RG", "GR", "GB", "BG")


@dataclass(frozen=True, slots=True)
class PixelLayout:
    """How one pixel lies in memory.

    Attributes
    ----------
    bits
        Bits a pixel takes, padding bits included.
    depth
        Bits a channel that carry the picture.
    packing
        ``""`` (a channel is 1 or 2 whole bytes, little-endian), ``"p"`` (PFNC lsb packing without gaps) or
        ``"gige"`` (GigE Vision ``Packed``: two pixels in three bytes).
    order
        ``"mono"``, the order of colour channels (``"rgb"``, ``"bgr"``, ``"rgba"``, ``"bgra"``, or of a pair of
        pixels that share their colour ``"yuyv"``, ``"uyvy"``), or the upper left 2x2 colours of a Bayer pattern
        (``"RG"``, ``"GR"``, ``"GB"``, ``"BG"``).
    """

    bits: int
    depth: int
    packing: str
    order: str

    def row_bytes(self, width_px: int) -> int:
        """Return the bytes of a line of `width_px` pixels, without line padding."""
        return (width_px * self.bits + 7) // 8


def _one_value_a_pixel(name: str, order: str) -> dict[str, PixelLayout]:
    formats = {f"{name}8": PixelLayout(8, 8, "", order)}
    for depth in (10, 12, 14, 16):
        formats[f"{name}{depth}"] = PixelLayout(16, depth, "", order)
    for depth in (10, 12):
        formats[f"{name}{depth}p"] = PixelLayout(depth, depth, "p", order)
        formats[f"{name}{depth}Packed"] = PixelLayout(12, depth, "gige", order)
    return formats


def _colour() -> dict[str, PixelLayout]:
    formats = {
        "RGBa8": PixelLayout(32, 8, "", "rgba"),
        "BGRa8": PixelLayout(32, 8, "", "bgra"),
        "YUV422_8": PixelLayout(16, 8, "", "yuyv"),
        "YUV422_8_UYVY": PixelLayout(16, 8, "", "uyvy"),
        "YCbCr422_8": PixelLayout(16, 8, "", "yuyv"),
        "YCbCr422_8_CbYCrY": PixelLayout(16, 8, "", "uyvy"),
    }
    for order in ("rgb", "bgr"):
        formats[f"{order.upper()}8"] = PixelLayout(24, 8, "", order)
        for depth in (10, 12, 14, 16):
            formats[f"{order.upper()}{depth}"] = PixelLayout(48, depth, "", order)
    for pattern in BAYER_ORDERS:
        formats |= _one_value_a_pixel(f"Bayer{pattern}", pattern)
    return formats


LAYOUTS = MappingProxyType(_one_value_a_pixel("Mono", "mono") | _colour())


def pfnc_name(name: str) -> str:
    """Return the PFNC name of a pixel format that a camera may call by its older name."""
    return OLDER_FORMATS.get(name, name)
