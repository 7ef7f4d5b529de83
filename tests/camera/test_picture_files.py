"""Picture files as plants have them: deep, of several pages, half written, of every kind, slow or dead."""

from __future__ import annotations

import io
import os
import struct
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from camera_fakes import Clock
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, TiffImagePlugin

from crane_desktop.camera import folder
from crane_desktop.camera.decode import decode_image, read_image, read_parts, read_values
from crane_desktop.camera.folder import FolderSource
from crane_desktop.camera.pictures import bounded, reading
from crane_desktop.camera.pictures.reading import Patience, Reading
from crane_desktop.camera.pictures.whole import open_picture
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, SourceEvent
from crane_desktop.settings.texts import LANGUAGES, error_text

TWIN = np.random.default_rng(5).integers(0, 256, (24, 32), dtype=np.uint8)
TWIN[0, :2] = 0, 255
HASTY = Patience(stuck_s=0.0, growing_s=0.0, still_s=0.0)
RISING = np.kron(np.arange(16, dtype=np.uint8).reshape(4, 4) * 16, np.ones((8, 8), np.uint8))


def deep(bits: int) -> NDArray[np.uint16]:
    """The twin at `bits` bits at the low end; the lowest bits are used."""
    return (TWIN.astype(np.uint16) << (bits - 8)) | (TWIN & ((1 << (bits - 8)) - 1))


