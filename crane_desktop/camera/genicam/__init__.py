"""GenICam cameras through Harvesters, in a child process: a driver that hangs or crashes ends alone."""

from __future__ import annotations

import sys
from types import ModuleType


def _spare_harvesters_its_search_for_git() -> None:
    """Answer in advance what Harvesters asks when it is imported: its version, for which it would run ``git``.

    On Windows that opens a console for a moment, and on any station it runs whatever is called git there. It takes
    the number it was released with where it is given none.
    """
    answer = ModuleType("harvesters._version")
    answer.get_versions = lambda: {"version": None}  # type: ignore[attr-defined]
    sys.modules.setdefault(answer.__name__, answer)


_spare_harvesters_its_search_for_git()
