"""A table of figures on the command line."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterable, Iterator, Sequence

_WIDE = 220
"""Columns of a table that nobody looks at on a screen."""


def table_lines(headings: Sequence[str], rows: Iterable[Sequence[tuple[str, str]]]) -> Iterator[str]:
    """Yield the lines of a table.

    Parameters
    ----------
    rows
        Of cells: what each says, and what stands below it (``""``: nothing).
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for number, words in enumerate(headings):
        # Folded, never cut: a figure without its last digits is another figure.
        table.add_column(Text(words), justify="right" if number else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text("\n".join(part for part in cell if part)) for cell in row))
    screen = io.StringIO()
    width = shutil.get_terminal_size().columns if sys.stdout is not None and sys.stdout.isatty() else _WIDE
    Console(file=screen, width=width, color_system=None, legacy_windows=False).print(table)
    for line in screen.getvalue().rstrip("\n").split("\n"):
        yield line.rstrip()
