"""A second start hands its files to the running window, and nobody else is heard."""

from __future__ import annotations

import json
import os
import queue
import stat
import sys
import tempfile
import threading
from collections.abc import Iterator
from multiprocessing.connection import Client
from pathlib import Path

import pytest
from eventually import WITHIN_S

from crane_desktop.app.process import handover
from crane_desktop.app.process.handover import HandoverServer, address_of, hand_over


@pytest.fixture(autouse=True)
def runtime_folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Sockets lie in a place of the test's own; a short one, as the real one is."""
    with tempfile.TemporaryDirectory(prefix="crane-") as short:
        monkeypatch.setattr(handover, "_places", lambda: (Path(short),))
        yield


@pytest.fixture
def heard() -> queue.SimpleQueue[list[Path]]:
    return queue.SimpleQueue()


@pytest.fixture
def server(tmp_path: Path, heard: queue.SimpleQueue[list[Path]]) -> Iterator[HandoverServer]:
    made = HandoverServer(tmp_path / ("検査 データ" * 12), heard.put)
    made.start()
    yield made
    made.close()


def folder(tmp_path: Path) -> Path:
    return tmp_path / ("検査 データ" * 12)


def test_files_reach_the_running_window(
    server: HandoverServer, tmp_path: Path, heard: queue.SimpleQueue[list[Path]]
) -> None:
    files = [tmp_path / "部品 A.cranerecipe", tmp_path / "b.cranepack"]
    assert hand_over(folder(tmp_path), files, WITHIN_S)
    assert heard.get(timeout=WITHIN_S) == files


def test_a_second_double_click_on_the_program_only_raises_it(
    server: HandoverServer, tmp_path: Path, heard: queue.SimpleQueue[list[Path]]
) -> None:
    assert hand_over(folder(tmp_path), [], WITHIN_S)
    assert heard.get(timeout=WITHIN_S) == []


def test_where_no_window_stands_nobody_takes_them(tmp_path: Path) -> None:
    assert not hand_over(tmp_path / "another", [], 0.3)


def test_a_window_that_is_just_starting_is_waited_for(tmp_path: Path, heard: queue.SimpleQueue[list[Path]]) -> None:
    late = HandoverServer(tmp_path / "station", heard.put)
    timer = threading.Timer(0.5, late.start)
    timer.start()
    try:
        assert hand_over(tmp_path / "station", [], WITHIN_S)
    finally:
        timer.join()
        late.close()


def test_what_a_killed_program_left_does_not_matter(tmp_path: Path, heard: queue.SimpleQueue[list[Path]]) -> None:
    left = Path(address_of(tmp_path / "station"))
    left.parent.mkdir(mode=0o700)
    left.write_text("")
    server = HandoverServer(tmp_path / "station", heard.put)
    server.start()
    try:
        assert hand_over(tmp_path / "station", [], WITHIN_S)
    finally:
        server.close()


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes have rights of their own")
def test_only_this_user_may_come_in(server: HandoverServer, tmp_path: Path) -> None:
    place = Path(address_of(folder(tmp_path))).parent
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert place.stat().st_uid == os.getuid()


@pytest.mark.skipif(sys.platform == "win32", reason="named pipes have rights of their own")
def test_a_folder_that_others_may_enter_is_not_used(tmp_path: Path, heard: queue.SimpleQueue[list[Path]]) -> None:
    place = Path(address_of(tmp_path / "station")).parent
    place.mkdir()
    place.chmod(0o777)
    server = HandoverServer(tmp_path / "station", heard.put)
    server.start()
    server.close()
    assert not hand_over(tmp_path / "station", [], 0.3)


@pytest.mark.parametrize(
    "message",
    [b"", b"x", b"[]", b"{}", b'{"open": 1}', b'{"open": [1]}', b"\x80\x04cos\nsystem\n.", b'{"open": ' + b"9" * 100],
    ids=["empty", "no JSON", "a list", "nothing", "a number", "no names", "a pickle", "cut short"],
)
def test_what_is_none_of_ours_is_not_heard_and_the_next_one_is(
    message: bytes, server: HandoverServer, tmp_path: Path, heard: queue.SimpleQueue[list[Path]]
) -> None:
    with Client(address_of(folder(tmp_path))) as stranger:
        assert json.loads(stranger.recv_bytes())["pid"] == os.getpid()
        stranger.send_bytes(message)
        with pytest.raises((EOFError, OSError)):
            stranger.recv_bytes()
    assert hand_over(folder(tmp_path), [], WITHIN_S)
    assert heard.get(timeout=WITHIN_S) == []


def test_one_who_says_nothing_does_not_keep_the_others_out(
    server: HandoverServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handover, "_ANSWER_WITHIN_S", 0.3)
    with Client(address_of(folder(tmp_path))):
        assert hand_over(folder(tmp_path), [], WITHIN_S)


def test_a_closed_server_listens_no_more(tmp_path: Path, heard: queue.SimpleQueue[list[Path]]) -> None:
    server = HandoverServer(tmp_path / "station", heard.put)
    server.start()
    server.close()
    server.close()
    assert not hand_over(tmp_path / "station", [], 0.3)
    assert heard.empty()
    assert [t.name for t in threading.enumerate() if t.name == "crane-handover"] == []


def test_two_stations_do_not_hear_each_other(tmp_path: Path) -> None:
    assert address_of(tmp_path / "a") != address_of(tmp_path / "b")


def test_the_address_is_short_and_the_same_whatever_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    before = address_of(tmp_path / ("長い名前" * 60))
    for name in ("TMPDIR", "TEMP", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / ("長い名前" * 20)))
    assert address_of(tmp_path / ("長い名前" * 60)) == before
    assert len(os.fsencode(before)) < 100
