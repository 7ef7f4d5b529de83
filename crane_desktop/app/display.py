"""Is there a screen the window can open on, and if not, how does one get it?"""

from __future__ import annotations

import ctypes.util
import os
import sys


def why_no_window() -> str | None:
    """Return the text key of the reason why no window can be opened here, or None if it can.

    Qt aborts the whole program when its platform plugin cannot start, so this is asked before Qt is touched.
    """
    if not sys.platform.startswith("linux") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return "app.no_display"
    if not all(ctypes.util.find_library(name) for name in ("EGL", "GL", "xkbcommon")):
        return "app.no_qt_libraries"
    # Qt >= 6.5 needs libxcb-cursor for its X11 plugin (QTBUG-105985); Wayland sessions do without.
    if not os.environ.get("WAYLAND_DISPLAY") and not ctypes.util.find_library("xcb-cursor"):
        return "app.no_qt_libraries"
    return None
