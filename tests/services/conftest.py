"""What the tests of the use cases share."""

from __future__ import annotations

from station_fixtures import *  # noqa: F403
