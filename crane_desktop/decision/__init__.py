"""Pass or fail: regions, the rule, calibration. Pure."""
