"""What the tests of learning share."""

from __future__ import annotations

from learning_fixtures import *  # noqa: F403
