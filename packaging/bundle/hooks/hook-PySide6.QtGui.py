"""Build hook in place of PyInstaller's: as there, but what is left out is gone before its libraries are followed."""

import contents
from PyInstaller.utils.hooks.qt import add_qt6_dependencies

hiddenimports, binaries, datas = add_qt6_dependencies(__file__)
binaries = [(source, folder) for source, folder in binaries if not contents.left_out_of(folder, source)]
