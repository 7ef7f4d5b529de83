"""Builds, wires and stops all rooms; the command line, the station behind the window, the self-test."""
