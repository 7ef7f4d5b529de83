"""Folders and files in every state that a plant leaves them in: order, damage, vanishing, orientation, depth."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from camera_fakes import Clock
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from crane_desktop.camera import folder as folder_module
from crane_desktop.camera.decode import IMAGE_SUFFIXES, decode_image, read_image
from crane_desktop.camera.folder import FolderSource
from crane_desktop.camera.pictures import reading as reading_module
from crane_desktop.camera.pictures.listing import list_folder, natural_key
from crane_desktop.domain.errors import InputError
from crane_desktop.domain.frames import EndOfFrames, Frame, FrameFault, SourceEvent
from crane_desktop.settings.texts import error_text

CORNER = np.zeros((6, 9), np.uint8)
CORNER[:2, :3] = 200  # the upper left tells how a picture lies
BIG = np.kron(CORNER, np.ones((8, 8), np.uint8))


def save(file: Path, values: np.ndarray = BIG) -> Path:
    Image.fromarray(values).save(file)
    return file


def events_of(source: FolderSource) -> list[SourceEvent]:
    source.open()
    found: list[SourceEvent] = []
    while not isinstance(event := source.next_event(5.0), EndOfFrames):
        assert event is not None
        found.append(event)
    return found


class TestOrder:
    @settings(deadline=None, max_examples=30)
    @given(names=st.sets(st.text("abAB019_-あ画９①", min_size=1, max_size=6), min_size=1, max_size=8))
    def test_every_picture_comes_once_in_an_order_that_only_the_names_decide(
        self, tmp_path_factory: pytest.TempPathFactory, names: set[str]
    ) -> None:
        folder, other = tmp_path_factory.mktemp("pictures"), tmp_path_factory.mktemp("pictures")
        for name in sorted(names):
            (folder / f"{name}.png").touch()
        for name in sorted(names, reverse=True):
            (other / f"{name}.png").touch()
        listed = [file.stem for file in list_folder(folder).files]
        assert sorted(listed) == sorted(names)
        assert [file.stem for file in list_folder(other).files] == listed

    @given(numbers=st.lists(st.integers(0, 10**12), min_size=1, max_size=9, unique=True), wide=st.booleans())
    def test_numbers_in_names_count_in_any_width(self, numbers: list[int], wide: bool) -> None:
        names = [f"画像_{number}_a.png" for number in numbers]
        if wide:
            names = [name.translate(str.maketrans("0123456789", "０１２３４５６７８９")) for name in names]
        in_order = [numbers[names.index(name)] for name in sorted(names, key=natural_key)]
        assert in_order == sorted(numbers)

    def test_the_order_is_the_one_of_a_file_manager(self) -> None:
        names = ["_.png", "1.png", "a.png", "a (1).png", "a_2.png", "A2.png", "a10.png", "aa.png"]
        names += ["b1.5.png", "b1.10.png", "検査２.png", "検査10.png", "検査１１.png"]
        assert sorted(set(names), key=natural_key) == names

    def test_what_is_no_picture_is_named_and_what_is_hidden_is_not(self, tmp_path: Path) -> None:
        save(tmp_path / "1.png")
        for name in ("10.heic", "9.txt", ".hidden.png", "Thumbs.db", "desktop.ini"):
            (tmp_path / name).touch()
        (tmp_path / "folder.png").mkdir()
        listing = list_folder(tmp_path)
        assert [file.name for file in listing.files] == ["1.png"]
        assert listing.passed_over == ("9.txt", "10.heic", "folder.png/")
        source = FolderSource(tmp_path)
        source.open()
        assert source.info.passed_over == listing.passed_over

    def test_a_folder_of_nothing_that_can_be_read_says_what_is_there(self, tmp_path: Path) -> None:
        for number in range(9):
            (tmp_path / f"{number}.heic").touch()
        with pytest.raises(InputError) as error:
            list_folder(tmp_path)
        assert error.value.key == "camera.folder_without_pictures"
        assert error.value.params["names"] == "0.heic, 1.heic, 2.heic, 3.heic, 4.heic, …"

    def test_every_kind_of_file_that_can_be_read_is_listed(self, tmp_path: Path) -> None:
        for number, suffix in enumerate(sorted(IMAGE_SUFFIXES)):
            (tmp_path / f"{number}{suffix.upper()}").touch()
        for name in ("notes.txt", "a.heic", "b.png.part", ".hidden.png", "c"):
            (tmp_path / name).touch()
        assert len(list_folder(tmp_path).files) == len(IMAGE_SUFFIXES)


class TestVanishing:
    def test_a_folder_that_vanishes_in_the_middle_is_faults_to_its_end(self, tmp_path: Path) -> None:
        """Each part was there when the run began: none may pass in silence."""
        folder = tmp_path / "a"
        folder.mkdir()
        for name in ("1.png", "2.png", "3.png"):
            save(folder / name)
        source = FolderSource(folder)
        source.open()
        assert isinstance(source.next_event(0.0), Frame)
        folder.rename(tmp_path / "away")
        faults = [source.next_event(5.0), source.next_event(5.0)]
        assert all(isinstance(fault, FrameFault) for fault in faults)
        assert [fault.origin.frame_id for fault in faults if isinstance(fault, FrameFault)] == [2, 3]
        assert isinstance(source.next_event(0.0), EndOfFrames)

    def test_what_is_added_during_a_run_waits_for_the_next(self, tmp_path: Path) -> None:
        save(tmp_path / "b.png")
        source = FolderSource(tmp_path)
        source.open()
        save(tmp_path / "a.png")
        assert isinstance(source.next_event(0.0), Frame)
        assert isinstance(source.next_event(0.0), EndOfFrames)
        assert len(events_of(source)) == 2

    def test_a_picture_replaced_by_a_folder_or_by_nothing(self, tmp_path: Path) -> None:
        for name in ("1.png", "2.png"):
            save(tmp_path / name)
        source = FolderSource(tmp_path)
        source.open()
        (tmp_path / "1.png").unlink()
        (tmp_path / "1.png").mkdir()
        (tmp_path / "2.png").write_bytes(b"")
        faults = [source.next_event(5.0) for _ in range(2)]
        assert [fault.cause for fault in faults if isinstance(fault, FrameFault)] == ["unreadable_image"] * 2

    def test_a_folder_that_may_not_be_read_says_why(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def closed(_: Path) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "iterdir", closed)
        with pytest.raises(InputError) as error:
            FolderSource(tmp_path).open()
        assert error.value.key == "camera.folder_unreadable"

    def test_a_file_that_may_not_be_read_is_a_fault_with_our_words(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = save(tmp_path / "a.png")

        def closed(*_: object) -> int:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(reading_module.os, "open", closed)
        with pytest.raises(InputError) as error:
            read_image(file)
        assert error.value.key == "camera.file_not_permitted"
        (fault,) = events_of(FolderSource(tmp_path, language="en"))
        assert isinstance(fault, FrameFault)
        assert fault.detail == error_text(InputError("camera.file_not_permitted", file=str(file)), "en")


class TestPace:
    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        return Clock().rules(monkeypatch, folder_module)

    def test_a_picture_comes_when_its_turn_has_come(self, tmp_path: Path, clock: Clock) -> None:
        for number in range(3):
            save(tmp_path / f"{number}.png")
        source = FolderSource(tmp_path, rate_hz=2.0)
        source.open()
        assert isinstance(source.next_event(0.0), Frame)
        clock.go_on(0.4)
        assert source.next_event(0.0) is None
        clock.go_on(0.1)
        assert isinstance(source.next_event(0.0), Frame)

    def test_who_takes_slowly_gets_no_burst_afterwards(self, tmp_path: Path, clock: Clock) -> None:
        for number in range(4):
            save(tmp_path / f"{number}.png")
        source = FolderSource(tmp_path, rate_hz=2.0)
        source.open()
        source.next_event(0.0)
        clock.go_on(60.0)
        assert isinstance(source.next_event(0.0), Frame)
        clock.go_on(0.01)  # it is late by as much as its own period allows
        source.next_event(0.0)
        assert source.next_event(0.0) is None

    def test_closing_is_the_end_and_opening_the_beginning(self, tmp_path: Path) -> None:
        for number in range(3):
            save(tmp_path / f"{number}.png")
        source = FolderSource(tmp_path)
        assert isinstance(source.next_event(0.0), EndOfFrames)
        source.open()
        source.next_event(0.0)
        source.close()
        assert isinstance(source.next_event(0.0), EndOfFrames)
        assert len(events_of(source)) == 3

    def test_it_says_what_it_is(self, tmp_path: Path) -> None:
        info = FolderSource(tmp_path / "検査").info
        assert (info.source_id, info.every_part, info.description) == ("folder:検査", True, str(tmp_path / "検査"))


TURNED = {
    1: lambda v: v, 2: np.fliplr, 3: lambda v: np.rot90(v, 2), 4: np.flipud, 5: lambda v: v.swapaxes(0, 1),
    6: lambda v: np.rot90(v, -1), 7: lambda v: np.rot90(v, 2).swapaxes(0, 1), 8: np.rot90,
}  # fmt: skip
"""How a picture lies by TIFF's tag 274."""


