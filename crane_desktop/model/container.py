"""The file around a pack: an uncompressed zip whose comment seals every byte before it.

Zip readers overlook changes in headers they do not use; the seal is the SHA-256 of the whole file up to the comment,
so that no byte can change unnoticed. It proves that a pack is whole; who made it, only a signature tells.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from pydantic import ValidationError

from crane_desktop.domain.errors import InputError, technical
from crane_desktop.model.manifest import FORMAT_VERSION, Manifest
from crane_desktop.model.signature import ANYONE, Trust, check_signature
from crane_desktop.settings.plain_json import NoJson, parse_json
from crane_desktop.settings.regular_file import open_regular

MANIFEST = "manifest.json"
SUFFIX = ".cranepack"

_SEAL_CHARS = 64
_CHUNK = 1 << 20
_LARGEST_MANIFEST = 4 << 20
_LARGEST_IN_MEMORY = 64 << 20
_MOST_MEMBERS = 256
_LARGEST_DIRECTORY = 1 << 20
"""Of a zip with so many members, with room for what zip tools write beside their names."""
# Everything else is refused: other folders, ways out of them, and above all pickles.
_NAME = re.compile(r"manifest\.json|weights/[A-Za-z0-9_-]+\.safetensors|golden/[A-Za-z0-9_-]+\.(?:png|npy)")
_BAD_ZIP = (
    zipfile.BadZipFile,
    NotImplementedError,
    struct.error,
    EOFError,
    ValueError,
    RuntimeError,
    OverflowError,
    IndexError,
)

OnProgress = Callable[[float], None]


def _quiet(_fraction: float) -> None:
    pass


class _Hashing(io.BufferedIOBase):
    """A stream that knows the SHA-256 of what was read from it."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.digest = hashlib.sha256()

    def read(self, size: int | None = -1, /) -> bytes:
        content = self._raw.read(-1 if size is None else size)
        self.digest.update(content)
        return content


class _TooManyMembersError(Exception):
    """A zip's directory is longer than a pack's ever is."""


