"""Keeping what a person set up on screen: on a thread of its own, so that no click waits for a disk."""

from __future__ import annotations

import base64
import binascii
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor, wait

from crane_desktop.domain.errors import InputError
from crane_desktop.services.workbench import Workbench
from crane_desktop.settings.store import Settings, load_settings, save_settings, with_producer
from crane_desktop.ui.shell.preferences import Preferences

_WRITTEN_WITHIN_S = 5.0
_log = logging.getLogger(__name__)


class PreferencesStore:
    """Writes the newest preferences into the settings; what came meanwhile is written once."""

    def __init__(self, workbench: Workbench) -> None:
        self._workbench = workbench
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="crane-preferences")
        self._guard = threading.Lock()
        self._newest: Preferences | None = None
        self._language_chosen = False
        self._writing: Future[None] | None = None

    def keep(self, wanted: Preferences) -> None:
        """Have these written soon; returns at once."""
        with self._guard:
            waiting = self._newest is not None
            self._newest = wanted
            self._language_chosen |= wanted.language != self._workbench.language
            if not waiting:
                self._writing = self._pool.submit(self._write)

    def close(self) -> None:
        """Wait, within seconds, until the newest are written. Idempotent."""
        with self._guard:
            writing = self._writing
        if writing is not None and wait([writing], _WRITTEN_WITHIN_S).not_done:
            _log.error("the settings could not be written within %s s", _WRITTEN_WITHIN_S)
        self._pool.shutdown(wait=False)

    def _write(self) -> None:
        with self._guard:
            wanted, self._newest = self._newest, None
        if wanted is None:
            return
        file = self._workbench.data.settings_file
        try:
            # As they are now, not as they were at the start: installing a pack has noted the way back.
            now, _said_at_the_start = load_settings(file)
            save_settings(file, settings_with(now, wanted, language_chosen=self._language_chosen))
        except InputError as error:  # nobody asked for this: it must not disturb the one who works
            _log.error("settings: %s", error)


def preferences_of(workbench: Workbench) -> Preferences:
    """Return what the window starts with."""
    kept = workbench.settings
    return Preferences(
        language=workbench.language,
        opacity=kept.overlay_opacity,
        heatmap=kept.overlay_visible,
        outlines=kept.outlines_visible,
        geometry=_geometry(kept.window_geometry),
        source=kept.source,
        pack=kept.pack,
        recipe=kept.recipe,
    )


def settings_with(settings: Settings, wanted: Preferences, *, language_chosen: bool) -> Settings:
    """Return `settings` with what was set up on screen.

    Parameters
    ----------
    language_chosen
        Somebody has switched the language; else it is the system's or CRANE_LANGUAGE's, and nothing to keep.
    """
    return settings.model_copy(
        update={
            "language": wanted.language if language_chosen else settings.language,
            "overlay_opacity": wanted.opacity,
            "overlay_visible": wanted.heatmap,
            "outlines_visible": wanted.outlines,
            "window_geometry": base64.b64encode(wanted.geometry or b"").decode("ascii"),
            "source": wanted.source,
            "producers": with_producer(settings.producers, wanted.source.cti),
            "pack": wanted.pack,
            "recipe": wanted.recipe,
        }
    )


def _geometry(kept: str) -> bytes | None:
    try:
        return base64.b64decode(kept, validate=True) or None
    except binascii.Error:
        return None
