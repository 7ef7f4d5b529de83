"""Every pixel format of the virtual camera, from its driver to the frame, by Harvesters in the camera's own process."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from eventually import eventually
from format_reference import plain_demosaic, plain_rgb_of_yuv, unpacked
from virtual_camera import VirtualCameras
from virtual_scene import View, expected_rows

from crane_desktop.camera.genicam.messages import WriteNode
from crane_desktop.camera.genicam.source import GenicamSource
from crane_desktop.domain.camera_setup import FeatureValue
from crane_desktop.domain.frames import Frame

KINDS = ("8", "10", "12", "10p", "12p", "10Packed", "12Packed")
PATTERNS = ("RG", "GR", "GB", "BG")
MONO = [f"Mono{kind}" for kind in (*KINDS, "14", "16")]
BAYER = [f"Bayer{pattern}{kind}" for pattern in PATTERNS for kind in KINDS]
# These are all 43 that the camera has, as test_virtual_camera.py counts them.
COLOUR = ["RGB8", "BGR8", "RGBa8", "BGRa8", "YUV422_8", "YUV422_8_UYVY"]
# 52 pixels of 10 bits are 65 bytes: with 5 bytes of padding, lines begin at odd addresses.
SETTINGS = {"Width": 52, "Height": 30, "OffsetX": 4, "OffsetY": 2, "VirtualLinePadding": 5}


@pytest.fixture
def source(virtual_cameras: VirtualCameras) -> Iterator[GenicamSource]:
    quick = {"ExposureTime": 500.0, "AcquisitionFrameRate": 200.0}
    virtual_cameras.add(
        "VC1", SETTINGS | quick, scene="noise", reference_exposure_us=500, sensor_width=64, sensor_height=48
    )
    made = GenicamSource(str(virtual_cameras.cti), "VC1")
    made.open()
    yield made
    made.close()


def put(source: GenicamSource, name: str, value: FeatureValue) -> None:
    """Set a feature of the running camera."""
    asked = source.control.ask(WriteNode(name, value, may_restart=True))

    def answered() -> bool:
        source.next_event(0.005)
        return asked.done()

    eventually(answered)
    asked.result(0)


def frame_in(source: GenicamSource, pixel_format: str) -> Frame:
    """Set the format and return the first frame in it."""
    put(source, "PixelFormat", pixel_format)

    def frame() -> Frame | None:
        event = source.next_event(0.2)
        return event if isinstance(event, Frame) and event.pixel_format == pixel_format else None

    found = eventually(frame, what=f"no frame in {pixel_format}")
    assert found is not None
    return found


def sent(frame: Frame, scene: str = "noise") -> np.ndarray:
    """Return the lines that the camera sent for this frame, without padding."""
    assert frame.origin.block_id is not None
    return expected_rows(View(52, 30, 4, 2, 64, scene), frame.origin.block_id - 1, frame.pixel_format)


def test_grey_is_exact_at_every_depth(source: GenicamSource) -> None:
    for name in MONO:
        frame = frame_in(source, name)
        rows = sent(frame)
        if name == "Mono8":
            assert frame.original is None
            assert np.array_equal(frame.pixels, rows)
            continue
        values = unpacked(rows, 52, name)
        assert frame.original is not None
        assert frame.original.dtype == np.uint16
        assert np.array_equal(frame.original, values), name
        depth = int("".join(c for c in name if c.isdigit()))
        assert np.array_equal(frame.pixels, values >> (depth - 8)), name


def test_bayer_keeps_its_mosaic_and_shows_its_colours(source: GenicamSource) -> None:
    for name in BAYER:
        frame = frame_in(source, name)
        rows = sent(frame)
        depth = int("".join(c for c in name if c.isdigit()))
        mosaic = rows if depth == 8 else unpacked(rows, 52, name)
        assert frame.original is not None
        assert frame.original.dtype == (np.uint8 if depth == 8 else np.uint16)
        assert np.array_equal(frame.original, mosaic), name
        eight = (mosaic >> (depth - 8)).astype(np.uint8)
        assert np.array_equal(frame.pixels[1:-1, 1:-1], plain_demosaic(eight, name[5:7])), name


def test_even_areas_have_exactly_the_colour_that_the_camera_saw(source: GenicamSource) -> None:
    put(source, "TestPattern", "Bars")
    seen = expected_rows(View(52, 30, 4, 2, 64, "bars"), 0, "RGB8").reshape(30, 52, 3)
    same = np.all(seen == np.roll(seen, 1, axis=1), axis=-1)
    inside = same & np.roll(same, -1, axis=1)
    inside[:, [0, -1]] = False  # columns within a bar: no neighbour has another colour
    assert len(np.unique(seen[inside], axis=0)) == 7  # the black bar is cut off
    for pattern in PATTERNS:
        for kind in ("8", "10p", "12Packed", "12"):
            frame = frame_in(source, f"Bayer{pattern}{kind}")
            assert np.array_equal(frame.pixels[inside], seen[inside]), frame.pixel_format


def test_colour_is_exact(source: GenicamSource) -> None:
    for name in COLOUR:
        frame = frame_in(source, name)
        rows = sent(frame)
        assert frame.original is None
        if name.startswith("YUV"):
            expected = plain_rgb_of_yuv(rows, uyvy=name.endswith("UYVY"))
            assert np.abs(frame.pixels - expected).max() <= 1.0, name
            continue
        order = ["rgba".index(colour) for colour in "rgb"]
        if name.startswith("BGR"):
            order.reverse()
        channels = rows.reshape(30, 52, -1)
        assert np.array_equal(frame.pixels, channels[..., order]), name


def test_grey_in_yuv_stays_grey(source: GenicamSource) -> None:
    put(source, "TestPattern", "Flat")
    for name in ("YUV422_8", "YUV422_8_UYVY"):
        assert np.all(frame_in(source, name).pixels == 0x40)
