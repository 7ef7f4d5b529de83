"""Learning from a few good parts: what a memory holds, and whether it helps."""
