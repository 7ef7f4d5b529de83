"""Words of the system, drivers and libraries are kept apart from ours, and go where errors go."""

from __future__ import annotations

import errno
import pickle

import pytest

from crane_desktop.domain.errors import StationFault, Technical, phrase, technical


@pytest.mark.parametrize(
    ("error", "words", "number"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device", errno.ENOSPC),
        (OSError("without a number"), "without a number", None),
        (OSError(), "OSError", None),
        (RuntimeError("first line\nsecond"), "RuntimeError: first line", None),
        (ValueError(), "ValueError", None),
    ],
)
def test_an_exception_is_one_line_with_the_systems_number(error: Exception, words: str, number: int | None) -> None:
    told = technical(error)
    assert (told, told.number) == (words, number)
    assert "\n" not in told


def test_both_kinds_of_words_cross_processes() -> None:
    sent = StationFault("a.b", why=technical(OSError(errno.EIO, "x")), place=phrase("c.d", number=3))
    came = pickle.loads(pickle.dumps(sent))
    assert came.params == sent.params
    assert isinstance(came.params["why"], Technical)
    assert came.params["why"].number == errno.EIO
    assert str(came) == "a.b (why=x, place=c.d (number=3))"
