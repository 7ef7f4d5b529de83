"""The factory of the demo pack: what the simulated line draws, learned, judged, and written with its cards."""
