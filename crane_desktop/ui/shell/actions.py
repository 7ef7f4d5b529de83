"""Everything a person can command, as data: a new command adds a line here, not a page to the window.

Every key has Ctrl or Alt in it: a barcode reader types all others, function keys and Enter among them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from crane_desktop.domain.people import Role
from crane_desktop.ui.run_page.page import RunPage
from crane_desktop.ui.shell.dialogs import Dialogs
from crane_desktop.ui.shell.frame import FullScreen
from crane_desktop.ui.shell.pages import Page, Pages
from crane_desktop.ui.shell.situation import (
    Situation,
    always,
    why_no_station,
    why_not_acknowledge,
    why_not_start,
    why_not_stop,
)


class Shell(Protocol):
    """What commands reach: the window's parts, and the few things that it does itself."""

    run: RunPage
    pages: Pages
    dialogs: Dialogs
    full_screen: FullScreen

    def start(self) -> None:
        """Start the line, after what must be asked before."""
        ...

    def reset_counts(self) -> None:
        """Ask whether the counters shall begin anew, and have them do so."""
        ...

    def acknowledge(self) -> None:
        """Say that the alarm on screen was seen."""
        ...

    def switch_language(self) -> None:
        """Go on in the other language."""
        ...

    def close(self) -> bool:
        """Close the window."""
        ...


Handler: TypeAlias = Callable[[Shell, bool], object]
"""Called with the window and, for a switch, whether it is on now."""


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """One command.

    Attributes
    ----------
    name
        By which menus and buttons know it.
    key, hint
        Text keys of its name and of its tip; without a hint the name is the tip.
    handler
        What it does.
    refusal
        Rule: the text key of why it cannot be given now, or None.
    checked
        Rule of a switch: whether it is on. None: it is no switch.
    shortcuts
        Keys that give it, as Qt writes them; none without Ctrl or Alt.
    role
        Who may give it; others do not see it.
    """

    name: str
    key: str
    handler: Handler
    refusal: Callable[[Situation], str | None] = always
    checked: Callable[[Situation], bool] | None = None
    shortcuts: tuple[str, ...] = ()
    icon: str | None = None
    hint: str | None = None
    role: Role = Role.INSPECTOR


ACTIONS = (
    ActionInfo("start", "ui.start", lambda s, _: s.start(), why_not_start, None, ("Ctrl+F5",), "start"),
    ActionInfo("stop", "ui.stop", lambda s, _: s.run.stop(), why_not_stop, None, ("Ctrl+F6",), "stop"),
    ActionInfo(
        "acknowledge", "ui.acknowledge_alarm", lambda s, _: s.acknowledge(), why_not_acknowledge, None,
        ("Ctrl+F8",), "alarm",
    ),
    ActionInfo("reset_counts", "ui.reset", lambda s, _: s.reset_counts(), why_no_station, hint="ui.reset.hint"),
    ActionInfo("quit", "ui.quit", lambda s, _: s.close(), shortcuts=("Ctrl+Q",)),
    ActionInfo(
        "heatmap", "ui.heatmap", lambda s, on: s.run.show_heat(shown=on), always, lambda now: now.heatmap,
        ("Ctrl+H",), "heatmap",
    ),
    ActionInfo(
        "outlines", "ui.outlines", lambda s, on: s.run.picture.set_outlines(on), always, lambda now: now.outlines,
        ("Ctrl+R",), "outlines",
    ),
    ActionInfo(
        "zoom_in", "ui.zoom_in", lambda s, _: s.run.picture.live.zoom(1), shortcuts=("Ctrl++", "Ctrl+="), icon="zoom_in"
    ),
    ActionInfo(
        "zoom_out", "ui.zoom_out", lambda s, _: s.run.picture.live.zoom(-1), shortcuts=("Ctrl+-",), icon="zoom_out"
    ),
    ActionInfo(
        "reset", "ui.reset_view", lambda s, _: s.run.picture.live.reset_view(), shortcuts=("Ctrl+0",), icon="reset"
    ),
    ActionInfo(
        "full_screen", "ui.full_screen", lambda s, _: s.full_screen.toggle(), always, lambda now: now.full_screen,
        ("Ctrl+F11",),
    ),
    ActionInfo(
        "language", "ui.other_language", lambda s, _: s.switch_language(), shortcuts=("Ctrl+L",), icon="language",
        hint="ui.other_language.hint",
    ),
    ActionInfo(
        "doctor", "ui.doctor", lambda s, _: s.dialogs.show_doctor(s.run.source.camera.cti.value()),
        shortcuts=("Ctrl+F9",),
    ),
    ActionInfo("about", "ui.about", lambda s, _: s.dialogs.show_about(), shortcuts=("Ctrl+F1",), icon="about"),
)  # fmt: skip

PAGES = "pages"
"""In a menu, the place of all pages."""


@dataclass(frozen=True, slots=True)
class MenuInfo:
    """One menu: its text key and the names of its commands; None is a separator."""

    key: str
    entries: tuple[str | None, ...]


MENUS = (
    MenuInfo("ui.menu.line", ("start", "stop", "acknowledge", None, "reset_counts", None, "quit")),
    MenuInfo(
        "ui.menu.view",
        (
            *(PAGES, None, "heatmap", "outlines", "zoom_in", "zoom_out", "reset"),
            *(None, "full_screen", "language"),
        ),
    ),
    MenuInfo("ui.menu.help", ("doctor", "about")),
)


def page_action(page: type[Page]) -> ActionInfo:
    """Return the command that brings a page on screen."""
    name = page.name
    return ActionInfo(
        name,
        page.title,
        lambda shell, _: shell.pages.go_to(name),
        page.refusal,
        lambda now: now.page == name,
        (page.shortcut,),
        page.icon,
        page.hint,
        page.role,
    )


def all_actions(pages: Sequence[type[Page]]) -> tuple[ActionInfo, ...]:
    """Return every command of a window with these pages."""
    return (*ACTIONS, *(page_action(page) for page in pages))
