"""Since when: as short as it can be said without a doubt."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crane_desktop.settings.texts import LANGUAGES
from crane_desktop.ui.widgets.dates import since_words

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize("language", LANGUAGES)
@given(st.integers(0, 800 * 24 * 60))
def test_two_moments_that_are_told_alike_are_the_same_minute(language: str, minutes: int) -> None:
    other = NOW - timedelta(minutes=minutes)
    words = since_words(other, NOW, "ja" if language == "ja" else "en")
    local = other.astimezone()
    assert f"{local:%H:%M}" in words
    assert (f"{local:%d}" in words[:-5]) == (local.date() != NOW.astimezone().date())
    assert (f"{local:%Y}" in words) == (local.year != NOW.astimezone().year)
