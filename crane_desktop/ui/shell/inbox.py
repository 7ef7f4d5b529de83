"""Answers that come later: asked for with a future, picked up by the window's own tick."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from typing import Any

from crane_desktop.domain.errors import CraneError, StationFault

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Asked:
    future: Future[Any]
    use: Callable[[Any], None]


class Inbox:
    """Futures under way, one a question: asking a question again drops the older answer.

    No callback ever comes from another thread: `poll` is called by the window's timer.
    """

    def __init__(self, complain: Callable[[CraneError], None]) -> None:
        self._complain = complain
        self._asked: dict[str, _Asked] = {}

    def ask(self, question: str, future: Future[Any], use: Callable[[Any], None]) -> None:
        """Have `use` called with the answer, unless the question is asked anew before it comes."""
        self.drop(question)
        self._asked[question] = _Asked(future, use)

    def drop(self, question: str) -> None:
        """No longer want the answer to a question."""
        older = self._asked.pop(question, None)
        if older is not None:
            older.future.cancel()

    def waits_for(self, question: str) -> bool:
        """Return whether the answer to a question is still to come."""
        return question in self._asked

    def poll(self) -> None:
        """Hand over the answers that have come."""
        for question, asked in [(q, a) for q, a in self._asked.items() if a.future.done()]:
            if self._asked.get(question) is not asked:
                continue  # the use of another answer has dropped it
            del self._asked[question]
            try:
                answer = asked.future.result(timeout=0)
            except CancelledError:
                continue
            except CraneError as error:
                self._complain(error)
                continue
            except Exception as error:  # noqa: BLE001 - another room's failure: logged whole, shown briefly
                _log.critical("the answer to %r failed", question, exc_info=error)
                self._complain(StationFault("ui.unexpected", error=f"{type(error).__name__}: {error}"))
                continue
            asked.use(answer)

    def forget(self) -> None:
        """Drop everything that is under way."""
        for asked in self._asked.values():
            asked.future.cancel()
        self._asked.clear()
