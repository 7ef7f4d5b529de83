"""Pass or fail: regions, thresholds, calibration, recipes. Pure."""