def tiff_with(tag: int, value: int, values: np.ndarray) -> bytes:
    """Return a TIFF file with one more tag in its (single) directory."""
    data = cv2.imencode(".tiff", values)[1].tobytes()
    data += bytes(len(data) % 2)
    at = int.from_bytes(data[4:8], "little")
    count = int.from_bytes(data[at : at + 2], "little")
    entries = [struct.unpack_from("<HHII", data, at + 2 + 12 * index) for index in range(count)]
    entries = sorted([*(one for one in entries if one[0] != tag), (tag, 3, 1, value)])
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *one) for one in entries) + bytes(4)
    return data[:4] + struct.pack("<I", len(data)) + data[8:] + directory


class TestOrientation:
    @pytest.mark.parametrize("orientation", TURNED)
    @pytest.mark.parametrize("kind", ["jpeg", "png"])
    def test_a_camera_that_was_held_otherwise_gives_the_upright_picture(self, orientation: int, kind: str) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        stream = io.BytesIO()
        Image.fromarray(BIG).save(stream, kind, exif=exif, **({"quality": 95} if kind == "jpeg" else {}))
        pixels = decode_image(stream.getvalue(), "a").pixels
        upright = TURNED[orientation](BIG)
        assert pixels.shape == upright.shape
        assert np.abs(pixels.astype(int) - upright).max() <= 12

    @pytest.mark.parametrize("orientation", TURNED)
    def test_deep_pictures_are_turned_as_well(self, orientation: int) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        stream = io.BytesIO()
        deep = BIG.astype(np.uint16) * 256
        Image.fromarray(deep).save(stream, "png", exif=exif)
        picture = decode_image(stream.getvalue(), "a")
        assert np.array_equal(picture.pixels, TURNED[orientation](BIG))
        assert picture.original is not None
        assert picture.original.flags.c_contiguous

    @pytest.mark.parametrize("orientation", TURNED)
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("colour", [False, True])
    def test_in_a_tiff_it_says_what_the_rows_are_at_every_depth(
        self, orientation: int, dtype: type[np.generic], colour: bool
    ) -> None:
        """Two decoders read these files, one for each depth: they must agree."""
        values = (CORNER.astype(np.uint16) * (256 if dtype is np.uint16 else 1)).astype(dtype)
        if colour:
            values = np.repeat(values[..., None], 3, axis=2)
        picture = decode_image(tiff_with(274, orientation, values), "a")
        expected = TURNED[orientation](CORNER)
        assert np.array_equal(picture.pixels if not colour else picture.pixels[..., 0], expected)
        assert (picture.original is None) == (dtype is np.uint8)


