"""Only files are opened, nobody waits for a pipe, and nothing is read without end."""

from __future__ import annotations

import errno
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crane_desktop.domain.errors import InputError
from crane_desktop.settings import regular_file
from crane_desktop.settings.regular_file import at_home, open_regular, read_regular, require_regular

on_posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and devices have no place in folders there")


def a_pipe(place: Path) -> Path:
    os.mkfifo(place)
    return place


def a_socket(place: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as made:
        here = Path.cwd()
        os.chdir(place.parent)  # a socket's path is short
        try:
            made.bind(place.name)
        finally:
            os.chdir(here)
    return place


def a_folder(place: Path) -> Path:
    place.mkdir()
    return place


def a_device(_place: Path) -> Path:
    return Path("/dev/zero")


def a_link_to_a_pipe(place: Path) -> Path:
    place.symlink_to(a_pipe(place.with_name("pipe")))
    return place


@on_posix
@pytest.mark.parametrize("make", [a_pipe, a_socket, a_folder, a_device, a_link_to_a_pipe])
@pytest.mark.parametrize("way", [open_regular, require_regular, lambda path: read_regular(path, 10)])
def test_what_is_no_file_is_refused_at_once(
    make: Callable[[Path], Path], way: Callable[[Path], object], tmp_path: Path
) -> None:
    place = make(tmp_path / "部品.json")
    with pytest.raises(InputError) as caught:
        way(place)
    assert (caught.value.key, caught.value.params) == ("settings.no_regular_file", {"file": place})


@on_posix
def test_a_pipe_that_takes_a_files_name_meanwhile_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = a_pipe(tmp_path / "a")
    monkeypatch.setattr(regular_file, "require_regular", lambda _path: None)
    with pytest.raises(InputError):
        open_regular(place)


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"0123456789")
    assert read_regular(file, 10) == b"0123456789"
    with pytest.raises(InputError) as caught:
        read_regular(file, 9)
    assert caught.value.key == "settings.file_too_large"


@pytest.mark.parametrize("name", ["absent", "a\0b", "x" * 5000])
def test_a_file_that_is_not_there_is_the_systems_error(tmp_path: Path, name: str) -> None:
    with pytest.raises((FileNotFoundError, OSError)) as caught:
        open_regular(tmp_path / name)
    assert caught.value.errno in (errno.ENOENT, errno.ENAMETOOLONG, errno.EINVAL)


def test_the_home_of_nobody_is_a_name_like_any_other() -> None:
    assert at_home(Path("~/a")) == Path.home() / "a"
    assert at_home(Path("~nobody-of-this-name/a")) == Path("~nobody-of-this-name/a")
