"""Frames in: GenICam (in a child process), folder replay."""
