"""One open camera: live picture, aids, settings, nodes and recipe."""

from __future__ import annotations

import time
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from crane_desktop.domain.camera_setup import CameraSetup, Written
from crane_desktop.domain.errors import CraneError
from crane_desktop.domain.frames import Frame
from crane_desktop.settings.texts import Language, plain_text, text
from crane_desktop.ui.camera_page.aid_worker import AidWorker
from crane_desktop.ui.camera_page.aids_panel import AidsPanel
from crane_desktop.ui.camera_page.basics import BasicsTab
from crane_desktop.ui.camera_page.desk import Desk
from crane_desktop.ui.camera_page.nodes_tab import NodesTab
from crane_desktop.ui.camera_page.preview import Preview
from crane_desktop.ui.camera_page.recipe_tab import RecipeTab
from crane_desktop.ui.shell.inbox import Inbox
from crane_desktop.ui.widgets.fields import ElidedLabel
from crane_desktop.ui.widgets.style import TARGET_PX

_TICK_MS = 12  # a frame is shown soon after it came: cameras and screen do not beat against each other
_RATE_OVER_S = 1.0
_QUIET_AFTER_S = 1.5
_TOLD_FOR_S = 8.0


@dataclass(slots=True)
class _Rate:
    """How many frames came lately."""

    since_s: float = 0.0
    count: int = 0
    per_s: float = 0.0

    def tick(self, new: bool, now_s: float) -> None:
        self.count += new
        if now_s - self.since_s >= _RATE_OVER_S:
            self.per_s = self.count / (now_s - self.since_s)
            self.since_s, self.count = now_s, 0


class SetupPanel(QWidget):
    """Live picture and aids to the left; settings, nodes and recipe to the right."""

    def __init__(self, setup: CameraSetup, inbox: Inbox, language: Language, recipe: str = "") -> None:
        super().__init__()
        self._language = language
        self._setup, self.desk, self._worker = setup, Desk(setup, inbox), AidWorker()
        self._frame: Frame | None = None
        self._came_at_s = 0.0
        self._rate = _Rate()
        self._trouble: CraneError | None = None
        self._restarted: str | None = None
        self._restarted_at_s = 0.0
        self.preview, self.aids, self.tabs = Preview(), AidsPanel(language), QTabWidget()
        self.basics, self.nodes = BasicsTab(self.desk, language), NodesTab(self.desk, language)
        self.recipe = RecipeTab(self.desk, language, recipe)
        self.status, self.note = ElidedLabel(), QLabel()
        self.again, self.close_button = QPushButton(), QPushButton()
        self._lay_out()
        self._connect()
        self.retranslate(language)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self.tick)
        self._timer.start()
        self._tab_changed(0)

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        self._language = language
        self.again.setText(text("ui.camera.again", language))
        self.close_button.setText(text("ui.camera.close", language))
        for part in (self.aids, self.basics, self.nodes, self.recipe):
            part.retranslate(language)
        for place, key in enumerate(("ui.camera.tab.basics", "ui.camera.tab.nodes", "ui.camera.tab.recipe")):
            self.tabs.setTabText(place, text(key, language))
        self.tabs.setAccessibleName(text("ui.camera.title", language))
        self.preview.setAccessibleName(text("ui.camera.preview", language))
        self._show_words()

    @property
    def known(self) -> bool:
        """Whether the camera has been open: it has told its nodes or shown a picture."""
        return bool(self.desk.infos) or self._frame is not None

    def fault(self) -> CraneError | None:
        """Return why the camera does not stream, or None."""
        return self._setup.fault()

    def tick(self) -> None:
        """Show the newest frame and whatever answers have come. Never waits."""
        now_s = time.monotonic()
        frame = self._setup.newest()
        new = frame is not None and frame is not self._frame
        if new:
            self._frame, self._came_at_s = frame, now_s
            self.preview.show_frame(frame)
        self._rate.tick(new, now_s)
        factor = self.preview.shown_factor if self.aids.zebra.isChecked() else None
        done = self._worker.turn(self._frame, self.preview.line(), factor)
        if done is not None:
            self.aids.show_aids(done)
            self.preview.show_clipping(done.clipping if self.aids.zebra.isChecked() else None)
        self.desk.poll()
        self._show_words()

    def shut(self) -> None:
        """Stop asking, and let the camera go. Idempotent."""
        self._timer.stop()
        self.nodes.watched(shown=False)
        self.desk.forget()
        self._setup.close()
        self._worker.close()

    def _tab_changed(self, place: int) -> None:
        self.basics.watched(shown=place == 0)
        self.nodes.watched(shown=place == 1)

    def _note_write(self, done: Written) -> None:
        self._restarted = done.state.name if done.restarted else None
        self._restarted_at_s = time.monotonic()

    def _note_trouble(self, error: CraneError | None) -> None:
        self._trouble = error

    def _show_words(self) -> None:
        fault = self._setup.fault() or self._trouble
        if fault is not None:
            words = plain_text(fault, self._language)
        elif self._restarted is not None and time.monotonic() - self._restarted_at_s < _TOLD_FOR_S:
            words = text("ui.camera.restarted", self._language, feature=self.basics.words(self._restarted))
        elif self._setup.on_the_line:
            words = text("ui.camera.on_line", self._language)
        else:
            words = ""
        if self.note.text() != words:
            self.note.setText(words)
            self.note.setVisible(bool(words))
        status = self._status_words()
        if status != self.status.words:
            self.status.set_words(status)

    def _status_words(self) -> str:
        name, frame = self._setup.name, self._frame
        if frame is None or time.monotonic() - self._came_at_s > _QUIET_AFTER_S:
            return text("ui.camera.waiting", self._language, camera=name)
        height, width = frame.pixels.shape[:2]
        size = f"{width} × {height}  {frame.pixel_format}"
        return text("ui.camera.streaming", self._language, camera=name, size=size, rate=f"{self._rate.per_s:.1f}")

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(self._tab_changed)
        self.desk.written.connect(self._note_write)
        self.desk.troubled.connect(self._note_trouble)
        self.aids.line.toggled.connect(self.preview.set_line_shown)

    def _lay_out(self) -> None:
        self.note.setObjectName("note")
        self.note.setWordWrap(True)
        self.note.hide()
        for tab in (self.basics, self.nodes, self.recipe):
            self.tabs.addTab(tab, "")
        head, left, right, both = QHBoxLayout(), QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        head.addWidget(self.status, 1)
        for button in (self.again, self.close_button):
            button.setMinimumSize(120, TARGET_PX)
            head.addWidget(button)
        left.addWidget(self.preview, 1)
        left.addWidget(self.aids)
        right.addWidget(self.note)
        right.addWidget(self.tabs, 1)
        both.addLayout(left, 58)
        both.addLayout(right, 42)
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.addLayout(head)
        lines.addLayout(both, 1)
