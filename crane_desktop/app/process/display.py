"""Whether there is a screen that the window can open on, and if not, why."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_DRAWING = ("libEGL.so.1", "libGL.so.1", "libxkbcommon.so.0")
_X11 = ("libxcb.so.1", "libxcb-cursor.so.0")
"""Qt >= 6.5 needs libxcb-cursor for its X11 plugin (QTBUG-105985); Wayland sessions do without."""


def why_no_window() -> str | None:
    """Return the text key of the reason why no window can be opened here, or None if it can.

    Qt aborts the whole program when its platform plugin cannot start, so this is asked before Qt is touched.
    """
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "app.no_display"
    on_wayland = _wayland_answers()
    wanted = _DRAWING if on_wayland else (*_DRAWING, *_X11)
    if not all(_loads(name) for name in wanted):
        return "app.no_qt_libraries"
    return None if on_wayland or _x11_answers() else "app.display_silent"


def _loads(name: str) -> bool:
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _wayland_answers() -> bool:
    name = os.environ.get("WAYLAND_DISPLAY")
    return bool(name) and Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name or "").is_socket()


def _x11_answers() -> bool:
    """Connect to the X server that DISPLAY names, as Qt will (a stale or forbidden display is one that Qt dies of)."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    try:
        return not xcb.xcb_connection_has_error(connection)
    finally:
        xcb.xcb_disconnect(connection)
