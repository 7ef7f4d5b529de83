"""Telling the plant: outputs that verdicts go to."""
