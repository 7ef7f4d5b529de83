"""A write that fails at any of its steps leaves the old file or the new one, and says what went wrong first."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crane_desktop.settings import atomic
from crane_desktop.settings.atomic import TEMPORARY_SUFFIX, write_atomic

OLD, NEW = b"old" * 1000, b"new" * 2000
FULL = OSError(errno.ENOSPC, "No space left on device")
Break = Callable[[pytest.MonkeyPatch, BaseException], None]


class _FailingFile:
    """A file of which one verb fails, after half of the content was written."""

    def __init__(self, file: Any, verb: str, error: BaseException) -> None:
        self._file, self._verb, self._error = file, verb, error

    def __enter__(self) -> _FailingFile:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def close(self) -> None:
        self._file.close()

    def write(self, content: bytes) -> int:
        if self._verb == "write":
            self._file.write(content[: len(content) // 2])
            raise self._error
        return int(self._file.write(content))

    def flush(self) -> None:
        if self._verb == "flush":
            raise self._error
        self._file.flush()

    def fileno(self) -> int:
        return int(self._file.fileno())


def _break_file(verb: str) -> Break:
    def apply(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        opened = Path.open
        monkeypatch.setattr(Path, "open", lambda path, mode: _FailingFile(opened(path, mode), verb, error))

    return apply


def _raising(error: BaseException) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> Any:
        raise error

    return fail


def _break_open(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(Path, "open", _raising(error))


def _break_fsync(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(os, "fsync", _raising(error))


def _break_rename(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    monkeypatch.setattr(Path, "replace", _raising(error))


STEPS: dict[str, Break] = {
    "open": _break_open,
    "write": _break_file("write"),
    "flush": _break_file("flush"),
    "fsync": _break_fsync,
    "rename": _break_rename,
}


@pytest.fixture
def target(tmp_path: Path) -> Path:
    path = tmp_path / "レシピ.json"
    path.write_bytes(OLD)
    return path


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("error", [FULL, PermissionError(errno.EACCES, "refused"), KeyboardInterrupt(), MemoryError()])
def test_a_step_that_fails_leaves_the_old_file_alone(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    with monkeypatch.context() as broken:
        STEPS[step](broken, error)
        with pytest.raises(type(error)) as caught:
            write_atomic(target, NEW)
    assert caught.value is error
    assert target.read_bytes() == OLD
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("step", STEPS)
def test_after_the_fault_is_gone_the_same_write_works(target: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    with monkeypatch.context() as broken:
        STEPS[step](broken, FULL)
        with pytest.raises(OSError, match="No space"):
            write_atomic(target, NEW)
    write_atomic(target, NEW)
    assert target.read_bytes() == NEW


@pytest.mark.parametrize("step", ["write", "fsync", "rename"])
def test_the_first_fault_is_told_even_where_tidying_fails_too(
    target: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """On Windows a virus scanner may hold the half-written file; "disk full" must not become "access denied"."""
    with monkeypatch.context() as broken:
        STEPS[step](broken, FULL)
        broken.setattr(Path, "unlink", _raising(PermissionError(errno.EACCES, "held by a scanner")))
        with pytest.raises(OSError, match="No space"):
            write_atomic(target, NEW)
    assert target.read_bytes() == OLD
    (left,) = (path for path in target.parent.iterdir() if path != target)
    assert left.suffix == TEMPORARY_SUFFIX


@pytest.mark.skipif(sys.platform == "win32", reason="Windows writes names through")
def test_a_folder_that_cannot_be_synced_is_told_with_the_new_file_in_place(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic, "sync_folder", _raising(OSError(errno.EIO, "Input/output error")))
    with pytest.raises(OSError, match="Input/output"):
        write_atomic(target, NEW)
    assert target.read_bytes() == NEW


def test_content_reaches_the_disk_before_its_name_does(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order is what a power cut cannot break: else an empty file could stand under the good name."""
    done: list[str] = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("sync"), fsync(handle))[1])
    monkeypatch.setattr(Path, "replace", lambda path, to: (done.append("rename"), replace(path, to))[1])
    write_atomic(target, NEW)
    assert done[:2] == ["sync", "rename"]
    assert done[2:] == ([] if sys.platform == "win32" else ["sync"])
    done.clear()
    write_atomic(target, OLD, sync_parent=False)
    assert done == ["sync", "rename"]


_KILLED_AT = """
import os, signal, sys
from pathlib import Path
from crane_desktop.settings.atomic import write_atomic
step = sys.argv[2]
die = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
if step == "before rename":
    Path.replace = die
elif step == "before sync":
    os.fsync = die
else:
    done = Path.replace
    Path.replace = lambda path, to: (done(path, to), die())
write_atomic(Path(sys.argv[1]), b"new" * 2000)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize(("step", "content"), [("before sync", OLD), ("before rename", OLD), ("after rename", NEW)])
def test_killed_between_two_steps_one_whole_file_stands(target: Path, step: str, content: bytes) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED_AT, str(target), step], timeout=60, check=False)
    assert done.returncode == -9
    assert target.read_bytes() == content
    left = [path for path in target.parent.iterdir() if path != target]
    assert all(path.suffix == TEMPORARY_SUFFIX for path in left)
    write_atomic(target, NEW)
    assert target.read_bytes() == NEW


def test_two_writers_never_share_a_temporary_file(target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: set[str] = set()
    monkeypatch.setattr(Path, "replace", lambda path, _to: seen.add(path.name))
    for _ in range(20):
        write_atomic(target, NEW)
    assert len(seen) == 20
