"""A session that never told its end is known at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.settings.session import begin_session, end_session


def test_a_session_that_was_closed_leaves_no_question(tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    for _ in range(3):
        assert begin_session(file) is None  # the very first start is no question either
        end_session(file)


def test_a_session_that_was_cut_off_is_told_with_its_beginning(tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    begin_session(file)
    unclean = begin_session(file)
    assert unclean is not None
    assert unclean.begun is not None
    assert unclean.begun.startswith("20")
    assert begin_session(file) is not None  # cut off again before anybody answered
    end_session(file)
    assert begin_session(file) is None


@given(st.one_of(st.binary(max_size=200), st.sampled_from([b"[]", b'{"ended": 1}', b'{"begun": 1}', b"null"])))
def test_a_damaged_note_is_an_unclean_end(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    file = tmp_path_factory.mktemp("session") / "session.json"
    file.write_bytes(content)
    unclean = begin_session(file)
    assert unclean is not None
    assert unclean.begun is None


def test_a_disk_that_takes_nothing_keeps_nobody_from_working(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "not there" / "session.json"
    assert begin_session(file) is None
    assert "could not be noted" in caplog.text
