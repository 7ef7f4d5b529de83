"""Without a window: why there is none, the live table, the lines, and how the program is asked to end."""

from __future__ import annotations

import io
import json
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from eventually import eventually
from rich.console import Console as RichConsole

from crane_desktop.app.process import display
from crane_desktop.app.process.logs import stop_logs, write_logs_to
from crane_desktop.app.process.shutdown import asked_to_end, leave
from crane_desktop.cli import start, terminal
from crane_desktop.cli.console import Console, settle_streams
from crane_desktop.cli.run_line import LineReporter
from crane_desktop.cli.terminal import (
    LiveTable,
    PlainLines,
    Show,
    SourceLines,
    balance_words,
    pace_words,
    verdict_words,
)
from crane_desktop.domain.balance import Balance
from crane_desktop.domain.errors import StationFault
from crane_desktop.domain.frames import FrameOrigin, LossCause
from crane_desktop.domain.health import SourceState, SourceStatus
from crane_desktop.domain.history import HistoryRow
from crane_desktop.domain.station import Pace, Result, StationState
from crane_desktop.domain.verdicts import Inspection, JudgedBy, Reason, ReasonCode, Verdict
from crane_desktop.pipeline.board import LineSnapshot
from crane_desktop.pipeline.line import Line
from crane_desktop.settings.texts import Language

Crane = Callable[..., Any]
BALANCE = Balance(10, {Verdict.OK: 5, Verdict.NG: 2}, {LossCause.SKIPPED: 3, LossCause.LOST: 0})
PACE = Pace(12.34, 80.4, 120.6)


def result(number: int, verdict: Verdict = Verdict.OK, reason: ReasonCode = ReasonCode.BELOW_THRESHOLD) -> Result:
    inspection = Inspection(
        FrameOrigin(number, "demo:all", datetime.now(UTC), 0, file=f"部品-{number}"),
        verdict,
        Reason(reason),
        JudgedBy("r", 1, "p", "1", "0", "0", "cpu"),
        datetime.now(UTC),
        82.0,
        score=None if verdict is Verdict.NONE else 0.25,
    )
    return Result(inspection, number, None, None)


# -- is there a display -----------------------------------------------------------------------------------


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return monkeypatch


def test_no_display_named(desktop: pytest.MonkeyPatch) -> None:
    assert display.why_no_window() == "app.no_display"


@pytest.mark.parametrize("platform", ["win32", "darwin"])
def test_other_systems_always_have_one(desktop: pytest.MonkeyPatch, platform: str) -> None:
    desktop.setattr(sys, "platform", platform)
    assert display.why_no_window() is None


def test_a_platform_that_was_asked_for_is_taken(desktop: pytest.MonkeyPatch) -> None:
    desktop.setenv("QT_QPA_PLATFORM", "offscreen")
    assert display.why_no_window() is None


def test_libraries_that_qt_would_die_without(desktop: pytest.MonkeyPatch) -> None:
    desktop.setenv("DISPLAY", ":0")
    desktop.setattr(display, "_DRAWING", ("libno-such-thing.so.7",))
    assert display.why_no_window() == "app.no_qt_libraries"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 is asked on Linux only")
def test_a_server_that_is_not_there(desktop: pytest.MonkeyPatch) -> None:
    desktop.setattr(display, "_DRAWING", ())
    desktop.setattr(display, "_X11", ("libxcb.so.1",))
    desktop.setenv("DISPLAY", ":4711")
    assert display.why_no_window() == "app.display_silent"


def test_a_wayland_session(desktop: pytest.MonkeyPatch, tmp_path: Path) -> None:
    desktop.setattr(display, "_DRAWING", ())
    desktop.setenv("WAYLAND_DISPLAY", "w-0")
    desktop.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "w-0"))
        assert display.why_no_window() is None


@pytest.mark.parametrize("language", ["en", "ja"])
def test_without_a_display_the_line_runs_here_and_the_way_to_the_window_is_told(
    language: str,
    crane: Crane,
    station_dir: Path,
    desktop: pytest.MonkeyPatch,
    log_of: Callable[[Path], list[HistoryRow]],
) -> None:
    desktop.setenv("CRANE_LANGUAGE", language)
    (station_dir / "settings.json").write_text(json.dumps({"pack": "試験用"}), encoding="utf-8")
    done = crane("--data-dir", station_dir, "--frames", "3")
    assert done.code == 0
    assert len(done.sentences) == 1
    assert "DISPLAY" in done.err
    assert {"en": "in this terminal", "ja": "このターミナルで運転します"}[language] in done.err
    _head, *verdicts, balance, _pace = done.out.splitlines()
    assert [line.split()[0] for line in verdicts] == ["1", "2", "3"]
    assert balance.startswith(
        {"en": "frames 3 = verdicts 3 + losses 0", "ja": "フレーム 3 = 判定 3 + 取りこぼし 0"}[language]
    )
    assert len(log_of(station_dir)) == 3


