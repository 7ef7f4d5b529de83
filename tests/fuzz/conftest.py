"""What damaged inputs are made of."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # `mutations`, `tasting` and the subjects lie beside the tests
