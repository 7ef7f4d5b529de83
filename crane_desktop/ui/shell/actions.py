"""Menus and keys as data: a new command adds a line here, not a page to the window.

No key is a bare letter or figure: a barcode reader types those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.widgets.icons import icon


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One command.

    Attributes
    ----------
    key
        Text key of its name.
    shortcuts
        Keys that run it, as Qt writes them.
    checkable
        Whether it is a switch.
    """

    name: str
    key: str
    shortcuts: tuple[str, ...] = ()
    icon: str | None = None
    checkable: bool = False


@dataclass(frozen=True, slots=True)
class MenuInfo:
    """One menu: its text key and commands; None is a separator."""

    key: str
    actions: tuple[ActionInfo | None, ...]


MENUS = (
    MenuInfo(
        "ui.menu.line",
        (
            ActionInfo("start", "ui.start", ("F5",), "start"),
            ActionInfo("stop", "ui.stop", ("F6",), "stop"),
            ActionInfo("acknowledge", "ui.acknowledge_alarm", ("F8",), "alarm"),
            None,
            ActionInfo("camera", "ui.camera.title", ("F7",)),
            None,
            ActionInfo("quit", "ui.quit", ("Ctrl+Q",)),
        ),
    ),
    MenuInfo(
        "ui.menu.view",
        (
            ActionInfo("heatmap", "ui.heatmap", ("Ctrl+H",), "heatmap", checkable=True),
            ActionInfo("outlines", "ui.outlines", ("Ctrl+R",), "outlines", checkable=True),
            ActionInfo("zoom_in", "ui.zoom_in", ("Ctrl++", "Ctrl+="), "zoom_in"),
            ActionInfo("zoom_out", "ui.zoom_out", ("Ctrl+-",), "zoom_out"),
            ActionInfo("reset", "ui.reset_view", ("Ctrl+0",), "reset"),
            None,
            ActionInfo("full_screen", "ui.full_screen", ("F11",), checkable=True),
            ActionInfo("language", "ui.other_language", ("Ctrl+L",), "language"),
        ),
    ),
    MenuInfo(
        "ui.menu.help",
        (ActionInfo("doctor", "ui.doctor", ("F9",)), ActionInfo("about", "ui.about", ("F1",), "about")),
    ),
)


class Menus:
    """The actions, by name, in the window's menu bar."""

    def __init__(self, window: QMainWindow, handlers: Mapping[str, Callable[[], object]]) -> None:
        self.actions: dict[str, QAction] = {}
        self._menus: list[tuple[MenuInfo, QMenu]] = []
        for info in MENUS:
            menu = window.menuBar().addMenu("")
            self._menus.append((info, menu))
            for entry in info.actions:
                if entry is None:
                    menu.addSeparator()
                    continue
                action = QAction(window)
                action.setCheckable(entry.checkable)
                action.setShortcuts([QKeySequence(keys) for keys in entry.shortcuts])
                if entry.icon is not None:
                    action.setIcon(icon(entry.icon))
                handler = handlers[entry.name]
                action.triggered.connect(lambda _checked=False, call=handler: call())
                menu.addAction(action)
                self.actions[entry.name] = action

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        for info, menu in self._menus:
            menu.setTitle(text(info.key, language))
            for entry in info.actions:
                if entry is not None:
                    action, words = self.actions[entry.name], text(entry.key, language)
                    action.setText(words)
                    action.setToolTip(f"{words} ({entry.shortcuts[0]})" if entry.shortcuts else words)
