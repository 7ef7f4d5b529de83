"""What the tests of the command line share."""

from __future__ import annotations

from station_fixtures import *  # noqa: F403