class _Guarded(io.BufferedIOBase):
    """A stream that hands out little at once while a zip's directory is read: zipfile takes that whole, however long.

    Before anything is proven, a file of a few gigabytes may claim to be all directory.
    """

    def __init__(self, raw: BinaryIO) -> None:
        self._raw = raw
        self.opened = False

    def read(self, size: int | None = -1, /) -> bytes:
        if not self.opened:
            wanted = sys.maxsize if size is None or size < 0 else size
            if min(wanted, os.fstat(self._raw.fileno()).st_size - self._raw.tell()) > _LARGEST_DIRECTORY:
                raise _TooManyMembersError
        return self._raw.read(-1 if size is None else size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        if whence == io.SEEK_SET and offset < 0:  # a lie of the directory, and no fault of the drive
            raise zipfile.BadZipFile
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def seekable(self) -> bool:
        return True


class PackReader:
    """An open pack whose structure is sound and whose seal holds; only `open_pack` makes one.

    Attributes
    ----------
    manifest
        What the pack says about itself.
    sha256
        The seal: the identity of the pack, for the log.
    """

    def __init__(self, path: Path, archive: zipfile.ZipFile, manifest: Manifest, sha256: str) -> None:
        self.path = path
        self.manifest = manifest
        self.sha256 = sha256
        self._archive = archive

    def read(self, name: str) -> bytes:
        """Return a member's content, checked against the manifest.

        Raises
        ------
        InputError
            If it is not what the manifest says.
        """
        if self.manifest.members[name].size > _LARGEST_IN_MEMORY:
            raise InputError("model.pack_manifest", file=self.path, detail=name)
        content = _content(self._archive, name, self.path)
        if hashlib.sha256(content).hexdigest() != self.manifest.members[name].sha256:
            raise InputError("model.pack_damaged", file=self.path)
        return content

    @contextmanager
    def stream(self, name: str) -> Iterator[io.BufferedIOBase]:
        """Give a member's content as a stream; it is checked against the manifest when the whole was read.

        Raises
        ------
        InputError
            On leaving, if it is not what the manifest says, or was not read to its end.
        """
        try:
            with self._archive.open(name) as raw:
                checked = _Hashing(raw)
                yield checked
        except _BAD_ZIP as error:
            raise InputError("model.pack_damaged", file=self.path) from error
        if checked.digest.hexdigest() != self.manifest.members[name].sha256:
            raise InputError("model.pack_damaged", file=self.path)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a member's content piece by piece; the last piece comes only where the whole is right.

        Raises
        ------
        InputError
            If it is not what the manifest says.
        """
        digest = hashlib.sha256()
        waiting = b""
        try:
            with self._archive.open(name) as stream:
                while piece := stream.read(_CHUNK):
                    digest.update(piece)
                    if waiting:
                        yield waiting
                    waiting = piece
        except _BAD_ZIP as error:
            raise InputError("model.pack_damaged", file=self.path) from error
        if digest.hexdigest() != self.manifest.members[name].sha256:
            raise InputError("model.pack_damaged", file=self.path)
        yield waiting

    def check_members(self) -> None:
        """Check every member against the manifest, a piece at a time.

        Raises
        ------
        InputError
            If one is not what the manifest says.
        """
        for name in self.manifest.members:
            for _ in self.pieces(name):
                pass


@contextmanager
def open_pack(path: Path, on_progress: OnProgress = _quiet, trust: Trust = ANYONE) -> Iterator[PackReader]:
    """Open a pack, prove its structure, its seal and its signature.

    Raises
    ------
    InputError
        If there is no such file, it is no pack, it is not whole, or this station does not take it: says which.
    """
    with _opened(path) as stream, _archive_of(stream, path) as archive:
        manifest, content = _read_manifest(archive, path)
        check_signature(manifest, content, trust, path)
        yield PackReader(path, archive, manifest, _proven_seal(stream, archive.comment, path, on_progress))


def peek_manifest(path: Path, trust: Trust = ANYONE) -> Manifest:
    """Return a pack's manifest without proving the weights: for lists and `pack info`.

    Raises
    ------
    InputError
        If the file is missing, is no pack, or is none that this station takes.
    """
    with _opened(path) as stream, _archive_of(stream, path) as archive:
        manifest, content = _read_manifest(archive, path)
        check_signature(manifest, content, trust, path)
        return manifest


def read_seal(path: Path) -> str:
    """Return what a file says its seal is, unproven; empty where it says nothing.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    with _opened(path) as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - _SEAL_CHARS))
        written = stream.read(_SEAL_CHARS)
    return written.decode("ascii") if re.fullmatch(rb"[0-9a-f]{64}", written) else ""


@dataclass(frozen=True, slots=True)
class Streamed:
    """A member that is too large to be held whole: its size, and what gives its pieces."""

    size: int
    pieces: Callable[[], Iterator[bytes]]