class TestDepth:
    @settings(deadline=None, max_examples=30)
    @given(
        seed=st.integers(0, 999), size=st.tuples(st.integers(1, 9), st.integers(1, 9)), colour=st.booleans(),
        suffix=st.sampled_from([".png", ".tiff"]),
    )  # fmt: skip
    def test_16_bit_survive_and_their_high_bytes_show(
        self, seed: int, size: tuple[int, int], colour: bool, suffix: str
    ) -> None:
        shape = (*size, 3) if colour else size
        values = np.random.default_rng(seed).integers(0, 65536, shape, dtype=np.uint16)
        values[0, 0] = 65535  # else they may be those of a camera of fewer bits
        picture = decode_image(cv2.imencode(suffix, values)[1].tobytes(), "a")
        expected = values[..., ::-1] if colour else values
        assert picture.original is not None
        assert np.array_equal(picture.original, expected)
        assert np.array_equal(picture.pixels, expected >> 8)
        assert picture.pixel_format == ("RGB16" if colour else "Mono16")
        assert not picture.original.flags.writeable

    @pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
    def test_every_mode_of_8_bit_gives_grey_or_rgb(self, mode: str) -> None:
        stream = io.BytesIO()
        grey = mode in ("1", "L", "LA")
        kind = "png" if mode in ("1", "L", "LA", "P", "RGB", "RGBA") else "tiff"
        Image.new("RGB", (5, 4), (255, 255, 255)).convert(mode).save(stream, kind)
        picture = decode_image(stream.getvalue(), "a")
        assert picture.pixels.shape == ((4, 5) if grey else (4, 5, 3))
        assert (picture.pixels > 250).all()
        assert (picture.original, picture.pixel_format) == (None, "Mono8" if grey else "RGB8")

    @pytest.mark.parametrize("kind", ["ico", "tga", "pcx"])
    def test_a_kind_that_is_none_of_ours_is_refused_whatever_its_name(self, kind: str) -> None:
        stream = io.BytesIO()
        Image.fromarray(CORNER).save(stream, kind)
        with pytest.raises(InputError) as error:
            decode_image(stream.getvalue(), "renamed.png")
        assert error.value.key == "camera.image_unidentified"
        assert error.value.params["file"] == "renamed.png"

    def test_a_picture_that_claims_to_be_enormous_is_refused(self) -> None:
        stream = io.BytesIO()
        Image.new("L", (4, 4)).save(stream, "bmp")
        data = bytearray(stream.getvalue())
        data[18:26] = (60_000).to_bytes(4, "little") * 2
        with pytest.raises(InputError) as error:
            decode_image(bytes(data), "a")
        assert error.value.key == "camera.image_too_large"
