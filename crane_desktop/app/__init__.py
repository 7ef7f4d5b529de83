"""Builds, wires and stops all rooms; the process's life; the station behind the window."""
