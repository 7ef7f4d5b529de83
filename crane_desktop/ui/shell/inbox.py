"""Answers that come later: asked for with a future, picked up by the window's own tick."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from crane_desktop.domain.errors import CraneError, InputError, StationFault, technical

_log = logging.getLogger(__name__)
MOST_ASKED = 64
"""So many answers are waited for; a camera that hangs does not pile up questions for ever."""

Fail: TypeAlias = Callable[[CraneError], None]


@dataclass(frozen=True, slots=True)
class _Asked:
    number: int
    future: Future[Any]
    use: Callable[[Any], None]
    fail: Fail


class Inbox:
    """Futures under way, numbered, one a question: asking a question again drops the older answer, however late.

    No callback ever comes from another thread: `poll` is called by the window's timer. Questions of one part of the
    window begin with its name and a dot (``"camera.nodes"``), so that it can drop them all.

    Attributes
    ----------
    complain
        Tells a person what went wrong.
    """

    def __init__(self, complain: Fail) -> None:
        self.complain = complain
        self._numbers = count(1)
        self._asked: dict[str, _Asked] = {}

    def __len__(self) -> int:
        return len(self._asked)

    def ask(self, question: str, future: Future[Any], use: Callable[[Any], None], fail: Fail | None = None) -> None:
        """Have `use` called with the answer, unless the question is asked anew before it comes.

        Parameters
        ----------
        fail
            Called with the reason where there is no answer; without it the window tells.
        """
        self.drop(question)
        asked = _Asked(next(self._numbers), future, use, fail or self.complain)
        if len(self._asked) >= MOST_ASKED:
            future.cancel()
            asked.fail(InputError("ui.too_much_under_way"))
            return
        self._asked[question] = asked

    def drop(self, question: str) -> None:
        """No longer want the answer to a question."""
        older = self._asked.pop(question, None)
        if older is not None:
            older.future.cancel()

    def drop_all(self, part: str) -> None:
        """No longer want the answers to the questions of a part of the window."""
        for question in [question for question in self._asked if question.startswith(f"{part}.")]:
            self.drop(question)

    def waits_for(self, question: str) -> bool:
        """Return whether the answer to a question is still to come."""
        return question in self._asked

    def poll(self) -> None:
        """Hand over the answers that have come, in the order in which they were asked for."""
        for question, asked in [(q, a) for q, a in self._asked.items() if a.future.done()]:
            now = self._asked.get(question)
            if now is None or now.number != asked.number:
                continue  # the use of another answer has dropped it
            del self._asked[question]
            self._hand_over(question, asked)

    def forget(self) -> None:
        """Drop everything that is under way."""
        for question in list(self._asked):
            self.drop(question)

    def _hand_over(self, question: str, asked: _Asked) -> None:
        try:
            answer = asked.future.result(timeout=0)
        except CancelledError:
            return
        except CraneError as error:
            asked.fail(error)
            return
        except Exception as error:  # noqa: BLE001 - another room's failure: logged whole, shown briefly
            _log.critical("the answer to %r failed", question, exc_info=error)
            asked.fail(StationFault("ui.unexpected", error=technical(error)))
            return
        asked.use(answer)
