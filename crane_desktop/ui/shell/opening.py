"""Files opened from the desktop: the window asks whether they shall be taken in, and tells what came of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMessageBox, QWidget

from crane_desktop.domain.packs import Offer
from crane_desktop.domain.station import StationState
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language, text
from crane_desktop.ui.run_page.page import RunPage
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.shell.preferences import KeptPreferences
from crane_desktop.ui.widgets.style import TARGET_PX


class Opening(QObject):
    """Shows one box at a time; lives as long as its window. Files that come before there is a station wait for it."""

    def __init__(self, window: QWidget, inbox: Inbox, kept: KeptPreferences, run: RunPage) -> None:
        super().__init__(window)
        self._window, self._inbox, self._kept, self._run = window, inbox, kept, run
        self._station: Station | None = None
        self._early: list[Path] = []
        self._waiting: deque[Callable[[], QMessageBox]] = deque()
        self.box: QMessageBox | None = None

    def attach(self, station: Station) -> None:
        """Have this station look into files from now on."""
        self._station = station
        early, self._early = self._early, []
        self.open(early)

    def open(self, files: Sequence[Path]) -> None:
        """Look into these files, and ask about each that can be taken in; the others become alarms."""
        if self._station is None:
            self._early.extend(files)
            return
        for file in files:
            self._inbox.ask(f"offer {file}", self._station.packs.look_into(str(file)), self._offered)

    def close(self) -> None:
        """Take the question away, as if the answer were no; ask nothing more."""
        self._waiting.clear()
        if self.box is not None:
            self.box.reject()

    # -- in turn -----------------------------------------------------------------------------------------------

    def _offered(self, offer: Offer) -> None:
        self._show(lambda: self._question(offer))

    def _take(self, offer: Offer) -> None:
        if self._station is not None:
            self._inbox.ask(f"taken {offer.file}", self._station.packs.take_in(offer), self._taken)

    def _taken(self, offer: Offer) -> None:
        self._run.relist()
        self._run.load(*((offer.name, "") if offer.kind == "pack" else ("", offer.name)))
        self._show(lambda: self._news(offer))

    def _show(self, box: Callable[[], QMessageBox]) -> None:
        self._waiting.append(box)
        self._show_next()

    def _show_next(self) -> None:
        if self.box is None and self._waiting:
            self.box = self._waiting.popleft()()
            self.box.open()

    def _done(self) -> None:
        if self.box is not None:
            self.box.deleteLater()
            self.box = None
        self._show_next()

    # -- the boxes ---------------------------------------------------------------------------------------------

    def _question(self, offer: Offer) -> QMessageBox:
        language = self._kept.now.language
        state = self._station.line.view().state if self._station is not None else StationState.PREOPERATIONAL
        box = self._box(QMessageBox.Icon.Question, question_words(offer, state, language))
        take = box.addButton(text("ui.open.take", language), QMessageBox.ButtonRole.AcceptRole)
        leave = box.addButton(text("ui.open.leave", language), QMessageBox.ButtonRole.RejectRole)
        for button in (take, leave):
            button.setMinimumHeight(TARGET_PX)
        box.setDefaultButton(leave)
        box.setEscapeButton(leave)

        def answered() -> None:
            if box.clickedButton() is take:
                self._take(offer)
            self._done()

        box.finished.connect(answered)
        return box

    def _news(self, offer: Offer) -> QMessageBox:
        language = self._kept.now.language
        box = self._box(QMessageBox.Icon.Information, text(f"ui.open_took_{offer.kind}", language, name=offer.name))
        seen = box.addButton(text("ui.close", language), QMessageBox.ButtonRole.AcceptRole)
        seen.setMinimumHeight(TARGET_PX)
        box.finished.connect(self._done)
        return box

    def _box(self, icon: QMessageBox.Icon, words: str) -> QMessageBox:
        box = QMessageBox(icon, text("ui.open.title", self._kept.now.language), words)
        box.setParent(self._window, box.windowFlags())
        return box


def question_words(offer: Offer, state: StationState, language: Language) -> str:
    """Return the question about an offer, with what must be known before it is answered."""
    parts = [text(f"ui.open_ask_{offer.kind}", language, name=offer.name, version=offer.version)]
    if offer.for_demonstration:
        parts.append(text("ui.open.for_demonstration", language))
    if offer.replaces and offer.kind == "pack":
        nobody = text("ui.open.no_signer", language)
        parts.append(
            text(
                "ui.open_replaces_pack",
                language,
                old=offer.replaced_version,
                old_signer=offer.replaced_signer or nobody,
                new=offer.version,
                new_signer=offer.signer or nobody,
            )
        )
    elif offer.replaces:
        parts.append(text("ui.open_replaces_recipe", language))
    if offer.dropped:
        parts.append(text("ui.open.dropped", language, names=", ".join(offer.dropped)))
    if state is StationState.RUNNING:
        parts.append(text("ui.open.stops_the_line", language))
    return "\n\n".join(parts)