def write_container(target: BinaryIO, members: Mapping[str, bytes | memoryview | Streamed]) -> None:
    """Write members, in their order, as a sealed container. The same members give the same bytes.

    Parameters
    ----------
    target
        Open for reading and writing, empty, seekable.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.comment = b"0" * _SEAL_CHARS
        for name, content in members.items():
            entry = zipfile.ZipInfo(name)  # dated 1980-01-01: no clock in the bytes
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.file_size = content.size if isinstance(content, Streamed) else len(content)
            with archive.open(entry, "w") as place:
                for piece in content.pieces() if isinstance(content, Streamed) else [content]:
                    place.write(piece)
    end = target.seek(0, os.SEEK_END) - _SEAL_CHARS
    seal = _digest(target, end, _quiet)
    target.seek(end)
    target.write(seal.encode())


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        stream = open_regular(path)
    except OSError as error:
        raise InputError("model.pack_unreadable", file=path, reason=technical(error)) from error
    with stream:
        try:
            yield stream
        except OSError as error:
            raise InputError("model.pack_unreadable", file=path, reason=technical(error)) from error


def _archive_of(stream: BinaryIO, path: Path) -> zipfile.ZipFile:
    guarded = _Guarded(stream)
    try:
        archive = zipfile.ZipFile(guarded)
    except _TooManyMembersError as error:
        raise InputError("model.pack_too_many_members", file=path, most=_MOST_MEMBERS) from error
    except _BAD_ZIP as error:
        raise InputError("model.pack_not_a_pack", file=path) from error
    guarded.opened = True
    _check_entries(archive, path)
    return archive


def _check_entries(archive: zipfile.ZipFile, path: Path) -> None:
    entries = archive.infolist()
    if len(entries) > _MOST_MEMBERS:
        raise InputError("model.pack_too_many_members", file=path, most=_MOST_MEMBERS)
    names = Counter(entry.orig_filename for entry in entries)
    if MANIFEST not in names:
        raise InputError("model.pack_not_a_pack", file=path)
    room = path.stat().st_size
    for entry in entries:
        if not _NAME.fullmatch(entry.orig_filename) or names[entry.orig_filename] > 1:
            raise InputError("model.pack_forbidden_member", file=path, member=entry.orig_filename)
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size != entry.compress_size or entry.flag_bits & 1:
            raise InputError("model.pack_forbidden_member", file=path, member=entry.orig_filename)
        room -= entry.file_size
    if room < 0:
        raise InputError("model.pack_damaged", file=path)


def _content(archive: zipfile.ZipFile, name: str, path: Path) -> bytes:
    try:
        return archive.read(name)
    except _BAD_ZIP as error:
        raise InputError("model.pack_damaged", file=path) from error


def _read_manifest(archive: zipfile.ZipFile, path: Path) -> tuple[Manifest, bytes]:
    if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
        raise InputError("model.pack_manifest", file=path, detail=MANIFEST)
    content = _content(archive, MANIFEST, path)
    manifest = _parsed(content, path)
    held = {entry.filename: entry.file_size for entry in archive.infolist() if entry.filename != MANIFEST}
    promised = {name: member.size for name, member in manifest.members.items()}
    for name in sorted(promised.keys() - held.keys()):
        raise InputError("model.pack_member_missing", file=path, member=name)
    for name in sorted(held.keys() - promised.keys()):
        raise InputError("model.pack_forbidden_member", file=path, member=name)
    if held != promised:
        raise InputError("model.pack_damaged", file=path)
    return manifest, content


def _parsed(content: bytes, path: Path) -> Manifest:
    try:
        raw = parse_json(content)
        version = raw["format_version"] if isinstance(raw, dict) else None
    except (NoJson, KeyError) as error:
        raise InputError("model.pack_manifest", file=path, detail=MANIFEST) from error
    if isinstance(version, int) and version > FORMAT_VERSION:
        raise InputError("model.pack_too_new", file=path, version=version, known=FORMAT_VERSION)
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        detail = ".".join(str(part) for part in first["loc"]) or MANIFEST
        raise InputError("model.pack_manifest", file=path, detail=detail) from error


def _proven_seal(stream: BinaryIO, comment: bytes, path: Path, on_progress: OnProgress) -> str:
    end = stream.seek(0, os.SEEK_END) - _SEAL_CHARS
    stream.seek(max(0, end))
    written = stream.read(_SEAL_CHARS)
    seal = _digest(stream, end, on_progress)
    if written != comment or written != seal.encode():
        raise InputError("model.pack_damaged", file=path)
    return seal


def _digest(stream: BinaryIO, end: int, on_progress: OnProgress) -> str:
    digest = hashlib.sha256()
    stream.seek(0, io.SEEK_SET)
    left = end
    while left > 0:
        piece = stream.read(min(_CHUNK, left))
        if not piece:
            break
        digest.update(piece)
        left -= len(piece)
        on_progress(1 - left / end)
    return digest.hexdigest()
