"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crane_desktop.settings.atomic import TEMPORARY_SUFFIX, sync_folder, write_atomic


@given(content=st.binary(max_size=2000))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_is_written_is_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "設定.json"
    write_atomic(path, content)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_long_japanese_name_fits(tmp_path: Path) -> None:
    path = tmp_path / ("検" * 64 + ".json")
    write_atomic(path, b"x")
    assert path.read_bytes() == b"x"


@pytest.mark.parametrize("sync_parent", [True, False])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path, sync_parent: bool) -> None:
    target = tmp_path / "folder"
    (target / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match="folder"):
        write_atomic(target, b"a file cannot replace a folder", sync_parent=sync_parent)
    assert [p.name for p in tmp_path.iterdir()] == ["folder"]


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomic(tmp_path / "missing" / "file", b"x")
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "missing")


def test_a_reader_sees_one_version_or_the_other(tmp_path: Path) -> None:
    path = tmp_path / "file"
    versions = (b"a" * 300_000, b"b" * 300_000)
    write_atomic(path, versions[0])
    done = threading.Event()
    torn: list[bytes] = []

    def read() -> None:
        while not done.is_set():
            seen = path.read_bytes()
            if seen not in versions:
                torn.append(seen)

    reader = threading.Thread(target=read, name="reader")
    reader.start()
    try:
        for turn in range(50):
            write_atomic(path, versions[turn % 2])
    finally:
        done.set()
        reader.join(30)
    assert torn == []


_ENDLESS = """
import sys
from pathlib import Path
from crane_desktop.settings.atomic import write_atomic
turn = 0
while True:
    turn += 1
    write_atomic(Path(sys.argv[1]), (b"%d" % (turn % 10)) * 2_000_000)
    print(turn, flush=True)
"""


def test_a_killed_writer_leaves_a_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "file"
    child = subprocess.Popen([sys.executable, "-c", _ENDLESS, str(path)], stdout=subprocess.PIPE)
    assert child.stdout is not None
    for _ in range(7):
        child.stdout.readline()
    child.kill()
    child.communicate(timeout=30)
    content = path.read_bytes()
    assert content == content[:1] * 2_000_000
    assert all(p.suffix == TEMPORARY_SUFFIX for p in tmp_path.iterdir() if p != path)


@pytest.mark.skipif(os.name == "nt", reason="POSIX file modes")
def test_the_file_follows_the_umask_like_any_other(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(b"")
    write_atomic(tmp_path / "file", b"")
    assert (tmp_path / "file").stat().st_mode == (tmp_path / "plain").stat().st_mode
