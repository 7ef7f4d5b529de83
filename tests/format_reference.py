"""Plain numpy references for what OpenCV does with a camera's pictures; slow and obvious."""

from __future__ import annotations

import numpy as np

ROWS = {"RG": ("RG", "GB"), "GR": ("GR", "BG"), "GB": ("GB", "RG"), "BG": ("BG", "GR")}
_NEAR = {
    "cross": ((-1, 0), (1, 0), (0, -1), (0, 1)),
    "corners": ((-1, -1), (-1, 1), (1, -1), (1, 1)),
    "row": ((0, -1), (0, 1)),
    "column": ((-1, 0), (1, 0)),
}


def plain_demosaic(mosaic: np.ndarray, pattern: str) -> np.ndarray:
    """Return RGB ``(H - 2, W - 2, 3)`` of the interior: rounded means of the nearest pixels of each colour."""
    height, width = mosaic.shape
    values = mosaic.astype(int)

    def near(where: str) -> np.ndarray:
        shifted = [values[1 + dy : height - 1 + dy, 1 + dx : width - 1 + dx] for dy, dx in _NEAR[where]]
        return (sum(shifted) + len(shifted) // 2) // len(shifted)

    centre = values[1:-1, 1:-1]
    rgb = np.zeros((height - 2, width - 2, 3), int)
    for y in range(2):
        for x in range(2):
            own = ROWS[pattern][(y + 1) % 2][(x + 1) % 2]  # the interior begins at (1, 1)
            beside = ROWS[pattern][(y + 1) % 2][x % 2]
            for index, colour in enumerate("RGB"):
                if colour == own:
                    found = centre
                elif own == "G":
                    found = near("row" if colour == beside else "column")
                else:
                    found = near("cross" if colour == "G" else "corners")
                rgb[y::2, x::2, index] = found[y::2, x::2]
    return rgb.astype(np.uint8)


def plain_rgb_of_yuv(rows: np.ndarray, *, uyvy: bool) -> np.ndarray:
    """Return float RGB ``(H, W, 3)`` of YUV 4:2:2: BT.601, full range."""
    four = rows.reshape(rows.shape[0], -1, 4).astype(float)
    u, y0, v, y1 = (four[..., i] for i in ((0, 1, 2, 3) if uyvy else (1, 0, 3, 2)))
    luma = np.stack((y0, y1), axis=-1).reshape(rows.shape[0], -1)
    blue, red = (np.repeat(plane, 2, axis=1) - 128 for plane in (u, v))
    rgb = np.stack((luma + 1.402 * red, luma - 0.344136 * blue - 0.714136 * red, luma + 1.772 * blue), axis=-1)
    return rgb.clip(0, 255)


def unpacked(rows: np.ndarray, width: int, pixel_format: str) -> np.ndarray:
    """Return uint16 ``(H, W)``, bit by bit as PFNC and GigE Vision tell, of 10, 12, 14 or 16 bits."""
    digits = "".join(c for c in pixel_format if c.isdigit())
    depth = int(digits)
    if not pixel_format.endswith(("p", "Packed")):
        return np.ascontiguousarray(rows).view("<u2")
    lines = []
    for line in rows:
        if pixel_format.endswith("p"):
            whole = int.from_bytes(line.tobytes(), "little")
            lines.append([whole >> (depth * x) & ((1 << depth) - 1) for x in range(width)])
        else:
            low, octets = depth - 8, line.tolist()
            values = []
            for x in range(width):
                at = x // 2 * 3
                shift = 4 * (x % 2)
                values.append(octets[at + 2 * (x % 2)] << low | (octets[at + 1] >> shift & ((1 << low) - 1)))
            lines.append(values)
    return np.array(lines, np.uint16)
