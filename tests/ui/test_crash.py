"""Exceptions nobody caught: in the log whole, on screen briefly, whichever thread they come from."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QThread, QTimer

import crane_desktop.ui.shell.crash
from crane_desktop.domain.errors import StationFault
from crane_desktop.settings.texts import error_text, plain_text
from crane_desktop.ui.shell.crash import CrashReports

pytestmark = pytest.mark.usefixtures("logs_allowed")


@pytest.fixture
def reports() -> Iterator[CrashReports]:
    made = CrashReports()
    made.install()
    yield made
    made.remove()


def fail(words: str) -> None:
    raise RuntimeError(words)


def in_a_thread(words: str) -> None:
    thread = threading.Thread(target=fail, args=(words,), name="crane-test")
    thread.start()
    thread.join(5)


def test_an_exception_in_a_slot_is_logged_and_told(
    reports: CrashReports, qtbot: Any, caplog: pytest.LogCaptureFixture
) -> None:
    QTimer.singleShot(0, lambda: fail("in a slot"))
    told: list[Any] = []

    def came() -> bool:
        told.extend(filter(None, [reports.newest()]))
        return bool(told)

    qtbot.waitUntil(came, timeout=2000)
    assert "in a slot" in str(told[0])
    assert "in a slot" not in error_text(told[0], "ja")
    critical = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(critical) == 1
    assert critical[0].exc_info is not None
    assert "MainThread" in critical[0].getMessage()


def test_an_exception_in_a_thread_is_logged_and_told(reports: CrashReports, caplog: pytest.LogCaptureFixture) -> None:
    in_a_thread("in a thread")
    fault = reports.newest()
    assert fault is not None
    assert fault.key == "ui.unexpected"
    assert "RuntimeError: in a thread" in str(fault)
    assert "crane-test" in caplog.records[-1].getMessage()


def test_an_exception_in_a_qthread_is_told_too(reports: CrashReports, qtbot: Any) -> None:
    class Failing(QThread):
        def run(self) -> None:
            fail("in a QThread")

    thread = Failing()
    thread.start()
    assert thread.wait(5000)
    fault = reports.newest()
    assert fault is not None
    assert "in a QThread" in str(fault)


def test_the_newest_is_told_and_only_once(reports: CrashReports) -> None:
    in_a_thread("one")
    try:
        raise ValueError("two")
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    fault = reports.newest()
    assert fault is not None
    assert "two" in str(fault)
    assert reports.newest() is None


def test_the_same_error_thirty_times_a_second_does_not_fill_the_log(
    reports: CrashReports, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(50):
        in_a_thread("again")
    assert len(caplog.records) == 1
    assert reports.newest() is not None
    monkeypatch.setattr(crane_desktop.ui.shell.crash, "_SAME_WITHIN_S", 0.0)
    in_a_thread("again")
    assert len(caplog.records) == 2
    assert reports.newest() is not None


def test_too_many_at_once_are_at_least_logged(
    reports: CrashReports, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crane_desktop.ui.shell.crash, "_SAME_WITHIN_S", 0.0)
    for _ in range(40):
        in_a_thread("again")
    assert len([record for record in caplog.records if record.levelno == logging.CRITICAL]) == 40
    assert reports.newest() is not None


def test_interrupts_and_exits_are_no_crashes(monkeypatch: pytest.MonkeyPatch) -> None:
    passed_on: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: passed_on.append(kind))
    reports = CrashReports()
    reports.install()
    try:
        sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
        thread = threading.Thread(target=sys.exit)
        thread.start()
        thread.join(5)
    finally:
        reports.remove()
    assert passed_on == [KeyboardInterrupt]
    assert reports.newest() is None


def test_the_hooks_are_given_back() -> None:
    before = (sys.excepthook, threading.excepthook)
    reports = CrashReports()
    reports.install()
    assert sys.excepthook != before[0]
    reports.remove()
    assert (sys.excepthook, threading.excepthook) == before


def test_the_window_shows_it(reports: CrashReports, open_window: Any, station: Any) -> None:
    window = open_window(station, crashes=reports)
    in_a_thread("seen on screen")
    window.tick()
    assert window.alarm.words == plain_text(StationFault("ui.unexpected"), "ja")
    window.alarm.show_list()
    assert "seen on screen" in window.alarm.list.rows()[0][-1]  # what failed is for the support
    window.alarm.button.click()
    assert window.alarm.alarm is None
    window.tick()
    assert window.alarm.alarm is None
