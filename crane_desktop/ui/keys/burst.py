"""A code reader types like no hand: letter upon letter without a pause, then Enter. Pure, clock and all."""

from __future__ import annotations

GAP_MS = 50.0
"""Between two keys of a reader, at most: USB takes 1 to 15 ms, radio up to 40; a fast hand needs 80."""
_LEAST_LETTERS = 3
"""Fewer may be a hand that hits two keys at once."""


class Burst:
    """The letters that came without a pause.

    Parameters
    ----------
    most
        So many letters are kept; of a longer burst one more, which tells that it was too long.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._letters: list[str] = []
        self._last_ms = float("-inf")
        self._ended_ms = float("-inf")

    def goes_on(self, at_ms: float) -> bool:
        """Return whether a key at this moment belongs to the letters before it."""
        return bool(self._letters) and 0.0 <= at_ms - self._last_ms <= GAP_MS

    def follows_an_end(self, at_ms: float) -> bool:
        """Return whether a key at this moment belongs to an end that was just seen: CR is followed by LF, or by Tab."""
        return 0.0 <= at_ms - self._ended_ms <= GAP_MS

    def add(self, letters: str, at_ms: float) -> None:
        """Note a key; one after a pause begins anew."""
        if not self.goes_on(at_ms):
            self._letters.clear()
        self._last_ms = at_ms
        if len(self._letters) <= self._most:
            self._letters.append(letters)

    def end(self, at_ms: float) -> str | None:
        """Note an end (Enter, Tab); return what was scanned, or None where that was no reader."""
        scanned = "".join(self._letters) if self.is_a_reader(at_ms) else None
        self._letters.clear()
        if scanned is not None:
            self._ended_ms = at_ms
        return scanned

    def is_a_reader(self, at_ms: float) -> bool:
        """Return whether the letters up to this moment can only have come from a reader."""
        return self.goes_on(at_ms) and len(self._letters) >= _LEAST_LETTERS

    def forget(self) -> None:
        """Begin anew."""
        self._letters.clear()
