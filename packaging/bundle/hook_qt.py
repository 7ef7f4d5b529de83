"""Runtime hook: tells Qt where its plugins lie and which letters the system has, and imports nothing.

PyInstaller's own hook for PySide6 imports QtCore at every start of a process. That would load Qt before torch
(which torch does not survive on Windows, pytorch issue 166628), and bring Qt into the camera's process.
"""

import os
import sys

_parts = ("PySide6", "plugins") if sys.platform == "win32" else ("PySide6", "Qt", "plugins")
os.environ["QT_PLUGIN_PATH"] = os.path.join(sys._MEIPASS, *_parts)  # noqa: PTH118 - pathlib is not needed yet
if sys.platform == "linux" and not any(os.environ.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG")):
    # As an installed Python does where the system says nothing (PEP 538); Qt complains otherwise.
    os.environ["LC_CTYPE"] = "C.UTF-8"