def test_on_a_terminal_it_is_a_live_table(crane: Crane, station_dir: Path, desktop: pytest.MonkeyPatch) -> None:
    (station_dir / "settings.json").write_text(json.dumps({"pack": "試験用"}), encoding="utf-8")
    screen = io.StringIO()
    desktop.setattr(
        terminal, "RichConsole", lambda: RichConsole(file=screen, force_terminal=True, width=100, height=40)
    )
    real = start._terminal

    def on_a_terminal(bench: Any, frames: int | None) -> int:
        desktop.setattr(sys.stdout, "isatty", lambda: True)
        return real(bench, frames)

    desktop.setattr(start, "_terminal", on_a_terminal)
    done = crane("--data-dir", station_dir, "--frames", "4")
    assert (done.code, done.out) == (0, "")
    assert "frames 4 = verdicts 4 + losses 0" in screen.getvalue()
    assert "machined_metal-000004" in screen.getvalue()


# -- what it looks like -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_table_shows_verdicts_balance_pace_and_faults(language: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "RichConsole", lambda: RichConsole(file=screen, width=120))
    with LiveTable(language) as table:
        table.head("ライン1 | demo")
        for number in range(1, 30):
            table.add(result(number))
        table.add(result(30, Verdict.NONE, ReasonCode.MODEL_FAULT))
        table.fault(StationFault("records.disk_full", path="log"))
        table.refresh(BALANCE, PACE)
        table.end(BALANCE, PACE)
    shown = screen.getvalue()
    assert "ライン1 | demo" in shown
    assert "部品-29" in shown
    assert "部品-3 " not in shown  # only the newest dozen
    assert {"en": "NO RESULT", "ja": "判定なし"}[language] in shown
    assert {"en": "The disk is full", "ja": "ディスクの空き容量がない"}[language] in shown
    assert {"en": "verdicts 7 + skipped 3 + losses 0", "ja": "判定 7 + 間引き 3 + 取りこぼし 0"}[language] in shown


def test_words_for_a_pipe() -> None:
    line = verdict_words(result(7, Verdict.NG, ReasonCode.SCORE_OVER_THRESHOLD), "ja")
    assert line.split() == ["7", "×", "NG", "不良", "0.250", "82.0", "ms", "部品-7", "スコアがしきい値以上"]
    assert " -  " in verdict_words(result(8, Verdict.NONE, ReasonCode.MODEL_FAULT), "en")
    assert "verdicts 7 + skipped 3 + losses 0 " in balance_words(BALANCE, "en")
    lost = Balance(11, BALANCE.verdicts, {LossCause.SKIPPED: 3, LossCause.LOST: 1})
    assert "判定 7 + 間引き 3 + 取りこぼし 1 (通信での取りこぼし 1)" in balance_words(lost, "ja")
    assert "lost on the wire" not in balance_words(BALANCE, "en")
    assert pace_words(Pace(), "en") == "0.0 verdicts/s, latency p50 - ms, p99 - ms"


# -- streams ----------------------------------------------------------------------------------------------


