"""What the inspector sees: the window, its widgets and pictures. Sees ports only."""
