"""A record opened: picture, heatmap, outlines, and every stored field in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_station import FakeStation, history_row, opened
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.domain.verdicts import Verdict
from crane_desktop.records.schema import records
from crane_desktop.settings.texts import LANGUAGES, catalogue, text
from crane_desktop.ui.history.record_dialog import RecordDialog
from crane_desktop.ui.history.record_fields import field_lines, field_value
from crane_desktop.ui.shell.dialogs import MOST_RECORDS

RECORD = opened(history_row(40, Verdict.NG))


@pytest.fixture
def dialog(qtbot: Any) -> RecordDialog:
    made = RecordDialog(RECORD, "ja", 0.6)
    qtbot.addWidget(made)
    made.show()
    return made


def lines(dialog: RecordDialog) -> dict[str, str]:
    table = dialog.fields
    return {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount())}


def test_every_field_that_the_log_stores_has_a_name_in_both_languages() -> None:
    assert [c.name for c in records.columns if f"ui.field.{c.name}" not in catalogue()] == []


def test_every_stored_field_is_shown_in_words(dialog: RecordDialog) -> None:
    shown = lines(dialog)
    assert shown["記録番号"] == "40"
    assert shown["判定日時"].startswith("2026/11/23 ")
    assert shown["判定"] == "NG 不良"
    assert shown["理由"] == "スコアがしきい値以上"
    assert shown["理由の詳細"] == "－"
    assert shown["スコア"] == "0.250000"
    assert shown["処理時間 (ms)"] == "80.2"
    assert shown["異常領域の数"] == "1"
    assert shown["デモ用モデル"] == "はい"
    assert shown["画像についての注記"] == "保存なし(ディスクに空きがなかったため)"
    assert shown["unknown_name"] == "x"
    assert shown["スコアの要確認しきい値"] == "0.450000"
    assert len(shown) == len(RECORD.fields) + 3  # the file and where REVIEW begins, which its fields do not name


def test_a_record_that_names_few_fields_still_says_what_was_decided() -> None:
    bare = replace(RECORD, fields={})
    names = [name for name, _ in field_lines(bare, "en")]
    assert names[:5] == ["Record No.", "Decided at", "Verdict", "Reason", "Score"]


def test_numbers_look_the_same_in_both_languages() -> None:
    pairs = zip(field_lines(RECORD, "ja"), field_lines(RECORD, "en"), strict=True)
    for (_, japanese), (_, english) in pairs:
        if japanese.replace(".", "").isdigit():
            assert japanese == english


@given(
    st.sampled_from(["decided_at", "score", "latency_ms", "verdict", "reason", "for_demonstration", "image_note", "x"]),
    st.text(max_size=20),
    st.sampled_from(LANGUAGES),
)
def test_any_stored_value_can_be_shown(name: str, value: str, language: Any) -> None:
    assert field_value(name, value, language)


def test_the_language_changes_while_it_is_open(dialog: RecordDialog) -> None:
    assert dialog.windowTitle() == "記録 40"
    dialog.retranslate("en")
    assert dialog.windowTitle() == "Record 40"
    assert lines(dialog)["Verdict"] == "NG"
    assert dialog.heat.text() == text("ui.heatmap", "en")


def test_heatmap_and_outlines_can_be_hidden(dialog: RecordDialog, colours: Callable[..., Any]) -> None:
    both = colours(dialog.stage)
    dialog.heat.setChecked(False)
    outlines = colours(dialog.stage)
    dialog.outlines.setChecked(False)
    bare = colours(dialog.stage)
    assert np.any(both != outlines)
    assert np.any(outlines != bare)
    dialog.heat.setChecked(True)
    dialog.outlines.setChecked(True)
    assert np.array_equal(colours(dialog.stage), both)


def test_the_scale_shows_the_threshold_of_the_record(dialog: RecordDialog) -> None:
    assert dialog.scale.isVisible()
    assert dialog.scale.threshold == 0.62


def test_a_record_without_pictures_says_so(qtbot: Any) -> None:
    dialog = RecordDialog(replace(RECORD, pixels=None, anomaly_map=None, regions=()), "ja", 0.6)
    qtbot.addWidget(dialog)
    dialog.show()
    notes = [w for w in dialog.children() if getattr(w, "objectName", lambda: "")() == "note"]
    assert [note.isVisible() for note in notes] == [True]
    assert not dialog.heat.isEnabled()
    assert not dialog.outlines.isEnabled()
    assert not dialog.scale.isVisible()


# -- in the window ---------------------------------------------------------------------------------------------


def test_a_record_opens_once_and_can_be_opened_again(window: Any, station: FakeStation, qtbot: Any) -> None:
    for _ in range(2):
        window.dialogs.open_record(3)
        window.tick()
    assert list(window.dialogs.records) == [3]
    window.dialogs.records[3].close()
    assert window.dialogs.records == {}
    window.dialogs.open_record(3)
    window.tick()
    assert list(window.dialogs.records) == [3]


def test_too_many_open_records_close_the_oldest(open_window: Any) -> None:
    window = open_window(FakeStation(records=20))
    for number in range(1, MOST_RECORDS + 4):
        window.dialogs.open_record(number)
        window.tick()
    assert list(window.dialogs.records) == list(range(4, MOST_RECORDS + 4))


def test_only_the_record_asked_for_last_opens(window: Any, station: FakeStation) -> None:
    station.records.hold.add("record")
    window.dialogs.open_record(2)
    window.dialogs.open_record(5)
    for _ in range(2):
        station.records.give()
    window.tick()
    assert list(window.dialogs.records) == [5]


def test_the_record_has_the_windows_opacity(window: Any, station: FakeStation) -> None:
    window.run.picture.opacity.setValue(20)
    window.dialogs.open_record(4)
    window.tick()
    assert window.dialogs.records[4].stage._heat.opacity() == pytest.approx(0.2)
