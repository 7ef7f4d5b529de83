"""What the tests of the app room share."""

from __future__ import annotations

from station_fixtures import *  # noqa: F403
