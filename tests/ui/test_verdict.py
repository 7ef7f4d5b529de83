"""The verdict by colour and shape and text, for every verdict, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_station import MOMENT, FakeStation, result
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF

from crane_desktop.domain.health import SourceState, SourceStatus
from crane_desktop.domain.station import StationState, StationView
from crane_desktop.domain.verdicts import ReasonCode, Verdict
from crane_desktop.settings.texts import LANGUAGES, Language, text
from crane_desktop.ui.live.signs import sign_path, sign_pixmap
from crane_desktop.ui.live.verdict_panel import VerdictPlate, fitting_font
from crane_desktop.ui.widgets.palette import verdict_colour, verdict_ink
from crane_desktop.ui.widgets.words import state_key, state_words

WORDS = {
    Verdict.OK: ("OK 良品", "OK"),
    Verdict.NG: ("NG 不良", "NG"),
    Verdict.REVIEW: ("要確認", "CHECK"),
    Verdict.NONE: ("判定なし", "NO RESULT"),
}


@pytest.fixture
def plate(qtbot: Any) -> VerdictPlate:
    made = VerdictPlate("ja")
    qtbot.addWidget(made)
    made.resize(470, 190)  # what it has on a screen of 1366 x 768
    return made


def running(verdict: Verdict) -> StationView:
    return StationView(StationState.RUNNING, newest=result(1, verdict))


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_word_in_both_languages(plate: VerdictPlate, verdict: Verdict) -> None:
    plate.show_view(running(verdict))
    seen = []
    for language in LANGUAGES:
        plate.retranslate(language)
        seen.append(plate.word())
        assert plate.word() in plate.accessibleName()
        assert plate.reason() in plate.accessibleName()
    assert tuple(seen) == WORDS[verdict]


@pytest.mark.parametrize("code", list(ReasonCode))
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_told(plate: VerdictPlate, code: ReasonCode, language: Any) -> None:
    part = result(1, Verdict.NONE)
    reason = replace(part.inspection.reason, code=code)
    plate.retranslate(language)
    plate.show_view(
        StationView(StationState.RUNNING, newest=replace(part, inspection=replace(part.inspection, reason=reason)))
    )
    assert plate.reason() == text(f"reason.{code}", language)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_live_verdict_fills_the_plate_with_its_colour(
    plate: VerdictPlate, verdict: Verdict, colours: Callable[..., Any]
) -> None:
    plate.show_view(running(verdict))
    seen = colours(plate)
    wanted = np.array(verdict_colour(verdict).getRgb()[:3])
    share = np.mean(np.all(np.abs(seen.astype(int) - wanted) <= 3, axis=2))
    assert share > 0.4


def test_the_colours_differ_and_carry_dark_ink() -> None:
    def luminance(colour: QColor) -> float:
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.getRgbF()[:3]]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    assert len({verdict_colour(v).rgb() for v in Verdict}) == 4
    for verdict in Verdict:
        contrast = (luminance(verdict_colour(verdict)) + 0.05) / (luminance(verdict_ink()) + 0.05)
        assert contrast > 5.0, verdict


@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_shapes_are_those_of_a_japanese_line(verdict: Verdict) -> None:
    """○ is round and empty in the middle, △ narrow on top, × crosses in the middle, － is flat."""
    path = sign_path(verdict, QRectF(0, 0, 100, 100))
    box = path.boundingRect()
    middle = path.intersects(QRectF(46, 46, 8, 8))
    match verdict:
        case Verdict.OK:
            assert abs(box.width() - box.height()) < 1
            assert path.elementCount() > 8  # an ellipse is made of curves
        case Verdict.REVIEW:
            points = [(path.elementAt(i).x, path.elementAt(i).y) for i in range(3)]
            assert points[0][0] == pytest.approx(50)
            assert points[0][1] < points[1][1] == points[2][1]
        case Verdict.NG:
            assert middle
            assert path.elementCount() == 4
        case Verdict.NONE:
            assert box.height() < 1 < box.width()


def test_the_signs_can_be_told_apart_without_any_colour(qtbot: Any) -> None:
    drawn = {}
    for verdict in Verdict:
        image = sign_pixmap(verdict, 40).toImage()
        ink = verdict_ink().lightness()
        drawn[verdict] = {
            (x, y) for x in range(40) for y in range(40) if image.pixelColor(x, y).lightness() <= ink + 12
        }
    for one in Verdict:
        for other in Verdict:
            if one is not other:
                both, either = drawn[one] & drawn[other], drawn[one] | drawn[other]
                assert len(both) / len(either) < 0.5, (one, other)


def test_no_verdict_is_hatched(plate: VerdictPlate, colours: Callable[..., Any]) -> None:
    plate.show_view(running(Verdict.NONE))
    edge = colours(plate)[8, 20:-20]
    assert len(np.unique(edge, axis=0)) > 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_line_that_has_stopped_shows_no_live_verdict(
    plate: VerdictPlate, verdict: Verdict, colours: Callable[..., Any]
) -> None:
    plate.show_view(running(verdict))
    live = colours(plate)
    stopped = running(verdict)
    plate.show_view(StationView(StationState.READY, newest=stopped.newest))
    assert not plate.current
    assert plate.reason().startswith("最後の判定")
    assert plate.word() == WORDS[verdict][0]
    assert np.mean(np.any(colours(plate) != live, axis=2)) > 0.4


def test_before_the_first_part_there_is_no_verdict(plate: VerdictPlate) -> None:
    plate.show_view(StationView(StationState.RUNNING))
    assert plate.verdict is Verdict.NONE
    assert (plate.word(), plate.reason()) == ("判定待ち", "運転中")
    plate.show_view(running(Verdict.OK))
    plate.show_view(StationView(StationState.ERROR))
    assert (plate.verdict, plate.word(), plate.reason()) == (Verdict.NONE, "判定待ち", "異常")


def test_nothing_is_painted_anew_while_nothing_changes(
    plate: VerdictPlate, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = running(Verdict.NG)
    plate.show_view(view)
    updates: list[int] = []
    monkeypatch.setattr(plate, "update", lambda: updates.append(1))
    for _ in range(5):
        plate.show_view(view)
    assert updates == []


# -- readable at three metres ----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("verdict", list(Verdict))
def test_the_word_is_readable_at_three_metres(
    plate: VerdictPlate, verdict: Verdict, language: Any, colours: Callable[..., Any]
) -> None:
    """On a 1366 x 768 screen of 15.6 inches: letters over 12 minutes of arc (10.5 mm), more than twice what normal
    sight needs; the sign, which says the same, over 22 (20 mm)."""
    millimetres_a_pixel = 344.0 / 1366
    plate.retranslate(language)
    plate.show_view(running(verdict))
    seen = colours(plate)
    ink = np.all(np.abs(seen.astype(int) - np.array(verdict_ink().getRgb()[:3])) < 30, axis=2)
    upper = ink[: int(plate.height() * 0.76)]
    word = upper[:, int(plate.width() * 0.36) :]
    rows = np.flatnonzero(word.any(axis=1))
    gaps = np.flatnonzero(np.diff(rows) > 2)
    tallest = max(len(part) for part in np.split(rows, gaps + 1))
    assert tallest * millimetres_a_pixel >= 10.5
    sign = upper[:, : int(plate.width() * 0.36)]
    lines = np.flatnonzero(sign.any(axis=1)) if verdict is not Verdict.NONE else np.flatnonzero(sign.any(axis=0))
    assert np.ptp(lines) * millimetres_a_pixel >= 20.0


@pytest.mark.parametrize("size", [(420, 112), (470, 203), (660, 420), (120, 40)])
@pytest.mark.parametrize("language", LANGUAGES)
def test_words_stay_inside_their_box(plate: VerdictPlate, size: tuple[int, int], language: Any) -> None:
    for word in (*(pair[LANGUAGES.index(language)] for pair in WORDS.values()), text("ui.verdict.waiting", language)):
        font = fitting_font(plate.font(), word, size[0], size[1], 110.0)
        metrics = QFontMetricsF(font)
        if font.pointSizeF() > 10.0:
            assert metrics.horizontalAdvance(word) <= size[0]
            assert metrics.tightBoundingRect(word).height() <= size[1]


def test_the_window_shows_every_verdict(window: Any, station: FakeStation) -> None:
    for number, verdict in enumerate(Verdict, start=20):
        station.finish(result(number, verdict))
        window.tick()
        assert window.run.verdict.verdict is verdict
        assert window.run.verdict.current


def away(state: SourceState = SourceState.RECONNECTING) -> StationView:
    return replace(running(Verdict.OK), source_status=SourceStatus(state, MOMENT, attempt=2))


@pytest.mark.parametrize(("language", "words"), [("ja", "再接続中"), ("en", "Reconnecting")])
def test_a_verdict_of_before_the_camera_was_lost_does_not_look_like_one_of_now(
    plate: VerdictPlate, language: Language, words: str
) -> None:
    plate.retranslate(language)
    plate.show_view(running(Verdict.OK))
    assert plate.current
    assert words not in plate.reason()
    plate.show_view(away())
    assert not plate.current
    assert plate.reason().startswith(words)
    assert text("reason.below_threshold", language) in plate.reason()  # the last part's, and called so
    plate.show_view(running(Verdict.OK))
    assert plate.current
    assert words not in plate.reason()


@pytest.mark.parametrize(
    ("view", "key"),
    [
        (running(Verdict.OK), "state.running"),
        (away(), "ui.state.reconnecting"),
        (away(SourceState.SILENT), "ui.state.silent"),
        (away(SourceState.STREAMING), "state.running"),
        (replace(away(), state=StationState.STOPPING), "state.stopping"),
        (replace(running(Verdict.OK), overload=True), "ui.state.overload"),
        (replace(away(), overload=True), "ui.state.reconnecting"),
        (replace(running(Verdict.OK), state=StationState.READY, overload=True), "state.ready"),
    ],
)
def test_what_the_station_does_in_one_word(view: StationView, key: str) -> None:
    assert state_key(view) == key
    assert all(state_words(view, language) == text(key, language) for language in LANGUAGES)
