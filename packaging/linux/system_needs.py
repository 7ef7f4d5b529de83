"""What the program needs of the system beneath it, and how Debian and Ubuntu call it.

The bundle brings nearly everything; graphics, fonts and the C library must be the system's own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection

PACKAGES: dict[str, tuple[str, ...]] = {
    "libc6": (
        "ld-linux-x86-64.so.2",
        "libc.so.6",
        "libdl.so.2",
        "libm.so.6",
        "libpthread.so.0",
        "libresolv.so.2",
        "librt.so.1",
        "libutil.so.1",
    ),
    "libstdc++6": ("libstdc++.so.6",),
    "libgcc-s1": ("libgcc_s.so.1",),
    "libegl1": ("libEGL.so.1",),
    "libgl1": ("libGL.so.1",),
    "libfontconfig1": ("libfontconfig.so.1",),
    "libfreetype6": ("libfreetype.so.6",),
    "libx11-6": ("libX11.so.6",),
    "libx11-xcb1": ("libX11-xcb.so.1",),
    "libxcb1": ("libxcb.so.1",),
}
"""Package, with its alternatives, and the libraries that are looked for in it."""

MISSED_BY_NOBODY = {
    # Asked for by plugins that Qt loads in a Wayland session, where they are there.
    "libwayland-client.so.0",
    "libwayland-cursor.so.0",
    "libwayland-egl.so.1",
    # Operators of torchvision for a GPU; without them it does without.
    "libc10_cuda.so",
    "libtorch_cuda.so",
}
"""Libraries that neither the bundle nor the package brings, because what asks for them is not used without them."""

_GLIBC = re.compile(r"GLIBC_2\.(\d+)")
_GLIBCXX = re.compile(r"GLIBCXX_3\.4\.(\d+)")
_GCC_OF_GLIBCXX = {26: "9", 27: "9", 28: "9.3", 29: "11", 30: "12", 31: "13.1", 32: "13.2", 33: "14"}
"""The version of the compiler, and so of libstdc++6's package, that brought GLIBCXX_3.4.x (libstdc++'s ABI policy)."""


def depends(bundle: Path) -> list[str]:
    """Return the package's ``Depends``, the two run-time libraries with what the bundle was linked for.

    Raises
    ------
    KeyError
        If the bundle asks for a newer libstdc++ than this table knows.
    """
    at_least = {
        "libc6": glibc_floor(bundle),
        "libstdc++6": _GCC_OF_GLIBCXX[max(26, _newest(bundle, _GLIBCXX))],
    }
    return [f"{name} (>= {at_least[name]})" if name in at_least else name for name in PACKAGES]


def glibc_floor(bundle: Path) -> str:
    """Return the oldest glibc that has every symbol version which the bundle's binaries name."""
    return f"2.{_newest(bundle, _GLIBC)}"


def _newest(bundle: Path, version: re.Pattern[str]) -> int:
    named = (version.fullmatch(name) for path in binaries(bundle) for name in _versions(path))
    return max((int(found[1]) for found in named if found), default=0)


def outside_libraries(bundle: Path) -> dict[str, list[Path]]:
    """Return the libraries that the bundle's binaries need and the bundle does not hold, with who needs them."""
    inside = {path.name for path in bundle.rglob("*.so*")}
    needed: dict[str, list[Path]] = {}
    for path in binaries(bundle):
        for name in _needed(path):
            if name not in inside:
                needed.setdefault(name, []).append(path)
    return needed


def binaries(bundle: Path) -> Iterator[Path]:
    """Yield every ELF file of the bundle, links left out."""
    for folder, _, names in os.walk(bundle):
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink() and _is_elf(path):
                yield path


def _is_elf(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) == b"\x7fELF"


def _needed(path: Path) -> list[str]:
    with _sections(path) as elf:
        section = elf.get_section_by_name(".dynamic")
        if not isinstance(section, DynamicSection):
            return []
        return [tag.needed for tag in section.iter_tags("DT_NEEDED")]


def _versions(path: Path) -> list[str]:
    with _sections(path) as elf:
        section = elf.get_section_by_name(".gnu.version_r")
        if not isinstance(section, GNUVerNeedSection):
            return []
        return [version.name for _, versions in section.iter_versions() for version in versions]


@contextmanager
def _sections(path: Path) -> Iterator[ELFFile]:
    with path.open("rb") as stream:
        try:
            yield ELFFile(stream)
        except ELFError as error:
            raise ValueError(f"{path} is no sound ELF file: {error}") from error
