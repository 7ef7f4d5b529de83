"""What the tests of evaluation share."""

from __future__ import annotations

from learning_fixtures import *  # noqa: F403
