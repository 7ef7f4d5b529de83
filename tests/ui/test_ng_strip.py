"""The strip of the latest NG parts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fake_station import FakeStation, result
from PySide6.QtCore import Qt

import crane_desktop.ui.live.ng_strip
from crane_desktop.domain.station import Result, StationState, StationView
from crane_desktop.domain.verdicts import Verdict
from crane_desktop.ui.live.ng_strip import NgStrip
from crane_desktop.ui.live.pictures import thumbnail


def view(*parts: Result) -> StationView:
    return StationView(StationState.RUNNING, latest_ng=parts)


@pytest.fixture
def strip(qtbot: Any) -> NgStrip:
    made = NgStrip("ja")
    qtbot.addWidget(made)
    made.show()
    return made


def shown(strip: NgStrip) -> list[int | None]:
    strip._row.activate()
    in_place = sorted(strip.buttons, key=lambda button: button.x())
    assert in_place == strip.buttons
    return [button.result.record_id for button in in_place]


def test_the_newest_is_to_the_left_and_the_oldest_goes(strip: NgStrip) -> None:
    parts = [result(number, Verdict.NG) for number in range(1, 16)]
    seen: tuple[Result, ...] = ()
    for part in parts:
        seen = (part, *seen)[:12]
        strip.show_view(view(*seen))
    assert shown(strip) == list(range(15, 3, -1))


def test_an_empty_strip_says_so(strip: NgStrip) -> None:
    assert strip._empty.isVisible()
    strip.show_view(view(result(1, Verdict.NG)))
    assert not strip._empty.isVisible()
    strip.show_view(view())
    assert strip._empty.isVisible()
    assert strip.buttons == []


def test_a_click_opens_the_record(strip: NgStrip, qtbot: Any) -> None:
    strip.show_view(view(result(7, Verdict.NG), result(5, Verdict.NG)))
    with qtbot.waitSignal(strip.opened) as heard:
        qtbot.mouseClick(strip.buttons[1], Qt.MouseButton.LeftButton)
    assert heard.args == [5]


def test_a_part_that_was_not_recorded_cannot_be_opened(strip: NgStrip) -> None:
    strip.show_view(view(replace(result(7, Verdict.NG), record_id=None)))
    assert not strip.buttons[0].isEnabled()
    assert strip.buttons[0].toolTip() == "記録 －、スコア 0.200  (要確認 0.450 / 不良 0.550 以上)"


def test_a_burst_is_drawn_one_picture_a_tick_and_each_once(strip: NgStrip, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[int | None] = []

    def counted(part: Result, side_px: int) -> Any:
        drawn.append(part.record_id)
        return thumbnail(part, side_px)

    monkeypatch.setattr(crane_desktop.ui.live.ng_strip, "thumbnail", counted)
    burst = view(*(result(number, Verdict.NG) for number in (4, 3, 2, 1)))
    for tick in range(1, 5):
        strip.show_view(burst)
        assert len(drawn) == tick
    for _ in range(3):
        strip.show_view(burst)
    assert drawn == [4, 3, 2, 1]


def test_a_kept_part_keeps_its_button(strip: NgStrip) -> None:
    old, new = result(1, Verdict.NG), result(2, Verdict.NG)
    strip.show_view(view(old))
    button = strip.buttons[0]
    strip.show_view(view(new, old))
    assert strip.buttons[1] is button


def test_a_part_without_a_picture_shows_its_sign(strip: NgStrip) -> None:
    part = replace(result(3, Verdict.NG), frame=None, anomaly_map=None)
    assert thumbnail(part, 76) is None
    strip.show_view(view(part))
    assert not strip.buttons[0].icon().isNull()


@pytest.mark.parametrize("size", [(300, 400), (1000, 20), (3, 3), (2048, 2448)])
def test_thumbnails_fit_their_button(qtbot: Any, size: tuple[int, int]) -> None:
    picture = thumbnail(result(2, Verdict.NG, size=size), 76)
    assert picture is not None
    assert max(picture.width(), picture.height()) <= 76
    assert min(picture.width(), picture.height()) >= 1


def test_the_window_opens_the_record_that_was_clicked(window: Any, station: FakeStation, qtbot: Any) -> None:
    station.finish(result(8, Verdict.NG))
    window.tick()
    qtbot.mouseClick(window.run.ng_strip.buttons[0], Qt.MouseButton.LeftButton)
    assert station.calls[-1] == ("record", 8)
    window.tick()
    assert 8 in window.dialogs.records
