"""Where the parts of the page lie: rows on top, the picture to the left, the verdict to the right."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

_GAP_PX = 6
_RIGHT_PX = 390
_LEFT_SHARE, _RIGHT_SHARE = 65, 35


def lay_out(
    lines: QVBoxLayout,
    rows: Sequence[QWidget],
    left: Sequence[tuple[QWidget, int]],
    right: Sequence[tuple[QWidget, int]],
) -> None:
    """Fill the page.

    Parameters
    ----------
    rows
        From edge to edge, over the columns.
    left, right
        The columns, from top to bottom, each part with its share of the height that is left over.
    """
    lines.setContentsMargins(0, 0, 0, 0)
    lines.setSpacing(_GAP_PX)
    for row in rows:
        lines.addWidget(row)
    columns = QHBoxLayout()
    columns.setSpacing(8)
    columns.addWidget(_column(left), _LEFT_SHARE)
    side = _column(right)
    side.setMinimumWidth(_RIGHT_PX)
    columns.addWidget(side, _RIGHT_SHARE)
    lines.addLayout(columns, 1)


def _column(parts: Sequence[tuple[QWidget, int]]) -> QWidget:
    column = QWidget()
    lines = QVBoxLayout(column)
    lines.setContentsMargins(0, 0, 0, 0)
    lines.setSpacing(_GAP_PX)
    for part, share in parts:
        lines.addWidget(part, share)
    return column