def test_a_program_without_streams_prints_nothing_and_lives(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A windowed program on Windows has neither stdout nor stderr."""
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    settle_streams()
    console = Console(False, "ja")
    console.say("良品")
    console.data({"a": 1})
    console.note("注意")
    assert capfd.readouterr() == ("", "")


def test_streams_of_an_old_code_page_take_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="cp932"))
    settle_streams()
    Console(True, "ja").data({"file": "é-部品-\udcff", "score": float("nan")})
    assert json.loads(raw.getvalue().decode("utf-8")) == {"file": "é-部品-\udcff", "score": None}


def test_the_log_file_is_ours_alone_and_can_be_left(tmp_path: Path) -> None:
    before = list(logging.getLogger().handlers)
    for folder in (tmp_path / "a", tmp_path / "b"):
        folder.mkdir()
        write_logs_to(folder)
        logging.getLogger("x").warning("部品 %s", folder.name)
    assert len(logging.getLogger().handlers) == len(before) + 1
    stop_logs()
    assert logging.getLogger().handlers == before
    assert "部品 a" in (tmp_path / "a" / "crane-inspector.log").read_text(encoding="utf-8")
    assert "部品 a" not in (tmp_path / "b" / "crane-inspector.log").read_text(encoding="utf-8")


def test_a_log_file_that_cannot_be_written_disturbs_nobody(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_logs_to(tmp_path / "gone")
    logging.getLogger("x").warning("nobody reads this")
    stop_logs()
    assert capsys.readouterr() == ("", "")


# -- ending -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signals_ask_and_are_given_back(name: str) -> None:
    asked = threading.Event()
    number = signal.Signals[name]

    def own(*_: object) -> None:
        """Whoever started the tests may have had the signal ignored (a shell does for what runs behind it)."""

    before = signal.signal(number, own)
    try:
        with asked_to_end(asked.set):
            os.kill(os.getpid(), number)
            eventually(asked.is_set)
            os.kill(os.getpid(), number)  # an impatient second one changes nothing
        assert signal.getsignal(number) is own
    finally:
        signal.signal(number, before)


def test_what_is_to_be_ignored_stays_ignored() -> None:
    """``nohup crane-inspector`` shall survive its terminal."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with asked_to_end(lambda: pytest.fail("heard")):
            os.kill(os.getpid(), signal.SIGHUP)
            time.sleep(0.05)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_off_the_main_thread_signals_are_left_alone() -> None:
    seen: list[Any] = []

    def run() -> None:
        with asked_to_end(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [signal.getsignal(signal.SIGTERM)]


@pytest.fixture
def hung() -> Iterator[threading.Event]:
    release = threading.Event()
    with ExitStack() as stack:
        stack.callback(release.set)
        yield release


def test_leaving_waits_a_moment_for_threads_that_end() -> None:
    threading.Thread(target=time.sleep, args=(0.2,)).start()
    with pytest.raises(SystemExit) as end:
        leave(3)
    assert end.value.code == 3


def test_leaving_does_not_wait_for_ever(hung: threading.Event, monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []
    monkeypatch.setattr("crane_desktop.app.process.shutdown._LAST_WAIT_S", 0.1)
    monkeypatch.setattr("crane_desktop.app.process.shutdown.logging.shutdown", lambda: None)
    monkeypatch.setattr(os, "_exit", codes.append)
    threading.Thread(target=hung.wait, name="driver").start()
    leave(3)
    assert codes == [3]


# -- what a line says of itself beside its verdicts ------------------------------------------------------------


class Told(PlainLines):
    """Lines as they would be printed beside the results."""

    def __init__(self, language: Language) -> None:
        super().__init__(Console(as_json=True, language=language))
        self.lines: list[str] = []

    def tell(self, words: str) -> None:
        self.lines.append(words)


class Snapshots:
    """A line that shows what it is told to."""

    def __init__(self) -> None:
        self.now = LineSnapshot(StationState.RUNNING)

    def snapshot(self) -> LineSnapshot:
        return self.now


@pytest.mark.parametrize(
    ("language", "away", "back", "slow"),
    [("en", "Reconnecting", "goes on", "does not keep up"), ("ja", "再接続中", "再開", "追いついていません")],
)
def test_a_camera_that_is_away_and_a_line_that_is_too_slow_are_told_once(
    language: Language, away: str, back: str, slow: str
) -> None:
    line, show = Snapshots(), Told(language)
    reporter = terminal_reporter(line, show, language)
    lost = SourceStatus(SourceState.RECONNECTING, datetime.now(UTC), attempt=1)
    overload = StationFault("pipeline.overload", latency_ms=900, limit_ms=125)
    running = LineSnapshot(StationState.RUNNING)
    for now in (running, replace(running, source_status=lost), running, replace(running, overload=overload), running):
        line.now = now
        reporter.report(())
        reporter.report(())
    assert [word in told for word, told in zip((away, back, slow), show.lines, strict=True)] == [True] * 3
    line.now = replace(running, finished=True, state=StationState.READY)
    assert reporter.finish(()) == 0  # every part got its verdict: nothing failed


def terminal_reporter(line: Snapshots, show: Show, language: Language) -> LineReporter:
    return LineReporter(cast(Line, line), queue.SimpleQueue(), show, lambda: "", language)


def test_the_table_says_beside_its_headline_that_the_camera_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(terminal, "RichConsole", lambda: RichConsole(file=screen, width=120))
    with LiveTable("ja") as table:
        table.head("ライン1")
        table.state("カメラ再接続中")
        table.fault(StationFault("camera.lost", device="A", detail="IoException: GenTL exception"))
        table.end(BALANCE, PACE)
    shown = screen.getvalue()
    assert "カメラ再接続中" in shown
    assert "カメラAとの接続が切れました" in shown
    assert "GenTL" not in shown


def test_each_of_several_lines_names_itself_beside_its_faults_too(capsys: pytest.CaptureFixture[str]) -> None:
    lines = SourceLines(Console(as_json=True, language="en"), lambda: "genicam:a/1")
    lines.fault(StationFault("camera.lost", device="1", detail="gone"))
    lines.state("")
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 3
    assert all(one.startswith("genicam:a/1: ") for one in told)
