"""Evaluations as people read them: pages with figures, charts and pictures."""
