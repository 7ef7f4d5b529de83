"""The pixel formats that we read, by their PFNC name (GenICam Pixel Format Naming Convention 2.x)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType


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
        ``"mono"``, the order of colour channels (``"rgb"``, ``"bgr"``, ``"rgba"``, ``"bgra"``), or the
        upper left 2x2 colours of a Bayer pattern (``"RG"``, ``"GR"``, ``"GB"``, ``"BG"``).
    """

    bits: int
    depth: int
    packing: str
    order: str

    def row_bytes(self, width_px: int) -> int:
        """Return the bytes of a line of `width_px` pixels, without line padding."""
        return (width_px * self.bits + 7) // 8


def _mono() -> dict[str, PixelLayout]:
    formats = {"Mono8": PixelLayout(8, 8, "", "mono")}
    for depth in (10, 12, 14, 16):
        formats[f"Mono{depth}"] = PixelLayout(16, depth, "", "mono")
    for depth in (10, 12):
        formats[f"Mono{depth}p"] = PixelLayout(depth, depth, "p", "mono")
        formats[f"Mono{depth}Packed"] = PixelLayout(12, depth, "gige", "mono")
    return formats


def _colour() -> dict[str, PixelLayout]:
    formats = {
        "RGB8": PixelLayout(24, 8, "", "rgb"),
        "BGR8": PixelLayout(24, 8, "", "bgr"),
        "RGBa8": PixelLayout(32, 8, "", "rgba"),
        "BGRa8": PixelLayout(32, 8, "", "bgra"),
    }
    for pattern in ("RG", "GR", "GB", "BG"):
        formats[f"Bayer{pattern}8"] = PixelLayout(8, 8, "", pattern)
    return formats


LAYOUTS = MappingProxyType(_mono() | _colour())
