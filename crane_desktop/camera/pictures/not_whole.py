"""That a file is not whole."""

from __future__ import annotations


class NotWholeError(Exception):
    """The file is damaged, or not all of it is there yet."""


def need(condition: bool) -> None:
    """Raise `NotWholeError` unless the condition of a whole file holds."""
    if not condition:
        raise NotWholeError
