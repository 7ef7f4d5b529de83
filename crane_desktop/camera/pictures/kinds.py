"""Which kinds of files are read as pictures."""

from __future__ import annotations

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    PpmImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

IMAGE_SUFFIXES = frozenset(
    {
        ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".bmp", ".dib", ".tif", ".tiff", ".gif",
        ".webp", ".pgm", ".ppm", ".pbm", ".pnm", ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx",
    }
)  # fmt: skip
"""Endings of files that are listed as pictures; what a file is, its content says."""

FORMATS = tuple(
    one.format
    for one in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        BmpImagePlugin.BmpImageFile,
        TiffImagePlugin.TiffImageFile,
        GifImagePlugin.GifImageFile,
        WebPImagePlugin.WebPImageFile,
        PpmImagePlugin.PpmImageFile,
        Jpeg2KImagePlugin.Jpeg2KImageFile,
    )
)
"""The decoders that are asked, by Pillow's names; no others, whatever a file claims to be."""

LOSSY_SUFFIXES = frozenset({".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".mpo", ".webp"})
"""Endings of files whose values are only near to what was drawn."""
