"""Data sets, metrics, evaluation, learning prompts, and the demo pack's recipe."""
