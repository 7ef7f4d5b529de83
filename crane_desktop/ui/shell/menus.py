"""Qt's actions made from the table, in the menu bar, on buttons and in the rail."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.shell.actions import MENUS, PAGES, ActionInfo
from crane_desktop.ui.shell.situation import Situation
from crane_desktop.ui.widgets.icons import icon


class Menus:
    """The actions, by name, in the window's menu bar.

    Parameters
    ----------
    call
        Carries out a command; the flag says whether a switch is on now.
    pages
        Names of the commands that bring pages on screen.
    """

    def __init__(
        self,
        window: QMainWindow,
        infos: Sequence[ActionInfo],
        pages: Sequence[str],
        call: Callable[[ActionInfo, bool], object],
    ) -> None:
        self._infos = {info.name: info for info in infos}
        self._language: Language = "ja"
        self._situation: Situation | None = None
        self.actions = {info.name: _action(window, info, call) for info in infos}
        self._menus: list[tuple[str, QMenu]] = []
        for menu_info in MENUS:
            menu = window.menuBar().addMenu("")
            self._menus.append((menu_info.key, menu))
            for entry in menu_info.entries:
                if entry is None:
                    menu.addSeparator()
                    continue
                for name in pages if entry == PAGES else (entry,):
                    menu.addAction(self.actions[name])

    def follow(self, situation: Situation) -> None:
        """Let be given what can be given now, and tick the switches."""
        for name, info in self._infos.items():
            if info.checked is not None:  # each time: Qt has ticked by itself what was just pressed
                self.actions[name].setChecked(info.checked(situation))
        if situation == self._situation:
            return
        self._situation = situation
        for name, info in self._infos.items():
            allowed = situation.role.may(info.role)
            self.actions[name].setEnabled(allowed and info.refusal(situation) is None)
            self.actions[name].setVisible(allowed)
        self._tell()

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        for key, menu in self._menus:
            menu.setTitle(text(key, language))
        for name, info in self._infos.items():
            self.actions[name].setText(text(info.key, language))
        self._tell()

    def _tell(self) -> None:
        """Say on each tip what the command does, by which key, and why it cannot be given now."""
        for name, info in self._infos.items():
            words = text(info.hint or info.key, self._language)
            tip = f"{words} ({info.shortcuts[0]})" if info.shortcuts else words
            why = info.refusal(self._situation) if self._situation is not None else None
            self.actions[name].setToolTip(tip if why is None else f"{tip}\n{text(why, self._language)}")


def _action(window: QMainWindow, info: ActionInfo, call: Callable[[ActionInfo, bool], object]) -> QAction:
    action = QAction(window)
    action.setCheckable(info.checked is not None)
    action.setShortcuts([QKeySequence(keys) for keys in info.shortcuts])
    if info.icon is not None:
        action.setIcon(icon(info.icon))
    action.triggered.connect(lambda checked=False: call(info, checked))
    return action
