"""Drawings lie beside the tests that compare them with their references."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
