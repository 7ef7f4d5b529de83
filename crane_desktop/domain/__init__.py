"""The words all rooms share. Imports nothing of ours and nothing heavier than numpy."""
