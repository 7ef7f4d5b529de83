"""The style sheet: ISA-101 greys, one blue for what can be pressed, sizes a gloved finger meets."""

from __future__ import annotations

from string import Template

from PySide6.QtGui import QFont, QFontDatabase

from crane_desktop.settings.resources import resource_path
from crane_desktop.ui.widgets import palette

TARGET_PX = 44
"""Smallest height of a main button (WCAG 2.2, 2.5.5)."""

FAMILIES = ("Meiryo UI", "Yu Gothic UI", "Noto Sans CJK JP", "Noto Sans JP", "sans-serif")

_SHEET = Template("""
QMainWindow, QDialog { background: $window; }
QWidget { color: $ink; }
QMenuBar { background: $window; padding: 2px; }
QMenuBar::item { padding: 4px 10px; background: transparent; }
QMenuBar::item:selected, QMenu::item:selected { background: $note; color: $ink; }
QMenu { background: $field; border: 1px solid $line; }
QMenu::item { padding: 8px 28px 8px 28px; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QFrame#panel { background: $panel; border: 1px solid $line; border-radius: 6px; }
QLabel#caption { color: $faint; }
QLabel#figure { font-weight: 600; }
QLabel#note { background: $note; border: 1px solid $line; border-radius: 4px; padding: 4px 8px; }
QPushButton, QToolButton { background: $field; border: 1px solid $line; border-radius: 5px; padding: 4px 12px; }
QPushButton:hover, QToolButton:hover { border-color: $blue; }
QPushButton:focus, QToolButton:focus { border: 2px solid $blue; }
QPushButton:disabled, QToolButton:disabled { color: #8b9297; background: $panel; }
QToolButton:checked { background: $note; border: 1px solid $blue; }
QPushButton#start { background: $blue; color: white; border: 1px solid $blue_dark; font-weight: 600; }
QPushButton#start:focus { border: 2px solid $ink; }
QPushButton#stop { background: $grey; color: white; border: 1px solid #454d53; font-weight: 600; }
QPushButton#stop:focus { border: 2px solid $ink; }
QPushButton#start:disabled, QPushButton#stop:disabled { background: #c9cdd0; color: #7b8388; border-color: $line; }
QComboBox, QLineEdit, QDoubleSpinBox { background: $field; border: 1px solid $line; border-radius: 5px;
  padding: 2px 8px; }
QComboBox::drop-down { subcontrol-origin: border; subcontrol-position: center right; width: 26px; border: none; }
QComboBox::down-arrow { image: url("$icons/down.svg"); width: 14px; height: 14px; }
QComboBox::down-arrow:disabled { image: url("$icons/down_pale.svg"); }
QDoubleSpinBox { padding-right: 34px; }
QDoubleSpinBox::up-button, QDoubleSpinBox::down-button { subcontrol-origin: border; width: 32px;
  border: none; border-left: 1px solid $line; background: transparent; }
QDoubleSpinBox::up-button { subcontrol-position: top right; }
QDoubleSpinBox::down-button { subcontrol-position: bottom right; border-top: 1px solid $line; }
QDoubleSpinBox::up-arrow { image: url("$icons/up.svg"); width: 12px; height: 12px; }
QDoubleSpinBox::down-arrow { image: url("$icons/down.svg"); width: 12px; height: 12px; }
QDoubleSpinBox::up-arrow:disabled, QDoubleSpinBox::up-arrow:off { image: url("$icons/up_pale.svg"); }
QDoubleSpinBox::down-arrow:disabled, QDoubleSpinBox::down-arrow:off { image: url("$icons/down_pale.svg"); }
QComboBox:focus, QLineEdit:focus, QDoubleSpinBox:focus { border: 2px solid $blue; }
QComboBox:disabled, QLineEdit:disabled, QDoubleSpinBox:disabled { background: $panel; color: #7b8388; }
QComboBox QAbstractItemView { background: $field; selection-background-color: $note; selection-color: $ink; }
QPlainTextEdit, QListView, QTreeView { background: $field; border: 1px solid $line; }
QTableView { background: $field; alternate-background-color: $panel; border: 1px solid $line; gridline-color: $line;
  selection-background-color: #c8d8e8; selection-color: $ink; }
QHeaderView { background: $panel; }
QHeaderView::section { background: $panel; color: $faint; border: none; border-bottom: 1px solid $line;
  padding: 4px 6px; }
QLabel#refusal { color: $alarm_line; font-weight: 600; }
QLineEdit[readOnly="true"] { background: $panel; }
QTreeView::item { padding: 5px 2px; }
QTreeView::item:selected { background: #c8d8e8; color: $ink; }
QTreeView:focus { border: 2px solid $blue; }
QTabWidget::pane { border: 1px solid $line; background: $panel; }
QTabBar::tab { background: $window; border: 1px solid $line; padding: 9px 18px; min-height: 24px; }
QTabBar::tab:selected { background: $panel; border-bottom: none; font-weight: 600; }
QTabBar::tab:focus { color: $blue_dark; text-decoration: underline; }
QFrame#rail { background: $panel; border: none; border-right: 1px solid $line; }
QFrame#rail QToolButton { background: transparent; border: 1px solid transparent; padding: 2px; }
QFrame#rail QToolButton:hover { border-color: $blue; }
QFrame#rail QToolButton:checked { background: $note; border: 1px solid $blue; border-left: 4px solid $blue;
  font-weight: 600; }
QFrame#alarm { background: $alarm; border: 2px solid $alarm_line; border-radius: 6px; }
QProgressBar { background: $field; border: 1px solid $line; border-radius: 4px; text-align: center; }
QProgressBar::chunk { background: #9db8d2; border-radius: 3px; }
QSlider::groove:horizontal { height: 6px; background: $line; border-radius: 3px; }
QSlider::handle:horizontal { background: $blue; width: 22px; height: 22px; margin: -8px 0; border-radius: 11px; }
QScrollArea { border: none; background: transparent; }
QToolTip { background: $field; color: $ink; border: 1px solid $line; }
""")


def style_sheet() -> str:
    """Return the style sheet of the whole program."""
    return _SHEET.substitute(
        icons=resource_path("icons").as_posix(),
        window=palette.WINDOW,
        panel=palette.PANEL,
        field=palette.FIELD,
        line=palette.LINE,
        ink=palette.INK,
        faint=palette.FAINT,
        blue=palette.BLUE,
        blue_dark=palette.BLUE_DARK,
        grey=palette.GREY_BUTTON,
        note=palette.NOTE,
        alarm=palette.ALARM,
        alarm_line=palette.ALARM_LINE,
    )


def base_font() -> QFont:
    """Return the program's font: the first family of `FAMILIES` this machine has, 10 pt."""
    here = set(QFontDatabase.families())
    font = QFont(next((name for name in FAMILIES if name in here), FAMILIES[-1]), 10)
    font.setStyleHint(QFont.StyleHint.SansSerif)
    return font


def sized(font: QFont, points: float, *, bold: bool = False) -> QFont:
    """Return a copy of `font` in another size."""
    other = QFont(font)
    other.setPointSizeF(points)
    other.setBold(bold)
    return other
