"""Pages: what each of them keeps to, and which of them is on screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from PySide6.QtWidgets import QStackedWidget, QWidget

from crane_desktop.domain.people import Role
from crane_desktop.domain.station import StationView
from crane_desktop.domain.station_ports import Station
from crane_desktop.settings.texts import Language
from crane_desktop.ui.shell.situation import Situation


class Page(QWidget):
    """One place of the rail.

    Attributes
    ----------
    name
        By which the window knows it.
    title
        Text key of the word under its icon.
    hint
        Text key of its tip.
    icon
        Its drawing in ``resources/icons``.
    shortcut
        The key that shows it, as Qt writes it.
    role
        Who may see it.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    hint: ClassVar[str]
    icon: ClassVar[str]
    shortcut: ClassVar[str]
    role: ClassVar[Role] = Role.INSPECTOR

    def attach(self, station: Station) -> None:
        """Work with this station from now on."""
        raise NotImplementedError

    def show_view(self, view: StationView) -> None:
        """Follow the station; called some thirty times a second, on screen or not."""
        raise NotImplementedError

    def retranslate(self, language: Language) -> None:
        """Change the language."""
        raise NotImplementedError

    def entered(self) -> None:
        """The page has come on screen."""

    def left(self) -> None:
        """The page goes from the screen: let go what others may want. Idempotent."""

    @classmethod
    def refusal(cls, situation: Situation) -> str | None:
        """Return the text key of why the page cannot be entered now, or None."""
        del situation
        return None


class Pages(QStackedWidget):
    """The pages, one of them on screen."""

    def __init__(self, pages: Sequence[Page]) -> None:
        super().__init__()
        self._pages = {page.name: page for page in pages}
        for page in pages:
            self.addWidget(page)

    @property
    def shown(self) -> str:
        """The name of the page on screen."""
        return next(name for name, page in self._pages.items() if page is self.currentWidget())

    def go_to(self, name: str) -> None:
        """Bring a page on screen; the one that was there is left first."""
        if name == self.shown:
            return
        self._pages[self.shown].left()
        self.setCurrentWidget(self._pages[name])
        self._pages[name].entered()

    def attach(self, station: Station) -> None:
        """Have all pages work with this station."""
        for page in self._pages.values():
            page.attach(station)

    def show_view(self, view: StationView) -> None:
        """Have all pages follow the station: one that comes on screen is never behind."""
        for page in self._pages.values():
            page.show_view(view)

    def retranslate(self, language: Language) -> None:
        """Change the language of all pages."""
        for page in self._pages.values():
            page.retranslate(language)

    def leave(self) -> None:
        """Leave the page on screen: the window closes."""
        self._pages[self.shown].left()
