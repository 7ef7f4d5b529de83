"""What a pack from a stranger's stick may try is refused with a sentence; nothing is unpacked or left behind."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from builders import pack_members, sealed_pack
from pydantic import ValidationError

from crane_desktop.domain.errors import InputError
from crane_desktop.model.config import CraneConfig
from crane_desktop.model.container import Streamed, open_pack, write_container
from crane_desktop.model.packs import install_pack, verify_pack
from crane_desktop.model.scorer import load_scorer
from crane_desktop.model.selfcheck import self_check
from crane_desktop.settings.texts import error_text

WEIGHTS = "weights/clip.safetensors"


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    folder = tmp_path / "packs"
    folder.mkdir()
    return folder


def resealed(pack: Path, path: Path, changes: dict[str, bytes]) -> Path:
    """A pack whose manifest and seal agree with the changed members, as its forger would make it."""
    content = pack_members(pack) | changes
    raw = json.loads(content["manifest.json"])
    for name in changes:
        raw["members"][name] = {"sha256": hashlib.sha256(content[name]).hexdigest(), "size": len(content[name])}
    content["manifest.json"] = json.dumps(raw).encode()
    return sealed_pack(path, content)


def refused(path: Path, packs: Path) -> str:
    """Key of the sentence; the pack is neither verified, loaded nor installed, and nothing stays in the folder."""
    keys = set()
    for attempt in (
        lambda: verify_pack(path),
        lambda: load_scorer(path, device="cpu"),
        lambda: install_pack(path, packs),
    ):
        with pytest.raises(InputError) as caught:
            attempt()
        assert all(error_text(caught.value, language) for language in ("en", "ja"))
        keys.add(caught.value.key)
    assert list(packs.iterdir()) == []
    assert len(keys) == 1
    return keys.pop()


def zipped(pack: Path, path: Path, entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> Path:
    with path.open("w+b") as target, zipfile.ZipFile(target, "w", compression) as archive:
        for name, content in [*pack_members(pack).items(), *entries]:
            archive.writestr(name, content)
    return path


def test_a_bomb_is_not_unpacked(pack: Path, packs: Path, tmp_path: Path) -> None:
    bomb = zipped(pack, tmp_path / "b.cranepack", [("golden/9.png", bytes(300 << 20))], zipfile.ZIP_DEFLATED)
    assert bomb.stat().st_size < 2 << 20
    tracemalloc.start()
    try:
        assert refused(bomb, packs) == "model.pack_forbidden_member"
        assert tracemalloc.get_traced_memory()[1] < 20 << 20
    finally:
        tracemalloc.stop()


def test_a_name_that_comes_twice_is_refused(pack: Path, packs: Path, tmp_path: Path) -> None:
    """Readers differ in which of the two they take."""
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = zipped(pack, tmp_path / "t.cranepack", [(WEIGHTS, b"other")])
    assert refused(twice, packs) == "model.pack_forbidden_member"


@pytest.mark.parametrize("name", ["../up.png", "golden/../../up.png", "/root.png", "C:\\x.png", "weights/run.pkl"])
def test_a_way_out_of_the_folder_leads_nowhere(pack: Path, packs: Path, tmp_path: Path, name: str) -> None:
    assert refused(zipped(pack, tmp_path / "w.cranepack", [(name, b"x")]), packs) == "model.pack_forbidden_member"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["packs", "w.cranepack"]
    assert not (tmp_path.parent / "up.png").exists()


def test_members_that_lie_on_each_other_are_refused(pack: Path, packs: Path, tmp_path: Path) -> None:
    """One stored megabyte that counts many times is a bomb without compression."""
    path = zipped(pack, tmp_path / "o.cranepack", [(f"golden/{n}.png", bytes(1 << 20)) for n in (8, 9)])
    with zipfile.ZipFile(path) as archive:
        first, second = (archive.getinfo(f"golden/{n}.png").header_offset for n in (8, 9))
        start = archive.start_dir
    content = bytearray(path.read_bytes())
    place = content.index(struct.pack("<I", second), start)
    content[place : place + 4] = struct.pack("<I", first)
    del content[second : second + (1 << 20)]
    path.write_bytes(content)
    assert refused(path, packs) in {"model.pack_damaged", "model.pack_not_a_pack", "model.pack_forbidden_member"}


def test_a_wrong_hash_is_refused_wherever_it_is(pack: Path, packs: Path, tmp_path: Path) -> None:
    for name in pack_members(pack):
        if name != "manifest.json":
            content = pack_members(pack)
            content[name] = content[name][:-1] + bytes([content[name][-1] ^ 1])
            path = sealed_pack(tmp_path / "h.cranepack", content)
            with pytest.raises(InputError) as caught:
                install_pack(path, packs)
            assert caught.value.key == "model.pack_damaged"
    assert list(packs.iterdir()) == []


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int) -> bytes:
    """A grey picture of any size; of a large one only the first lines are there."""
    lines = zlib.compress(bytes((1 + width) * min(height, 4)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", lines) + png_chunk(b"IEND", b"")


def npy_header(text: str) -> bytes:
    header = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


@pytest.mark.parametrize(
    ("member", "content"),
    [
        ("golden/0.png", png(60_000, 60_000)),
        ("golden/0.png", png(12_000, 12_000)),
        ("golden/0.png", png(5000, 4)),
        ("golden/0.png", png(8, 4)[:45]),
        ("golden/0.png", b"\x89PNG"),
        ("golden/0.npy", npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (900000, 900000), }")),
        ("golden/0.npy", npy_header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 4), }")),
        ("golden/0.npy", npy_header("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }")),
        ("golden/0.npy", npy_header("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 1), }") + bytes(8)),
        ("golden/0.npy", npy_header("__import__('os')")),
        ("golden/0.npy", b""),
    ],
)
def test_golden_inputs_that_are_none(pack: Path, tmp_path: Path, member: str, content: bytes) -> None:
    """Whatever a header promises, no room is made for it."""
    path = resealed(pack, tmp_path / "g.cranepack", {member: content})
    scorer = load_scorer(path, device="cpu")
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as caught:
            self_check(scorer, path)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()
    assert caught.value.key == "model.pack_manifest"


def test_an_expected_map_without_numbers_is_no_proof(pack: Path, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    np.save(buffer, np.full((56, 56), np.nan, np.float32))
    path = resealed(pack, tmp_path / "n.cranepack", {"golden/0.npy": buffer.getvalue()})
    checks = self_check(load_scorer(path, device="cpu"), path)
    assert [check.ok for check in checks] == [True, False, True]


def test_a_config_may_not_ask_for_the_moon(small_config: Callable[..., CraneConfig]) -> None:
    with pytest.raises(ValidationError, match="too many patches"):
        small_config(
            image_size_px=2048, vision={"width": 48, "layers": 4, "heads": 3, "patch_size_px": 1, "position_grid": 3}
        )


def test_verifying_reads_a_large_pack_piece_by_piece(pack: Path, tmp_path: Path) -> None:
    size = 96 << 20
    path = resealed(pack, tmp_path / "large.cranepack", {WEIGHTS: bytes(size)})
    tracemalloc.start()
    try:
        assert verify_pack(path).members[WEIGHTS].size == size
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()


def test_a_large_member_is_written_piece_by_piece_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    def pieces() -> object:
        for number in range(64):
            yield bytes([number]) * (1 << 20)

    whole = b"".join(pieces())  # type: ignore[arg-type]
    at_once, streamed = tmp_path / "a", tmp_path / "b"
    with at_once.open("w+b") as target:
        write_container(target, {"weights/x.safetensors": whole})
    tracemalloc.start()
    try:
        with streamed.open("w+b") as target:
            write_container(target, {"weights/x.safetensors": Streamed(len(whole), pieces)})  # type: ignore[arg-type]
        assert tracemalloc.get_traced_memory()[1] < 16 << 20
    finally:
        tracemalloc.stop()
    assert streamed.read_bytes() == at_once.read_bytes()


def test_the_last_piece_of_a_wrong_member_is_held_back(pack: Path, tmp_path: Path) -> None:
    content = pack_members(pack)
    content[WEIGHTS] = content[WEIGHTS][:-1] + b"\xff"
    path = sealed_pack(tmp_path / "h.cranepack", content)
    with open_pack(path) as reader:
        taken: list[bytes] = []
        with pytest.raises(InputError):
            taken.extend(reader.pieces(WEIGHTS))
    assert sum(map(len, taken)) < len(content[WEIGHTS])