def bytes_of(values: NDArray[np.generic] | Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image = values if isinstance(values, Image.Image) else Image.fromarray(values)
    image.save(stream, kind, **options)
    return stream.getvalue()


def put(file: Path, content: bytes) -> None:
    """Write a file that nobody has touched for long: it is not waited for."""
    file.write_bytes(content)
    os.utime(file, ns=(1, 1))


def with_chunk(png: bytes, name: bytes, content: bytes) -> bytes:
    """A PNG with one more chunk after its head."""
    chunk = struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
    return png[:33] + chunk + png[33:]


def tiff(values: NDArray[np.generic], **tags: int) -> bytes:
    """A TIFF with further tags: ``t281=1023``."""
    info = TiffImagePlugin.ImageFileDirectory_v2()
    for tag, value in tags.items():
        info[int(tag[1:])] = value
    return bytes_of(values, "tiff", tiffinfo=info)


def key_of(data: bytes, significant_bits: int | None = None) -> str:
    with pytest.raises(InputError) as error:
        decode_image(data, "a", significant_bits)
    return error.value.key


def events_in(folder: Path, **options: object) -> list[SourceEvent]:
    source = FolderSource(folder, **options)
    source.open()
    found: list[SourceEvent] = []
    while not isinstance(event := source.next_event(5.0), EndOfFrames):
        assert event is not None
        found.append(event)
    source.close()
    return found


KNOWN_DEPTH: dict[str, Callable[[int], bytes]] = {
    "PNG's sBIT": lambda bits: with_chunk(bytes_of(deep(bits), "png"), b"sBIT", bytes([bits])),
    "TIFF's MaxSampleValue": lambda bits: tiff(deep(bits), t281=(1 << bits) - 1),
    "TIFF's SMaxSampleValue": lambda bits: tiff(deep(bits), t341=(1 << bits) - 1),
    "PNM's largest value": lambda bits: (
        b"P5\n# a line of words\n32 24\n%d\n" % ((1 << bits) - 1) + deep(bits).astype(">u2").tobytes()
    ),
}


class TestDepth:
    @pytest.mark.parametrize("bits", [10, 12, 14])
    @pytest.mark.parametrize("kind", KNOWN_DEPTH)
    def test_a_file_that_says_how_deep_it_is_is_judged_as_its_8_bit_twin(self, kind: str, bits: int) -> None:
        picture = decode_image(KNOWN_DEPTH[kind](bits), "a")
        assert np.array_equal(picture.pixels, TWIN)
        assert picture.pixel_format == f"Mono{bits}"
        assert picture.original is not None
        assert np.array_equal(picture.original, deep(bits))

    @pytest.mark.parametrize("bits", [9, 10, 12, 14])
    @pytest.mark.parametrize("kind", ["png", "tiff"])
    @pytest.mark.parametrize("colour", [False, True])
    def test_one_that_does_not_say_is_asked_about_and_judged_once_it_is_known(
        self, bits: int, kind: str, colour: bool
    ) -> None:
        values = np.repeat(deep(bits)[..., None], 3, axis=2) if colour else deep(bits)
        data = cv2.imencode(f".{kind}", values)[1].tobytes()
        assert key_of(data) == "camera.depth_unknown"
        picture = decode_image(data, "a", significant_bits=bits)
        assert np.array_equal(picture.pixels, np.repeat(TWIN[..., None], 3, axis=2) if colour else TWIN)
        assert key_of(data, significant_bits=bits - 1) == "camera.depth_exceeded"

    @pytest.mark.parametrize("bits", [10, 12, 14, 16])
    @pytest.mark.parametrize("told", [None, 10, 12, 14])
    def test_values_at_the_high_end_are_judged_as_their_twin_whatever_is_told(
        self, bits: int, told: int | None
    ) -> None:
        data = bytes_of((deep(bits) << (16 - bits)) & 0xFFC0, "png")
        assert np.array_equal(decode_image(data, "a", told).pixels, TWIN)

    def test_a_depth_that_was_told_wrongly_gives_no_dark_picture(self) -> None:
        deeper = TWIN.astype(np.uint16) << 6  # 14 bits, the lowest of them unused
        assert key_of(bytes_of(deeper, "png"), significant_bits=10) == "camera.depth_exceeded"
        assert np.array_equal(decode_image(bytes_of(deeper, "png"), "a", 14).pixels, TWIN)

    def test_values_that_were_scaled_to_the_whole_range_need_no_answer(self) -> None:
        whole = (deep(12) << 4) | (deep(12) >> 8)
        for told in (None, 12):
            assert np.array_equal(decode_image(bytes_of(whole, "png"), "a", told).pixels, TWIN)
        png = with_chunk(bytes_of(whole, "png"), b"sBIT", b"\x0c")
        assert np.array_equal(decode_image(png, "a").pixels, TWIN)

    def test_the_files_own_word_goes_before_the_setting(self) -> None:
        assert np.array_equal(decode_image(tiff(deep(12), t281=4095), "a", significant_bits=14).pixels, TWIN)

    def test_a_largest_value_that_was_only_counted_is_no_depth(self) -> None:
        assert key_of(tiff(deep(10) // 2, t281=int(deep(10).max() // 2) - 1)) == "camera.depth_unknown"

    def test_a_black_picture_is_black_at_every_depth(self) -> None:
        assert not decode_image(bytes_of(np.zeros((20, 20), np.uint16), "png"), "a").pixels.any()

    def test_twelve_bits_that_are_packed_say_their_depth(self) -> None:
        values = deep(12)
        pairs = values.reshape(-1, 2).astype(np.uint32)
        packed = ((pairs[:, 0] << 12) | pairs[:, 1])[:, None] >> np.array([16, 8, 0]) & 0xFF
        data = packed.astype(np.uint8).tobytes()
        tags = [(256, 32), (257, 24), (258, 12), (259, 1), (262, 1), (273, 8), (277, 1), (278, 24), (279, len(data))]
        directory = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        file = b"II*\0" + struct.pack("<I", 8 + len(data)) + data + struct.pack("<H", len(tags)) + directory + bytes(4)
        picture = decode_image(file, "a")
        assert (picture.pixel_format, np.array_equal(picture.pixels, TWIN)) == ("Mono12", True)

    @pytest.mark.parametrize("bits", [10, 16])
    def test_where_white_is_zero_dark_parts_stay_dark(self, bits: int) -> None:
        inverted = ((1 << bits) - 1) - deep(bits)
        found = decode_image(tiff(inverted, t262=0, t281=(1 << bits) - 1), "a")
        assert np.array_equal(found.pixels, TWIN)

    def test_a_picture_of_signed_values_is_judged_where_its_depth_is_clear(self) -> None:
        signed = tiff(deep(15).astype(np.int32))
        assert decode_image(bytes_of(Image.fromarray(TWIN.astype(np.int32)), "tiff"), "a", 8).pixels.max() == 255
        assert key_of(bytes_of(Image.fromarray(-TWIN.astype(np.int32)), "tiff")) == "camera.image_kind_unknown"
        assert decode_image(signed, "a").pixel_format in ("Mono15", "Mono16")

    def test_a_mask_has_no_depth(self, tmp_path: Path) -> None:
        marks = (TWIN > 100).astype(np.uint16) * 3
        (tmp_path / "mask.png").write_bytes(bytes_of(marks, "png"))
        assert np.array_equal(read_values(tmp_path / "mask.png"), marks)

    @pytest.mark.parametrize("bits", [0, 7, 17, -3])
    def test_bits_that_make_no_sense_are_refused_at_once(self, tmp_path: Path, bits: int) -> None:
        with pytest.raises(InputError) as error:
            FolderSource(tmp_path, significant_bits=bits)
        assert error.value.key == "camera.bits_wrong"

    def test_a_folder_asks_once_a_picture_and_takes_the_answer(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(bytes_of(deep(10), "png"))
        (fault,) = events_in(tmp_path, language="en")
        assert isinstance(fault, FrameFault)
        assert "How many bits" in fault.detail
        (frame,) = events_in(tmp_path, significant_bits=10)
        assert isinstance(frame, Frame)
        assert np.array_equal(frame.pixels, TWIN)


class TestPages:
    LEVELS = (30, 90, 200)

    def _several(self, kind: str, **options: object) -> bytes:
        pages = [Image.fromarray(np.full((20, 30), level, np.uint8)) for level in self.LEVELS]
        if kind in ("webp", "mpo"):
            pages = [page.convert("RGB") for page in pages]
        stream = io.BytesIO()
        pages[0].save(stream, kind, save_all=True, append_images=pages[1:], **options)
        return stream.getvalue()

    @pytest.mark.parametrize(
        ("kind", "suffix"), [("tiff", "tif"), ("gif", "gif"), ("webp", "webp"), ("png", "png"), ("mpo", "jpg")]
    )
    def test_each_page_is_a_frame_of_its_own_in_order_with_its_number(
        self, tmp_path: Path, kind: str, suffix: str
    ) -> None:
        put(tmp_path / f"a.{suffix}", self._several(kind))
        Image.fromarray(np.full((20, 30), 10, np.uint8)).save(tmp_path / "b.png")
        events = events_in(tmp_path)
        assert [e.origin.file for e in events if isinstance(e, Frame)] == [
            *(f"a.{suffix}#{number}" for number in (1, 2, 3)), "b.png",
        ]  # fmt: skip
        assert [e.origin.frame_id for e in events if isinstance(e, Frame)] == [1, 2, 3, 4]
        levels = [int(e.pixels.mean()) for e in events if isinstance(e, Frame)]
        assert levels == pytest.approx([*self.LEVELS, 10], abs=3)

    def test_the_pictures_of_a_pnm_file_are_pages(self, tmp_path: Path) -> None:
        one = bytes_of(np.full((20, 30), 40, np.uint8), "ppm")
        other = bytes_of(np.full((20, 30, 3), 90, np.uint8), "ppm")
        put(tmp_path / "a.pnm", one + other + b"\n" + one)
        events = events_in(tmp_path)
        assert [int(e.pixels.mean()) for e in events if isinstance(e, Frame)] == [40, 90, 40]
        put(tmp_path / "a.pnm", (one + other)[:-5])
        (fault,) = events_in(tmp_path, patience=HASTY)
        assert isinstance(fault, FrameFault)

    def test_deep_pages_in_colour_come_one_by_one(self, tmp_path: Path) -> None:
        pages = [np.full((20, 30, 3), level << 8, np.uint16) for level in self.LEVELS]
        for page in pages:
            page[0, 0] = 65535
        put(tmp_path / "a.tif", cv2.imencodemulti(".tiff", pages)[1].tobytes())
        events = events_in(tmp_path)
        assert [int(e.pixels[-1, -1, 0]) for e in events if isinstance(e, Frame)] == list(self.LEVELS)

    def test_the_asked_number_of_frames_counts_pages(self, tmp_path: Path) -> None:
        put(tmp_path / "a.tif", self._several("tiff"))
        assert len(events_in(tmp_path, frames=2)) == 2

    def test_thumbnails_and_masks_of_a_tiff_are_no_parts(self) -> None:
        part, small, mask = Image.fromarray(TWIN), Image.fromarray(TWIN[:4, :4]), Image.fromarray(TWIN)
        small.encoderinfo = {"tiffinfo": {254: 1}}
        mask.encoderinfo = {"tiffinfo": {254: 4}}
        stream = io.BytesIO()
        part.save(stream, "tiff", save_all=True, append_images=[small, mask])
        assert open_picture(stream.getvalue(), "a").pages == (0,)

    def test_a_preview_behind_a_jpeg_is_no_part(self) -> None:
        whole, preview = Image.fromarray(TWIN).convert("RGB"), Image.fromarray(TWIN[::2, ::2]).convert("RGB")
        stream = io.BytesIO()
        whole.save(stream, "mpo", save_all=True, append_images=[preview])
        assert open_picture(stream.getvalue(), "a").pages == (0,)

    def test_a_damaged_page_is_a_fault_of_the_file_and_the_run_goes_on(self, tmp_path: Path) -> None:
        data = self._several("tiff", compression="tiff_deflate")
        directories = open_picture(data, "a").directories
        start, length = directories[2].number(273), directories[2].number(279)
        put(tmp_path / "a.tif", data[: start + 4] + bytes(length - 4) + data[start + length :])
        Image.fromarray(TWIN).save(tmp_path / "b.png")
        assert [type(event) for event in events_in(tmp_path, patience=HASTY)] == [FrameFault, Frame]

    def test_where_one_picture_is_wanted_several_are_refused_in_words(self, tmp_path: Path) -> None:
        put(tmp_path / "a.tif", self._several("tiff"))
        with pytest.raises(InputError) as error:
            read_image(tmp_path / "a.tif")
        assert (error.value.key, error.value.params["count"]) == ("camera.image_of_several", 3)
        assert [name for name, _ in read_parts(tmp_path / "a.tif")] == ["a.tif#1", "a.tif#2", "a.tif#3"]

    def test_a_chain_of_pages_that_runs_in_a_circle_ends(self) -> None:
        data = bytearray(self._several("tiff"))
        at = int.from_bytes(data[4:8], "little")
        count = int.from_bytes(data[at : at + 2], "little")
        data[at + 2 + 12 * count : at + 6 + 12 * count] = data[4:8]
        assert key_of(bytes(data)) == "camera.image_unreadable"


KINDS: dict[str, Callable[[], bytes]] = {
    "png": lambda: bytes_of(TWIN, "png"),
    "png, interlaced chunks": lambda: cv2.imencode(".png", np.repeat(TWIN[..., None], 3, axis=2))[1].tobytes(),
    "jpeg": lambda: bytes_of(TWIN, "jpeg"),
    "jpeg, progressive": lambda: bytes_of(TWIN, "jpeg", progressive=True),
    "tiff, deflate": lambda: bytes_of(TWIN, "tiff", compression="tiff_deflate"),
    "tiff, LZW": lambda: bytes_of(TWIN, "tiff", compression="tiff_lzw"),
    "tiff, LZW, deep": lambda: cv2.imencode(".tiff", deep(16))[1].tobytes(),
    "tiff, PackBits": lambda: bytes_of(RISING, "tiff", compression="packbits"),
    "tiff, JPEG": lambda: bytes_of(TWIN, "tiff", compression="jpeg"),
    "gif": lambda: bytes_of(TWIN, "gif"),
    "jp2": lambda: bytes_of(TWIN, "JPEG2000"),
    "j2k": lambda: bytes_of(TWIN, "JPEG2000", no_jp2=True),
}


class TestHalfFiles:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_file_whose_tail_is_still_zero_is_never_a_picture(self, kind: str) -> None:
        whole = KINDS[kind]()
        assert open_picture(whole, "a").proven
        accepted = []
        for share in np.linspace(0.02, 0.97, 40):
            start = int(len(whole) * share)
            try:
                picture = decode_image(whole[:start] + bytes(len(whole) - start), "a")
            except InputError:
                continue
            # The zeros may only stand where the file says nothing about the picture.
            accepted.append((share, np.array_equal(picture.pixels, decode_image(whole, "a").pixels)))
        assert all(same for _, same in accepted)
        assert len(accepted) <= 4, accepted

    @settings(max_examples=60, deadline=None)
    @given(at=st.floats(0.0, 1.0), bit=st.integers(0, 7), kind=st.sampled_from(["png", "png, interlaced chunks"]))
    def test_no_flipped_bit_of_a_png_is_overlooked(self, at: float, bit: int, kind: str) -> None:
        data = bytearray(KINDS[kind]())
        data[int(at * (len(data) - 1))] ^= 1 << bit
        with pytest.raises(InputError):
            decode_image(bytes(data), "a")

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("rows", [0, 1, 23])
    def test_a_png_with_too_few_rows_in_sound_chunks_is_no_picture(self, dtype: type[np.generic], rows: int) -> None:
        values = TWIN.astype(">u2") * 257 if dtype is np.uint16 else TWIN
        head = struct.pack(">IIBBBBB", 32, 24, values.dtype.itemsize * 8, 0, 0, 0, 0)
        packed = zlib.compress(b"".join(b"\0" + row.tobytes() for row in values[:rows]))
        png = b"\x89PNG\r\n\x1a\n"
        for name, content in ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b"")):
            png += struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))
        assert key_of(png) == "camera.image_unreadable"

    def test_zeros_after_the_end_of_a_png_are_nothing(self) -> None:
        assert np.array_equal(decode_image(bytes_of(TWIN, "png") + bytes(4096), "a").pixels, TWIN)

    def test_an_empty_file_is_called_empty(self) -> None:
        assert key_of(b"") == "camera.image_empty"

    def test_a_file_that_is_still_written_is_waited_for(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file, whole = tmp_path / "a.png", bytes_of(TWIN, "png")
        file.write_bytes(whole[:-300] + bytes(300))
        seen = []

        def look(path: Path, progress: bounded.Progress) -> tuple[bytes, os.stat_result]:
            found = original(path, progress)
            seen.append(len(found[0]))
            if len(seen) == 1:  # the copying goes on while the first look is thought about
                file.write_bytes(whole)
                os.utime(file, ns=(1, 1))
            return found

        original = reading._read
        monkeypatch.setattr(reading, "_read", look)
        (frame,) = events_in(tmp_path, patience=Patience(still_s=0.0))
        assert isinstance(frame, Frame)
        assert len(seen) == 2

    @pytest.mark.parametrize("content", [bytes_of(TWIN, "bmp"), b"", bytes_of(TWIN, "png")[:200]])
    def test_one_that_never_ends_changing_is_a_fault_with_the_reason(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes
    ) -> None:
        file = tmp_path / "a.bmp"
        file.write_bytes(content)
        original, times = reading._read, iter(range(1, 1000))

        def look(path: Path, progress: bounded.Progress) -> tuple[bytes, os.stat_result]:
            found = original(path, progress)
            os.utime(file, ns=(0, next(times)))
            return found

        monkeypatch.setattr(reading, "_read", look)
        (fault,) = events_in(tmp_path, patience=HASTY)
        assert isinstance(fault, FrameFault)
        assert fault.error is not None
        assert fault.error.key == "camera.file_still_changing"


SUFFIXES = ("png", "jpg", "jpe", "jfif", "bmp", "tif", "webp", "pgm", "ppm", "pnm", "jp2", "j2k", "gif")


class TestKinds:
    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_what_the_decoders_read_is_read(self, tmp_path: Path, suffix: str) -> None:
        kind = {"jpg": "jpeg", "jpe": "jpeg", "jfif": "jpeg", "tif": "tiff", "pgm": "ppm", "pnm": "ppm",
                "jp2": "JPEG2000", "j2k": "JPEG2000"}.get(suffix, suffix)  # fmt: skip
        put(tmp_path / f"a.{suffix.upper()}", bytes_of(RISING, kind))
        (frame,) = events_in(tmp_path)
        assert isinstance(frame, Frame)
        shown = frame.pixels if frame.pixels.ndim == 2 else frame.pixels[..., 1]
        assert np.abs(shown.astype(int) - RISING).max() < 12

    def test_a_bitmap_of_two_levels_is_read(self, tmp_path: Path) -> None:
        Image.fromarray(RISING > 100).save(tmp_path / "a.pbm")
        (frame,) = events_in(tmp_path)
        assert isinstance(frame, Frame)
        assert np.array_equal(frame.pixels > 0, RISING > 100)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (15, 400)])
    def test_a_picture_too_small_or_too_narrow_for_a_part_is_a_fault(
        self, tmp_path: Path, shape: tuple[int, int]
    ) -> None:
        Image.fromarray(np.full(shape, 80, np.uint8)).save(tmp_path / "a.png")
        (fault,) = events_in(tmp_path)
        assert isinstance(fault, FrameFault)
        assert fault.error is not None
        assert fault.error.key == "camera.image_too_small"

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_no_fault_of_a_folder_shows_a_key_or_the_words_of_a_library(self, tmp_path: Path, language: str) -> None:
        huge = bytearray(bytes_of(TWIN, "bmp"))
        huge[18:26] = struct.pack("<II", 60_000, 60_000)
        half = bytes_of(TWIN, "jpeg")[:-20]
        contents = {
            "empty.png": b"",
            "text.png": b"words",
            "huge.bmp": bytes(huge),
            "half.jpg": half,
            "deep.png": bytes_of(deep(10), "png"),
            "float.tif": bytes_of(TWIN.astype(np.float32), "tiff"),
        }
        for name, content in contents.items():
            put(tmp_path / name, content)
        (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere")
        found = events_in(tmp_path, language=language, patience=HASTY)
        assert len(found) == len(contents) + 1
        for fault in found:
            assert isinstance(fault, FrameFault)
            assert fault.error is not None
            assert fault.detail == error_text(fault.error, "ja" if language == "ja" else "en")
            assert "camera." not in fault.detail
            assert not any(word in fault.detail for word in ("bomb", "Errno", "MPO", "cannot identify", "truncated"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
class TestStuck:
    def test_a_pipe_in_the_folder_is_a_fault_at_once_and_the_rest_is_judged(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "1.png")
        Image.fromarray(TWIN).save(tmp_path / "2.png")
        fault, frame = events_in(tmp_path)
        assert isinstance(fault, FrameFault)
        assert fault.error is not None
        assert (fault.error.key, type(frame)) == ("camera.file_is_no_file", Frame)

    def test_devices_are_not_opened(self) -> None:
        with pytest.raises(InputError) as error:
            read_image("/dev/zero")
        assert error.value.key == "camera.file_is_no_file"


class TestDeadShare:
    @pytest.fixture
    def dead(self, monkeypatch: pytest.MonkeyPatch) -> threading.Event:
        """Files whose name begins with ``dead`` are not read before this is set."""
        alive, original = threading.Event(), reading._read

        def read(path: Path, progress: bounded.Progress) -> tuple[bytes, os.stat_result]:
            if path.name.startswith("dead"):
                alive.wait(60.0)
            return original(path, progress)

        monkeypatch.setattr(reading, "_read", read)
        return alive

    def test_a_read_that_never_returns_is_a_fault_after_the_bound_and_the_rest_is_judged(
        self, tmp_path: Path, dead: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = Clock().rules(monkeypatch, bounded)
        monkeypatch.setattr(folder, "_AT_ONCE_S", 0.02)
        for number in range(9):
            Image.fromarray(TWIN).save(tmp_path / f"dead{number}.png")
        Image.fromarray(TWIN).save(tmp_path / "whole.png")
        source = FolderSource(tmp_path)
        source.open()
        assert source.next_event(0.0) is None
        found = []
        while not isinstance(event := source.next_event(0.0), EndOfFrames):
            if event is None:
                clock.go_on(6.0)
            else:
                found.append(event)
        dead.set()
        source.close()
        assert [type(event) for event in found] == [FrameFault] * 9 + [Frame]
        assert all(
            e.error is not None and e.error.key == "camera.file_stuck" for e in found if isinstance(e, FrameFault)
        )

    def test_closing_does_not_wait_for_it(self, tmp_path: Path, dead: threading.Event) -> None:
        Image.fromarray(TWIN).save(tmp_path / "dead.png")
        source = FolderSource(tmp_path)
        source.open()
        assert source.next_event(0.0) is None
        source.close()
        assert isinstance(source.next_event(0.0), EndOfFrames)
        dead.set()

    def test_a_command_is_told_as_well(
        self, tmp_path: Path, dead: threading.Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        Image.fromarray(TWIN).save(tmp_path / "dead.png")
        with pytest.raises(InputError) as error:
            Reading(tmp_path / "dead.png", threading.Event(), HASTY).picture_file()
        assert error.value.key == "camera.file_stuck"
        dead.set()
