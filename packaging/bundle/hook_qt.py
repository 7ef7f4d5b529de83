"""Runtime hook: tells Qt where its plugins lie, and imports nothing.

PyInstaller's own hook for PySide6 imports QtCore at every start of a process. That would load Qt before torch
(which torch does not survive on Windows, pytorch issue 166628), and bring Qt into the camera's process.
"""

import os
import sys

_parts = ("PySide6", "plugins") if sys.platform == "win32" else ("PySide6", "Qt", "plugins")
os.environ["QT_PLUGIN_PATH"] = os.path.join(sys._MEIPASS, *_parts)  # noqa: PTH118 - pathlib is not needed yet
