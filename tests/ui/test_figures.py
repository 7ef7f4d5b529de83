"""Counters, yield, pace and balance say what the station says, the same in both languages."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

import pytest
from fake_station import MOMENT, FakeStation, result
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel

from crane_desktop.domain.balance import Balance, Counts
from crane_desktop.domain.frames import LossCause
from crane_desktop.domain.health import SourceState, SourceStatus, StreamCounts
from crane_desktop.domain.station import Pace, StationState, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.settings.texts import LANGUAGES, text
from crane_desktop.ui.live.figures import FiguresPanel, yield_words
from crane_desktop.ui.shell.frame import SMALLEST_PX
from crane_desktop.ui.shell.preferences import Preferences
from crane_desktop.ui.shell.status_line import StatusLine, balance_words, loss_words, pace_words, source_words
from crane_desktop.ui.widgets.words import count_words, milliseconds_words

NUMBER = re.compile(r"[0-9][0-9,]*(?:\.[0-9]+)?")
COUNTS = st.dictionaries(st.sampled_from(list(Verdict)), st.integers(0, 10**8))
LOSSES = st.dictionaries(st.sampled_from(list(LossCause)), st.integers(0, 10**8))


def numbers(words: str) -> list[float]:
    return [float(found.replace(",", "")) for found in NUMBER.findall(words)]


@given(COUNTS, LOSSES, st.integers(0, 50))
@settings(deadline=None)
def test_the_balance_adds_up_on_screen(verdicts: dict[Verdict, int], losses: dict[LossCause, int], on_way: int) -> None:
    frames = sum(verdicts.values()) + sum(losses.values()) + on_way
    balance = Balance(frames, verdicts, losses)
    lines = {language: balance_words(balance, language) for language in LANGUAGES}
    shown, judged, *skipped, lost, pending = numbers(lines["ja"])
    assert skipped == [balance.skipped] * (balance.skipped > 0)
    assert (shown, judged, sum(skipped) + lost, pending) == (frames, balance.judged, balance.lost, on_way)
    assert shown == judged + sum(skipped) + lost + pending
    assert ("間引き" in lines["ja"]) == (balance.skipped > 0)
    assert NUMBER.findall(lines["ja"]) == NUMBER.findall(lines["en"])
    for language in LANGUAGES:
        causes = loss_words(balance, language)
        assert all(f" {count:,}" in causes for count in balance.missing.values())
        assert sum(numbers(causes)) == balance.lost - balance.skipped
        for cause, count in losses.items():  # what was skipped is no loss
            lost_by_it = count > 0 and cause is not LossCause.SKIPPED
            assert (text(f"loss.{cause}", language) in causes) == lost_by_it


@pytest.mark.parametrize("language", LANGUAGES)
def test_how_the_source_is(language: Any) -> None:
    now = datetime.now(UTC)
    assert source_words(None, language) == ""
    waiting = SourceStatus(SourceState.WAITING_FOR_TRIGGER, now)
    assert source_words(waiting, language) == text("source.waiting_for_trigger", language)
    away = SourceStatus(SourceState.RECONNECTING, now, attempt=3)
    words = source_words(away, language)
    assert text("source.reconnecting", language) in words
    assert "3" in words
    assert now.astimezone().strftime("%H:%M:%S") in words
    counted = SourceStatus(
        SourceState.STREAMING, now, counts=StreamCounts(delivered=9, repeated=2, losses_of_connection=1)
    )
    assert numbers(source_words(counted, language)) == [2, 1]


@given(st.fractions(0, 1))
@example(Fraction(99_996, 100_000))
def test_only_a_perfect_run_has_a_yield_of_100(ratio: Any) -> None:
    shown = yield_words(float(ratio))
    assert re.fullmatch(r"[0-9]{1,3}\.[0-9] %", shown)
    assert (shown == "100.0 %") == (float(ratio) == 1.0)
    assert abs(float(shown.split()[0]) - 100 * float(ratio)) <= 0.1


@given(st.floats(0, 1e7) | st.none(), st.integers(0, 10**12))
def test_figures_are_plain(duration: float | None, count: int) -> None:
    assert milliseconds_words(duration) == "－" if duration is None else NUMBER.fullmatch(milliseconds_words(duration))
    assert count_words(count).replace(",", "") == str(count)
    assert milliseconds_words(float("inf")) == "－"


@pytest.mark.parametrize("language", LANGUAGES)
def test_counters_follow_the_station(qtbot: Any, language: Any) -> None:
    panel = FiguresPanel(language, QAction())
    qtbot.addWidget(panel)
    verdicts = {Verdict.OK: 12_000, Verdict.NG: 34, Verdict.REVIEW: 5, Verdict.NONE: 600}
    panel.show_view(StationView(StationState.RUNNING, counts=Counts(MOMENT, verdicts)))
    assert panel.inspected.figure() == "12,639"
    assert {v: counter.figure() for v, counter in panel.counters.items()} == {
        Verdict.OK: "12,000",
        Verdict.NG: "34",
        Verdict.REVIEW: "5",
        Verdict.NONE: "600",
    }
    assert panel.yield_ratio.figure() == "99.7 %"  # NONE is no part of the yield
    assert panel.counters[Verdict.NG].accessibleName() == f"{text('ui.count.ng', language)} 34"


def test_without_parts_there_is_no_yield(qtbot: Any) -> None:
    panel = FiguresPanel("ja", QAction())
    qtbot.addWidget(panel)
    panel.show_view(StationView(StationState.RUNNING, counts=Counts(MOMENT, {Verdict.NONE: 3})))
    assert panel.yield_ratio.figure() == "－"


def test_every_counter_shows_its_verdicts_sign(qtbot: Any) -> None:
    panel = FiguresPanel("ja", QAction())
    qtbot.addWidget(panel)
    signs = {v: [s for s in c.findChildren(QLabel) if not s.pixmap().isNull()] for v, c in panel.counters.items()}
    assert all(len(found) == 1 for found in signs.values())
    assert len({found[0].pixmap().toImage().pixelColor(2, 8).rgb() for found in signs.values()}) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_pace_says_rate_and_latency(language: Any) -> None:
    words = pace_words(Pace(12.34, 80.4, 1234.6), result(1, Verdict.OK), language)
    assert NUMBER.findall(words)[:2] == ["12.3", "84"]
    assert "p50 80" in words
    assert "p99 1,235" in words
    assert pace_words(Pace(), None, language).count("－") == 3


def test_the_status_line_follows_the_station(window: Any, station: FakeStation) -> None:
    station.finish(result(8, Verdict.OK))
    window.tick()
    assert window.status.balance.text() == balance_words(station.line.now.balance, "ja")
    assert window.status.pace.text() == pace_words(station.line.now.pace, station.line.now.newest, "ja")
    assert window.status.losses.text() == loss_words(station.line.now.balance, "ja")
    assert window.status.losses.isVisible()
    station.say(balance=Balance())
    window.tick()
    assert window.status.losses.isHidden()


@pytest.mark.parametrize(("width", "beside"), [(1900, True), (700, False)])
def test_losses_stay_readable_in_a_narrow_window(qtbot: Any, width: int, beside: bool) -> None:
    line = StatusLine("en")
    qtbot.addWidget(line)
    line.resize(width, 40)
    line.show()
    line.show_view(
        StationView(StationState.RUNNING, balance=Balance(10**7, {Verdict.OK: 10**6}, dict.fromkeys(LossCause, 12345)))
    )
    line.layout().activate()
    assert (line.losses.geometry().top() < line.balance.geometry().bottom()) == beside
    assert line.balance.width() >= line.balance.fontMetrics().horizontalAdvance(line.balance.text())


@pytest.mark.parametrize("language", LANGUAGES)
def test_twelve_million_parts_fit_into_the_smallest_window(
    open_window: Any, station: FakeStation, language: Any
) -> None:
    window = open_window(station, preferences=Preferences(language=language))
    window.resize(*SMALLEST_PX)
    station.say(balance=Balance(12_345_678, {Verdict.OK: 12_000_000, Verdict.NG: 345_678}))
    window.tick()
    for counter in (
        window.run.figures.inspected,
        *window.run.figures.counters.values(),
        window.run.figures.yield_ratio,
    ):
        figure = counter._figure
        assert figure.width() >= figure.fontMetrics().horizontalAdvance(figure.text())
        assert figure.height() >= figure.fontMetrics().height() - 2
