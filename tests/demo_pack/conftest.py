"""What the tests of the demo pack's factory share, which lies in ``packaging``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "packaging"))

from learning_fixtures import *  # noqa: F403
